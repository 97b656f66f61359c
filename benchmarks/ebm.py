"""An energy of points through run(recipe), with its frames, against the same training without any; and the density.

Both on one thread, as the run has it.
"""

from __future__ import annotations

import math

import torch

from benchmarks import Row, alternate, seconds
from benchmarks.browser import painted
from genai_demo.core.device import generator, threads
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.ebm.energy import Energy, landscape
from genai_demo.ebm.learning import CHAINS, CLIP, DECAY, HELD, MOMENTS
from genai_demo.ebm.options import PointsOptions
from genai_demo.quality import laboratory

OPTIONS = PointsOptions(steps=160)  # a fifth of the default: every step, and every frame, costs the same
RECIPE = Recipe("ebm/points", {"steps": OPTIONS.steps})
POINTS, TIMES = 10_000, 20
PAINTED = 240  # steps of the training in the browser


def rows() -> list[Row]:
    """Seconds for a training with its frames, and for densities, each in turn with the bare loop or call."""
    learnt, _, _ = laboratory.task(OPTIONS.data, "", OPTIONS.samples, 0)
    trained = alternate(forgotten, lambda: bare_loop(learnt), 3)
    energy, x = Energy(OPTIONS.width, generator(0)), torch.randn(POINTS, 2, generator=generator(1))
    dense = alternate(lambda: densities(energy, x), lambda: bare_calls(energy, x), 9)
    return [
        seconds(
            f"ebm: {OPTIONS.steps} steps on points, a frame every {OPTIONS.every}, run(recipe) (at most 1.15)", *trained
        ),
        seconds(f"ebm: density of {POINTS:,} points, {TIMES} times, Z summed once (at most 1.1)", *dense),
        (
            "ebm: frames painted a second while it trains (at least 10)",
            f"{painted('ebm', 'Learning rate', PAINTED):.1f}",
            "-",
            None,
        ),
    ]


def forgotten() -> None:
    """The whole run, nothing of it known beforehand."""
    MOMENTS.clear()
    for _ in run(RECIPE):
        pass


@threads(1)
@torch.no_grad()
def densities(energy: Energy, x: torch.Tensor) -> None:
    """p(x), Z summed once for all of them."""
    _, log_z = landscape(energy)
    for _ in range(TIMES):
        (-energy(x) - log_z).exp()


@threads(1)
@torch.no_grad()
def bare_calls(energy: Energy, x: torch.Tensor) -> None:
    """The network alone, and exp."""
    for _ in range(TIMES):
        (-energy(x)).exp()


@threads(1)
def bare_loop(data: torch.Tensor) -> None:
    """The same network, chains, batches and updates in plain PyTorch."""
    random, n = generator(0), OPTIONS.batch_size
    energy, average = Energy(OPTIONS.width, random), Energy(OPTIONS.width, random)
    optimiser = torch.optim.Adam(energy.parameters(), OPTIONS.learning_rate, (0.5, 0.99), fused=True)
    chains = torch.randn(CHAINS, 2, generator=random)
    for _ in range(OPTIONS.steps):
        x, pick = data[torch.randint(len(data), (n,), generator=random)], torch.randperm(CHAINS, generator=random)[:n]
        away, there = chains[pick], torch.randn(n, 2, generator=random)
        with torch.no_grad():
            before, after = (energy(torch.cat([away, there])) - torch.cat([away, there]).square().sum(1) / 2).split(n)
        taken = torch.rand(n, generator=random).log() < before - after
        away = torch.where(taken[:, None], there, away)
        for _ in range(OPTIONS.walk):
            noise = math.sqrt(2 * OPTIONS.step) * torch.randn(n, 2, generator=random)
            away = away - OPTIONS.step * energy.slope(away) + noise
        chains[pick] = away
        near, far = energy(torch.cat([x, away])).split(n)
        loss = near.mean() - far.mean() + HELD * (near.square().mean() + far.square().mean())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(energy.parameters(), CLIP)
        optimiser.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), [p.detach() for p in energy.parameters()], 1 - DECAY)
