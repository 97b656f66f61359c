"""Five ways from noise to a picture, written to be read; tests hold each equal to the diffusers scheduler.

A sampler is a generator: sampler(predict, x, grid, noise) yields a Step after each of grid.steps steps.

predict(x, angle) -> (x0, eps): the network's guess of the clean picture and of the noise, x = alpha * x0 + sigma * eps
noise() -> a fresh standard normal tensor of x's shape
x: (b, c, h, w) float32, the sample at the grid's first level (pure noise has standard deviation 1)
begin, before: start at that step of the grid; before is the clean guess of the step before it (only dpm looks at it)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from genai_demo.diffusion.schedules import Grid

Predict = Callable[[Tensor, float], tuple[Tensor, Tensor]]
Draw = Callable[[], Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Step i: the network saw x at level i and guessed x0 and eps; after is the sample at level i + 1."""

    i: int
    x: Tensor
    x0: Tensor
    eps: Tensor
    after: Tensor


class Sampler(Protocol):
    def __call__(
        self, predict: Predict, x: Tensor, grid: Grid, noise: Draw, *, begin: int = 0, before: Tensor | None = None
    ) -> Iterator[Step]: ...


def ddpm(
    predict: Predict, x: Tensor, grid: Grid, noise: Draw, *, begin: int = 0, before: Tensor | None = None
) -> Iterator[Step]:
    """Ancestral sampling (Ho et al. 2020, algorithm 2): every step removes noise and adds a little fresh noise."""
    for i in range(begin, grid.steps):
        x0, eps = predict(x, grid.angle(i))
        after = ddpm_step(x, x0, grid, i, noise)
        yield Step(i, x, x0, eps, after)
        x = after


def ddpm_step(x: Tensor, x0: Tensor, grid: Grid, i: int, noise: Draw) -> Tensor:
    """A draw from q(x_s | x_t, x0) (Ho et al. 2020, eq. 6 and 7), from level i to level i + 1."""
    alpha, sigma = grid.alpha[i] / grid.alpha[i + 1], grid.sigma[i]  # x_t given x_s shrinks by this alpha
    sigma_s = grid.sigma[i + 1]
    added = 1 - alpha**2  # beta of the whole step
    mean = (grid.alpha[i + 1] * added / sigma**2) * x0 + (alpha * sigma_s**2 / sigma**2) * x
    return mean + (sigma_s / sigma * math.sqrt(added)) * noise() if sigma_s else mean


def ddim(
    predict: Predict,
    x: Tensor,
    grid: Grid,
    noise: Draw,
    *,
    begin: int = 0,
    before: Tensor | None = None,
    eta: float = 0.0,
) -> Iterator[Step]:
    """Denoising diffusion implicit models (Song, Meng & Ermon 2021, eq. 12): keep the guessed noise, only less of it.

    eta: share of the noise that is drawn afresh, from 0 (none; the path is fixed by its start) to 1 (as DDPM).
    """
    for i in range(begin, grid.steps):
        x0, eps = predict(x, grid.angle(i))
        alpha, sigma = grid.alpha[i + 1], grid.sigma[i + 1]
        fresh = eta * sigma / grid.sigma[i] * math.sqrt(max(0.0, 1 - (grid.alpha[i] / alpha) ** 2))  # eq. 16
        after = alpha * x0 + math.sqrt(max(0.0, sigma**2 - fresh**2)) * eps
        if fresh:
            after = after + fresh * noise()
        yield Step(i, x, x0, eps, after)
        x = after


def euler(
    predict: Predict, x: Tensor, grid: Grid, noise: Draw, *, begin: int = 0, before: Tensor | None = None
) -> Iterator[Step]:
    """Euler's method on the probability flow (Karras et al. 2022, algorithm 1 without its correction).

    In y = x / alpha, whose noise is r = sigma / alpha, the flow is dy/dr = (y - x0) / r, which is the guessed noise.
    In these coordinates a DDIM step is the same step.
    """
    for i in range(begin, grid.steps):
        x0, eps = predict(x, grid.angle(i))
        y = x / grid.alpha[i]
        slope = (y - x0) / grid.ratio(i)
        y = y + (grid.ratio(i + 1) - grid.ratio(i)) * slope
        after = grid.alpha[i + 1] * y
        yield Step(i, x, x0, eps, after)
        x = after


def heun(
    predict: Predict, x: Tensor, grid: Grid, noise: Draw, *, begin: int = 0, before: Tensor | None = None
) -> Iterator[Step]:
    """Heun's method (Karras et al. 2022, algorithm 1): try an Euler step, look again there, go the mean of both ways.

    Two evaluations a step, one in the last.
    """
    for i in range(begin, grid.steps):
        x0, eps = predict(x, grid.angle(i))
        y = x / grid.alpha[i]
        slope = (y - x0) / grid.ratio(i)
        stride = grid.ratio(i + 1) - grid.ratio(i)
        tried = y + stride * slope
        if grid.sigma[i + 1]:
            x0_there, _ = predict(grid.alpha[i + 1] * tried, grid.angle(i + 1))
            slope_there = (tried - x0_there) / grid.ratio(i + 1)
            tried = y + stride * (slope + slope_there) / 2
        after = grid.alpha[i + 1] * tried
        yield Step(i, x, x0, eps, after)
        x = after


def dpm(
    predict: Predict, x: Tensor, grid: Grid, noise: Draw, *, begin: int = 0, before: Tensor | None = None
) -> Iterator[Step]:
    """DPM-Solver++(2M) (Lu et al. 2022b, algorithm 2): the clean guess is drawn out along a line through the last two.

    lam = log(alpha / sigma) is its time; the first step and the last one are of first order.
    """
    for i in range(begin, grid.steps):
        x0, eps = predict(x, grid.angle(i))
        guess = x0
        if before is not None and i > 0 and grid.sigma[i + 1] and grid.sigma[i] < grid.sigma[i - 1]:
            lam_0, lam_1, lam_2 = (-math.log(grid.ratio(j)) for j in (i - 1, i, i + 1))
            guess = x0 + (lam_2 - lam_1) / (lam_1 - lam_0) / 2 * (x0 - before)
        shrink = grid.ratio(i + 1) / grid.ratio(i)  # exp(-h), h the step in lam
        after = grid.sigma[i + 1] / grid.sigma[i] * x + grid.alpha[i + 1] * (1 - shrink) * guess
        yield Step(i, x, x0, eps, after)
        x, before = after, x0


SAMPLERS: dict[str, Sampler] = {"ddpm": ddpm, "ddim": ddim, "euler": euler, "heun": heun, "dpm": dpm}


def evaluations(sampler: str, steps: int) -> int:
    """How often the network is asked in a run of `steps` steps."""
    return 2 * steps - 1 if sampler == "heun" else steps
