"""Flow matching on 2-D points (Lipman et al. 2022; Liu et al. 2022): a flow without layers, near to diffusion.

x_t = (1 - t) z + t x: a point on the straight way from noise z (t = 0) to data x (t = 1). The network learns the
velocity x - z, whose mean at a place moves noise onto the data. log p(x) = log N(z) - integral of the divergence
(Chen et al. 2018, eq. 8), exact in two dimensions but for the solver's steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import curve, number, plane
from genai_demo.core.networks import mlp
from genai_demo.flow.couplings import normal
from genai_demo.flow.drawing import CELLS, cells, held
from genai_demo.flow.options import MatchingOptions
from genai_demo.quality.laboratory import AXES, DISTANCE, LIMIT, SHARES, SHOWN, Meter, task

BATCH = 256
FRAMES = 20  # of the training, at most
WARMUP, DECAY = 50, 0.99  # steps in which the rate rises; of the weights' running average
ARROWS, FOLLOWED = 16, 24  # a side of the field of arrows; points whose way is drawn
WAYS, FIELD = "points on their way", "density and velocity"
EXACT = 40  # steps of the likelihood's integral
LANE = 2.4  # limit of the lane in which points travel from the noise
EPS = 1e-3  # half the difference from which a divergence is taken


@dataclass(frozen=True, slots=True, eq=False)
class MatchingStep:
    """A moment of the training, or of the way from noise to data. Points (n, 2) float32.

    made: points at time t; while it trains, samples (t = 1). paths: the way of some of them so far. arrows: the
    velocity at time t, cut at one arrow's spacing. density: p(x) at t = 1, when the training is done. straight: how
    long the way is, measured by its ends: 1 where all go straight. log_p: mean log p of 400 held-out points.
    """

    index: int
    total: int
    real: np.ndarray | None = plane(WAYS, "real", limit=LANE)
    paths: np.ndarray | None = plane(WAYS, "paths", limit=LANE)
    made: np.ndarray = plane(WAYS, "generated", limit=LANE, axes=AXES)
    density: np.ndarray | None = plane(FIELD, "heat", limit=LIMIT)
    arrows: np.ndarray = plane(FIELD, "vectors", limit=LIMIT, axes=AXES)
    phase: str = number("phase", phase=True)
    trained: int = number("training step", digits=0)
    time: float = number("t, from noise 0 to data 1", digits=2)
    loss: float | None = curve("loss", unit="squared error of the velocity")
    log_p: float | None = number("log-likelihood, held out", unit="nats")
    straight: float | None = number("length of the way, by its ends", unit="times")
    distance: float = curve("distance", unit="MMD", chart=DISTANCE)
    floor: float = curve("floor", unit="MMD", chart=DISTANCE)
    precision: float = curve("precision", unit="%", digits=1, chart=SHARES)
    coverage: float = curve("coverage", unit="%", digits=1, chart=SHARES)
    modes: str | None = number("Gaussians reached")


class Velocity(nn.Module):
    """An MLP told the time: (x (n, 2), t (n,)) -> v (n, 2); both also come as sines and cosines, which draw edges."""

    def __init__(self, width: int, random: torch.Generator, *, octaves: int = 4) -> None:
        super().__init__()
        self.register_buffer("waves", math.pi / 2 * 2.0 ** torch.arange(octaves))
        self.net = mlp([3 * (1 + 2 * octaves), width, width, width, 2], nn.SiLU, random)

    waves: Tensor

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        given = torch.cat([x, t[:, None]], 1)
        turns = (given[:, :, None] * self.waves).flatten(1)
        v: Tensor = self.net(torch.cat([given, turns.sin(), turns.cos()], 1))
        return v


def train(
    data: Tensor, options: MatchingOptions, every: int, random: torch.Generator
) -> Iterator[tuple[int, float, Velocity]]:
    """Adam on the velocity's squared error; each `every` steps yields (steps done, mean loss, averaged network)."""
    model, average = Velocity(options.width, random), Velocity(options.width, generator(0)).requires_grad_(False)
    average.load_state_dict(model.state_dict())
    optimiser = torch.optim.Adam(model.parameters(), fused=True)
    total = torch.zeros(())
    for i in range(options.train_steps):
        rise, fall = min(1.0, (i + 1) / WARMUP), 0.5 * (1 + math.cos(math.pi * i / options.train_steps))
        optimiser.param_groups[0]["lr"] = options.learning_rate * rise * (0.05 + 0.95 * fall)
        x = data[torch.randint(len(data), (BATCH,), generator=random)]
        z = torch.randn(x.shape, generator=random)
        t = torch.rand(BATCH, generator=random)
        loss = F.mse_loss(model(torch.lerp(z, x, t[:, None]), t), x - z)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        decay = min(DECAY, (1 + i) / (10 + i))
        torch._foreach_lerp_(list(average.parameters()), [p.detach() for p in model.parameters()], 1 - decay)
        total += loss.detach()
        if (i + 1) % every == 0:
            yield i + 1, float(total) / every, average
            total = torch.zeros(())


@torch.no_grad()
def velocity(model: nn.Module, x: Tensor, t: float) -> Tensor:
    """The velocity of all points at one time, (n, 2)."""
    v: Tensor = model(x, torch.full((len(x),), t))
    return v


def follow(model: nn.Module, x: Tensor, times: list[float], solver: str) -> Iterator[Tensor]:
    """The points at each of the times, x being those at the first; Euler's steps, or those of the midpoint rule."""
    yield x
    for here, there in pairwise(times):
        v = velocity(model, x, here)
        if solver == "midpoint":
            v = velocity(model, x + (there - here) / 2 * v, (here + there) / 2)
        x = x + (there - here) * v
        yield x


def divergence(model: nn.Module, x: Tensor, t: float) -> tuple[Tensor, Tensor]:
    """Velocity (n, 2) and its divergence (n,), by central differences in both directions."""
    aside = EPS * torch.eye(2)
    n = len(x)
    v = velocity(model, torch.cat([x, x + aside[0], x - aside[0], x + aside[1], x - aside[1]]), t)
    right, left, up, down = v[n:].split(n)
    return v[:n], ((right - left)[:, 0] + (up - down)[:, 1]) / (2 * EPS)


def log_prob(model: nn.Module, x: Tensor, steps: int = EXACT) -> Tensor:
    """log p(x) in nats, (n,): back to the noise by the midpoint rule, the divergence added up on the way."""
    spread = torch.zeros(len(x))
    for here, there in pairwise(torch.linspace(1, 0, steps + 1).tolist()):
        v, _ = divergence(model, x, here)
        v, change = divergence(model, x + (there - here) / 2 * v, (here + there) / 2)
        x, spread = x + (there - here) * v, spread + (there - here) * change
    return normal(x) + spread


def matching(options: MatchingOptions, *, seed: int) -> Iterator[MatchingStep]:
    """Train, FRAMES frames at most; then take the noise to the data, a frame a step.

    Raises DemoError where the drawn points are none, or where the training runs away.
    """
    learnt, kept, meter = task(options.data, options.points, options.samples, seed)
    every = math.ceil(options.train_steps / FRAMES)
    options = options.model_copy(update={"train_steps": options.train_steps // every * every})
    whole = options.train_steps // every
    total = whole + options.steps + 1
    random = generator(seed)
    z = torch.randn(options.samples, 2, generator=random)
    times = torch.linspace(0, 1, options.steps + 1).tolist()
    real = kept[:SHOWN].numpy()
    for index, (step, loss, model) in enumerate(train(learnt, options, every, random)):
        if not math.isfinite(loss):
            raise DemoError(
                f"training lost its footing at step {step}; lower learning_rate from {options.learning_rate:g}"
            )
        *_, made = follow(model, z, times, options.solver)
        yield _look(
            (index, total, real if index == 0 else None, None, made), None, model, 1.0, meter, "training", step, loss
        )
    passed: list[Tensor] = []
    for k, x in enumerate(follow(model, z, times, options.solver)):
        passed.append(x)
        ways = torch.stack([*passed, *[x] * (len(times) - len(passed))], 1)[:FOLLOWED]
        heat = log_prob(model, cells()).exp().reshape(CELLS, CELLS).numpy() if k == 0 else None
        mean = float(log_prob(model, kept[:SHOWN]).mean()) if k == options.steps else None
        yield _look(
            (whole + k, total, None, ways.numpy(), x),
            heat,
            model,
            times[k],
            meter,
            "from noise to data",
            step,
            None,
            mean,
            bent(passed),
        )


def bent(passed: list[Tensor]) -> float | None:
    """Mean length of the ways, each divided by the distance of its ends; None before they begin."""
    if len(passed) < 2:
        return None
    ways = torch.stack(passed)
    length = (ways[1:] - ways[:-1]).norm(dim=2).sum(0)
    return float((length / (ways[-1] - ways[0]).norm(dim=1).clamp(min=1e-6)).mean())


def _look(
    place: tuple[int, int, np.ndarray | None, np.ndarray | None, Tensor],
    heat: np.ndarray | None,
    model: nn.Module,
    time: float,
    meter: Meter,
    phase: str,
    step: int,
    loss: float | None,
    log_p: float | None = None,
    straight: float | None = None,
) -> MatchingStep:
    index, total, real, ways, made = place
    scores = meter(made).shown
    return MatchingStep(
        index,
        total,
        real,
        ways,
        held(made),
        heat,
        _arrows(model, time),
        phase,
        step,
        time,
        loss,
        log_p,
        straight,
        *scores,
    )


def _arrows(model: nn.Module, time: float) -> np.ndarray:
    """The velocity at one time, (ARROWS ** 2, 4): x, y, dx, dy."""
    spacing = 2 * LIMIT / ARROWS
    x = cells(ARROWS)
    v = velocity(model, x, min(time, 1 - 1 / EXACT))
    v = v / v.norm(dim=1, keepdim=True).clamp(min=1) * (0.9 * spacing)
    arrows: np.ndarray = torch.cat([x, v], 1).numpy()
    return arrows
