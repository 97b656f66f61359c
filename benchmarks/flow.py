"""A flow on points through run(recipe), with its frames, against the same training without any; and the density.

Both on one thread, as the run has it.
"""

from __future__ import annotations

import torch

from benchmarks import Row, alternate, seconds
from genai_demo.core.device import generator, threads
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.flow.couplings import Flow
from genai_demo.flow.learning import MOMENTS
from genai_demo.flow.options import PointsOptions
from genai_demo.quality import laboratory

RECIPE = Recipe("flow/points")
OPTIONS = PointsOptions.parse({})


def rows() -> list[Row]:
    """Seconds for the default training with its frames, taken in turn with the bare loop."""
    learnt, _, _ = laboratory.task(OPTIONS.data, "", OPTIONS.samples, 0)
    trained = alternate(forgotten, lambda: bare_loop(learnt), 3)
    return [
        seconds(
            f"flow: {OPTIONS.steps} steps on points, a frame every {OPTIONS.every}, run(recipe) (at most 1.15)",
            *trained,
        )
    ]


def forgotten() -> None:
    """The whole run, nothing of it known beforehand."""
    MOMENTS.clear()
    for _ in run(RECIPE):
        pass


@threads(1)
def bare_loop(data: torch.Tensor) -> None:
    """The same network, batches and updates in plain PyTorch."""
    random = generator(0)
    flow = Flow(OPTIONS.kind, OPTIONS.layers, OPTIONS.width, OPTIONS.bins, OPTIONS.bound, data, random)
    optimiser = torch.optim.Adam(flow.parameters(), OPTIONS.learning_rate, (0.9, 0.99), fused=True)
    for _ in range(OPTIONS.steps):
        loss = -flow.log_prob(data[torch.randint(len(data), (OPTIONS.batch_size,), generator=random)]).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), OPTIONS.clip)
        optimiser.step()
