"""A flow on points through run(recipe), with its frames, against the same training without any; density; a page.

Both on one thread, as the run has it.
"""

from __future__ import annotations

import torch

from benchmarks import Row, alternate, seconds
from benchmarks.browser import painted
from genai_demo.core.device import generator, threads
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.flow.couplings import Flow
from genai_demo.flow.drawing import cells, density
from genai_demo.flow.learning import MOMENTS
from genai_demo.flow.options import PointsOptions
from genai_demo.quality import laboratory

OPTIONS = PointsOptions(steps=100)  # a sixth of the default: every step, and every frame, costs the same
RECIPE = Recipe("flow/points", {"steps": OPTIONS.steps})
SIDE = 100  # of the grid whose density is taken
PAINTED = 120  # steps of the training in the browser


def rows() -> list[Row]:
    """Seconds for a short training with its frames, and for densities, in turn with bare ones; frames in a page."""
    learnt, _, _ = laboratory.task(OPTIONS.data, "", OPTIONS.samples, 0)
    trained = alternate(forgotten, lambda: bare_loop(learnt), 3)
    return [
        seconds(
            f"flow: {OPTIONS.steps} steps on points, a frame every {OPTIONS.every}, run(recipe) (at most 1.15)",
            *trained,
        ),
        seconds(f"flow: density at {SIDE**2:,} points (at most 1.1)", *_density(learnt)),
        (
            "flow: frames painted a second while it trains (at least 10)",
            f"{painted('flow', 'Learning rate', PAINTED):.1f}",
            "-",
            None,
        ),
    ]


@threads(1)
def _density(data: torch.Tensor) -> tuple[float, float]:
    """Seconds of the heat that the frames show, finer, and of the bare likelihood of the same points."""
    flow = made(data)
    points = cells(SIDE)

    @torch.no_grad()
    def bare() -> None:
        flow.log_prob(points).exp()

    return alternate(lambda: density(flow, SIDE), bare, 15)


def forgotten() -> None:
    """The whole run, nothing of it known beforehand."""
    MOMENTS.clear()
    for _ in run(RECIPE):
        pass


def made(data: torch.Tensor, random: torch.Generator | None = None) -> Flow:
    """An untrained flow of the default options."""
    random = random or generator(0)
    return Flow(OPTIONS.kind, OPTIONS.layers, OPTIONS.width, OPTIONS.bins, OPTIONS.bound, data, random)


@threads(1)
def bare_loop(data: torch.Tensor) -> None:
    """The same network, batches and updates in plain PyTorch."""
    random = generator(0)
    flow = made(data, random)
    optimiser = torch.optim.Adam(flow.parameters(), OPTIONS.learning_rate, (0.9, 0.99), fused=True)
    for _ in range(OPTIONS.steps):
        loss = -flow.log_prob(data[torch.randint(len(data), (OPTIONS.batch_size,), generator=random)]).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), OPTIONS.clip)
        optimiser.step()
