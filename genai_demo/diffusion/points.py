"""Diffusion on 2-D points: a small network learns the noise in front of the visitor, then moves noise onto the data.

x: points (n, 2) float32, x = alpha * x0 + sigma * eps, alpha = cos(angle), sigma = sin(angle), as for pictures
v: velocity dx / dangle of the probability flow (Song et al. 2021, eq. 13); what the network predicts
   (Salimans & Ho 2022)
score: gradient of the log density of x at a noise level, -eps / sigma (Vincent 2011)

Tried on moons, checkerboard, Swiss roll and grid. Of 2,000 samples of the Swiss roll, 43 % ended within 0.05 of the
data with x alone, 76 % with its sines and cosines too, 93 % with more of the training at little noise and a larger
rate. Sines that fade with the noise left that as it was and made the density of noisy points smooth.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import curve, number, plane
from genai_demo.core.networks import mlp
from genai_demo.diffusion.guide import shown
from genai_demo.diffusion.options import PointsOptions
from genai_demo.diffusion.samplers import SAMPLERS, Draw, Predict, Sampler, Step, ddim
from genai_demo.diffusion.schedules import Grid, from_ratios, grid
from genai_demo.quality.laboratory import AXES, DISTANCE, LIMIT, SHARES, SHOWN, Meter, task

BATCH = 256
SKEW = 2.0  # angle = pi / 2 * u ** SKEW: more of the training goes to little noise, where the edges are
WARMUP = 50  # training steps
DECAY = 0.99  # of the weights' running average, which is the one that is used
TRAIN_FRAMES, QUICK = 30, 20  # frames of the training, at most; DDIM steps to each one's samples
FOLLOWED = 12  # single points whose way is drawn
TAIL = 5  # moments of their way that are drawn where it is random
CELLS, ARROWS = 48, 16  # a side of the density and of the field of arrows
FLOW_STEPS = 14  # from no noise to pure noise, for the density; fewer from further on
TRAIN_RATIO = 0.2  # noise level that is shown while it trains, sigma / alpha
SMALLEST = 0.03  # below this ratio the density and arrows stay those of this level
STRIDE = 0.2  # Langevin: step size over squared noise, epsilon / sigma_L ** 2 of Song & Ermon
RATIOS = (5.0, 0.02)  # Langevin: most and least noise, sigma / alpha

FLOW = "density and flow"


@dataclass(frozen=True, slots=True, eq=False)
class PointStep:
    """A moment of the training, or a noise level of the sampling. Points (n, 2) float32, in units of the data.

    While it trains, `made` are quick samples (DDIM, 20 steps) and the rest is shown at one small noise. Then they are
    x_t on its way, and `paths` shows the way of twelve of them; of a random way only the last few moments.
    `density` is that of x_t under the probability flow (`flow_density`), row 0 at the top. `arrows` are the flow's
    velocity towards less noise, or sigma times the score for Langevin, cut at one arrow's spacing.
    The last frame has no noise left; its density and arrows are those of a little noise (SMALLEST).
    """

    index: int
    total: int
    real: np.ndarray | None = plane("points", "real", limit=LIMIT)
    made: np.ndarray = plane("points", "generated", limit=LIMIT, axes=AXES)
    paths: np.ndarray | None = plane("points", "paths", limit=LIMIT)
    density: np.ndarray = plane(FLOW, "heat", limit=LIMIT, axes=AXES)
    arrows: np.ndarray = plane(FLOW, "vectors", limit=LIMIT)
    phase: str = number("phase", phase=True)
    step: int = number("step", digits=0)
    noise: float = number("noise left", unit="sigma")
    loss: float | None = curve("loss", unit="squared error of v")
    distance: float = curve("distance", unit="MMD", chart=DISTANCE)
    floor: float = curve("floor", unit="MMD", chart=DISTANCE)
    precision: float = curve("precision", unit="%", digits=1, chart=SHARES)
    coverage: float = curve("coverage", unit="%", digits=1, chart=SHARES)
    modes: str | None = number("Gaussians reached")


def size(options: PointsOptions) -> int:
    """How many numbers it learns."""
    return sum(part.numel() for part in Velocity(options.width, generator(0)).parameters())


class Velocity(nn.Module):
    """An MLP told the angle: (x (n, 2), angle (n,)) -> v (n, 2). x also comes as sines and cosines, which draw edges.

    Fourier features (Tancik et al. 2020) of frequencies f = pi / 2 * (1, 2, 4, 8), each times exp(-(f * sigma)^2 / 2):
    what noise leaves of a wave in the density (as Barron et al. 2021 do for a blurred view).
    """

    def __init__(self, width: int, random: torch.Generator, *, octaves: int = 4, depth: int = 3) -> None:
        super().__init__()
        self.octaves = octaves
        self.net = mlp([2 + 4 * octaves + 8, *[width] * depth, 2], nn.SiLU, random)

    def forward(self, x: Tensor, angle: Tensor) -> Tensor:
        f = (math.pi / 2 * 2 ** torch.arange(self.octaves)).repeat_interleave(2)  # (2 * octaves,)
        waves = x.repeat(1, self.octaves) * f  # (n, 2) -> (n, 2 * octaves)
        left = torch.exp((f * angle.sin()[:, None]).square() / -2)
        turns = angle[:, None] * torch.arange(1, 5)  # (n,) -> (n, 4)
        v: Tensor = self.net(torch.cat([x, left * waves.sin(), left * waves.cos(), turns.sin(), turns.cos()], 1))
        return v


@torch.no_grad()
def velocity(model: nn.Module, x: Tensor, angle: float) -> Tensor:
    """v at one noise level for all points, (n, 2)."""
    v: Tensor = model(x, torch.full((len(x),), angle))
    return v


def guess(model: nn.Module) -> Predict:
    """The network as samplers ask it: (x, angle) -> (x0, eps)."""

    def predict(x: Tensor, angle: float) -> tuple[Tensor, Tensor]:
        v, alpha, sigma = velocity(model, x, angle), math.cos(angle), math.sin(angle)
        return alpha * x - sigma * v, sigma * x + alpha * v

    return predict


def langevin(
    predict: Predict,
    x: Tensor,
    grid: Grid,
    noise: Draw,
    *,
    begin: int = 0,
    before: Tensor | None = None,
    inner: int = 8,
) -> Iterator[Step]:
    """Annealed Langevin dynamics (Song & Ermon 2019, algorithm 1): `inner` moves along the score at each noise level.

    Their moves are y + a / 2 * score + sqrt(a) * noise with a = STRIDE * ratio ** 2 in y = x / alpha, where
    score = -eps / ratio. A Step holds the first look at its level; its `after` is where the last move led.
    """
    for i in range(begin, grid.steps):
        moved = x
        for _ in range(inner):
            x0, eps = predict(moved, grid.angle(i))
            if moved is x:
                first = x0, eps
            moved = moved + grid.sigma[i] * (math.sqrt(STRIDE) * noise() - STRIDE / 2 * eps)
        after = grid.alpha[i + 1] / grid.alpha[i] * moved  # y stays, only its scale in x changes
        yield Step(i, x, *first, after)
        x = after


def langevin_levels(steps: int) -> Grid:
    """`steps` noise levels in a geometric series (Song & Ermon 2019, section 4), then none."""
    return from_ratios(np.geomspace(*RATIOS, steps))


def train(
    data: Tensor, options: PointsOptions, every: int, random: torch.Generator
) -> Iterator[tuple[int, float, nn.Module]]:
    """Adam on the velocity's squared error; each `every` steps yields (steps done, mean loss, averaged network).

    data (n, 2). The learning rate rises over WARMUP steps and falls to a twentieth along a half cosine.
    """
    model = Velocity(options.width, random)
    average = copy.deepcopy(model).requires_grad_(False)
    optimiser = torch.optim.Adam(model.parameters(), fused=True)
    total = torch.zeros(())
    for i in range(options.train_steps):
        rise, fall = min(1.0, (i + 1) / WARMUP), 0.5 * (1 + math.cos(math.pi * i / options.train_steps))
        optimiser.param_groups[0]["lr"] = options.learning_rate * rise * (0.05 + 0.95 * fall)
        x0 = data[torch.randint(len(data), (BATCH,), generator=random)]
        angle = math.pi / 2 * torch.rand(BATCH, generator=random) ** SKEW
        alpha, sigma = angle.cos()[:, None], angle.sin()[:, None]
        eps = torch.randn(x0.shape, generator=random)
        loss = F.mse_loss(model(alpha * x0 + sigma * eps, angle), alpha * eps - sigma * x0)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        decay = min(DECAY, (1 + i) / (10 + i))
        torch._foreach_lerp_(list(average.parameters()), [p.detach() for p in model.parameters()], 1 - decay)
        total += loss.detach()
        if (i + 1) % every == 0:
            yield i + 1, float(total) / every, average
            total = torch.zeros(())


def flow_density(model: nn.Module, angle: float) -> np.ndarray:
    """Density of x at a noise level as the network's probability flow has it, (CELLS, CELLS), row 0 at the top.

    The flow carries each cell of a lattice to pure noise, whose density is known; the mass of a cell is kept on the
    way (change of variables), so its density is N(0, 1) where it arrives, times how its area grew. The steps are few,
    so peaks at little noise come out up to a fifth too high.
    """
    line = torch.linspace(-LIMIT, LIMIT, CELLS + 1)
    x = torch.stack(torch.meshgrid(line, line.flip(0), indexing="xy"), -1).reshape(-1, 2)  # row 0 has the largest y
    steps = max(3, round(FLOW_STEPS * (1 - angle / (math.pi / 2)) ** 2))
    levels = (angle + torch.linspace(0, 1, steps + 1) ** 2 * (math.pi / 2 - angle)).tolist()
    for here, there in pairwise(levels):
        v = velocity(model, x, here)
        x = math.cos(there - here) * x + math.sin(there - here) * v  # a DDIM step, towards the noise
    corner = x.reshape(CELLS + 1, CELLS + 1, 2)
    normal = torch.exp(-corner.square().sum(-1) / 2) / (2 * math.pi)
    across, down = corner[1:, 1:] - corner[:-1, :-1], corner[1:, :-1] - corner[:-1, 1:]  # the two diagonals
    area = (across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]).abs() / 2
    mean = (normal[1:, 1:] + normal[:-1, :-1] + normal[1:, :-1] + normal[:-1, 1:]) / 4
    return (mean * area / (2 * LIMIT / CELLS) ** 2).numpy()


def arrows(model: nn.Module, angle: float, along_score: bool = False) -> np.ndarray:
    """The field that moves the points at a noise level, (ARROWS ** 2, 4) float32: x, y, dx, dy."""
    spacing = 2 * LIMIT / ARROWS
    line = torch.arange(ARROWS) * spacing - LIMIT + spacing / 2
    x = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).reshape(-1, 2)
    v = velocity(model, x, angle)
    way = -(math.sin(angle) * x + math.cos(angle) * v) if along_score else -v
    way = way / way.norm(dim=1, keepdim=True).clamp(min=1) * (0.9 * spacing)
    return torch.cat([x, way], 1).numpy()


def points(options: PointsOptions, *, seed: int) -> Iterator[PointStep]:
    """Train on the chosen points, then sample: up to TRAIN_FRAMES frames of the one, up to 100 of the other.

    Raises DemoError where the drawn points are none, or where the training runs away.
    """
    learnt, held, meter = task(options.data, options.points, options.samples, seed)
    every = math.ceil(options.train_steps / TRAIN_FRAMES)
    options = options.model_copy(update={"train_steps": options.train_steps // every * every})
    wanted = shown(options.steps + 1)
    total = options.train_steps // every + len(wanted)
    random = generator(seed)
    start = torch.randn(options.samples, 2, generator=random)
    model: nn.Module | None = None
    for index, (step, loss, model) in enumerate(train(learnt, options, every, random)):
        if not math.isfinite(loss):
            raise DemoError(
                f"training lost its footing at step {step}; lower learning_rate from {options.learning_rate:g}"
            )
        yield _training_frame(
            model, start, meter, index, total, step, loss, held[:SHOWN].numpy() if index == 0 else None
        )
    assert model is not None
    yield from _sample(model, options, start, random, meter, total - len(wanted), total)


def _training_frame(
    model: nn.Module,
    start: Tensor,
    meter: Meter,
    index: int,
    total: int,
    step: int,
    loss: float,
    real: np.ndarray | None,
) -> PointStep:
    for last in ddim(guess(model), start, grid("cosine", QUICK), lambda: start):  # noqa: B007
        pass
    made, angle = last.after, math.atan(TRAIN_RATIO)
    return PointStep(
        index,
        total,
        real,
        made.numpy(),
        None,
        flow_density(model, angle),
        arrows(model, angle),
        "training",
        step,
        math.sin(angle),
        loss,
        *meter(made).shown,
    )


def _sample(
    model: nn.Module,
    options: PointsOptions,
    start: Tensor,
    random: torch.Generator,
    meter: Meter,
    index: int,
    total: int,
) -> Iterator[PointStep]:
    """From noise to points. Frames are thinned; the computation is not."""
    score, wild = options.sampler == "langevin", options.sampler in ("langevin", "ddpm")
    levels = langevin_levels(options.steps) if score else grid(options.schedule, options.steps)
    sampler: Sampler = partial(langevin, inner=options.inner) if score else SAMPLERS[options.sampler]
    wanted, way = shown(options.steps + 1), list[np.ndarray]()
    x = start * levels.sigma[0]

    def frame(i: int, x: Tensor) -> PointStep:
        way.append(x[:FOLLOWED].numpy())
        angle = max(levels.angle(i), math.atan(SMALLEST))
        paths = np.stack(way[-TAIL:] if wild else way, 1) if len(way) > 1 else None  # (followed, t, 2)
        return PointStep(
            index,
            total,
            None,
            x.numpy(),
            paths,
            flow_density(model, angle),
            arrows(model, angle, score),
            "sampling",
            i,
            levels.sigma[i],
            None,
            *meter(x).shown,
        )

    def draw() -> Tensor:
        return torch.randn(x.shape, generator=random)

    for step in sampler(guess(model), x, levels, draw):
        if step.i in wanted:
            yield frame(step.i, step.x)
            index += 1
    yield frame(options.steps, step.after)
