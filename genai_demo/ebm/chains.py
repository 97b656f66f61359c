"""Langevin chains on the landscape of a trained energy, as a film: step, noise and temperature changed on the way.

x: chains (n, 2); E: the energy. With noise 1 the chains come to exp(-E / T), without they roll into the next hollow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core import waits
from genai_demo.core.changes import Plan, segments
from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import curve, number, plane
from genai_demo.core.rewound import Line, digests, moments, placed
from genai_demo.ebm import learning
from genai_demo.ebm.drawing import ARROWS, downhill, finite, heights
from genai_demo.ebm.energy import Energy, landscape, langevin
from genai_demo.ebm.options import ChainSettings, ChainsOptions, TrainedOptions
from genai_demo.quality.laboratory import AXES, DISTANCE, LIMIT, SHARES, SHOWN, Meter

TOLD_EVERY = 40  # steps of the training between two words on how far it is
FOLLOWED, TAIL = 12, 40  # chains whose way is drawn, and how many of their last steps
WINDOW = 400  # last steps of all chains that R-hat looks at
APART = 2**31  # added to the seed: chains walk by another stream than the training
WAYS, WITHOUT = "chains on the energy", "without the change"
FIXED = ("method", "data", "points", "train_steps", "learning_rate", "start", "chains")


@dataclass(frozen=True, slots=True, eq=False)
class ChainStep:
    """The chains after `step` Langevin steps. Points (n, 2), tails (12, t, 2) float32.

    energy (48, 48): E above its lowest place, cut at 12. mean_energy: of all chains. rhat: of the worse coordinate over
    the last 400 steps; near 1 where no chain can be told from the others. walked: how far a chain goes in a step, mean.
    """

    index: int
    total: int
    energy: np.ndarray | None = plane(WAYS, "heat", limit=LIMIT)
    tails: np.ndarray = plane(WAYS, "paths", limit=LIMIT)
    made: np.ndarray = plane(WAYS, "generated", limit=LIMIT, called="chains", axes=AXES)
    density: np.ndarray | None = plane("where they should be", "heat", limit=LIMIT)
    real: np.ndarray | None = plane("where they should be", "real", limit=LIMIT)
    arrows: np.ndarray = plane("where they should be", "vectors", limit=LIMIT, axes=AXES)
    other_energy: np.ndarray | None = plane(WITHOUT, "heat", limit=LIMIT)
    other_made: np.ndarray | None = plane(WITHOUT, "generated", limit=LIMIT)
    step: int = number("step", digits=0)
    rhat: float | None = curve("R-hat", against="step")
    mean_energy: float = curve("mean energy of the chains", digits=2, against="step")
    walked: float | None = number("way of a step")
    distance: float = curve("distance", unit="MMD", chart=DISTANCE, against="step")
    floor: float = curve("floor", unit="MMD", chart=DISTANCE, against="step")
    precision: float = curve("precision", unit="%", digits=1, chart=SHARES, against="step")
    coverage: float = curve("coverage", unit="%", digits=1, chart=SHARES, against="step")
    modes: str | None = number("Gaussians reached")


class Walk:
    """Chains on one landscape: where they are, where they were, and their random stream."""

    def __init__(self, energy: Energy, start: Tensor, seed: int) -> None:
        self.energy, self.x = energy, start.clone()
        self.random = generator(seed)
        self.step = 0
        self.past: deque[Tensor] = deque([self.x], WINDOW)

    def advance(self, data: Any, now: ChainSettings) -> None:
        """One Langevin step. Raises DemoError where the chains fly off."""
        self.x = langevin(self.energy, self.x, now.step, now.noise, now.temperature, self.random)
        self.step += 1
        if not self.x.abs().max() < learning.ASTRAY:
            raise DemoError(f"the chains flew off at their step {self.step}; lower step from {now.step:g}")
        self.past.append(self.x)

    def state(self) -> dict[str, Any]:
        """A copy of everything that decides how the walk goes on."""
        return {"x": self.x, "random": self.random.get_state(), "step": self.step, "past": tuple(self.past)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state, which stays as it is: no tensor of it is written to."""
        self.x, self.step = state["x"], state["step"]
        self.past = deque(state["past"], WINDOW)
        self.random.set_state(state["random"])


def rhat(chains: Tensor) -> float | None:
    """Split R-hat (Gelman et al. 2013, section 11.4), the larger one of the coordinates. chains (steps, n, 2).

    Each chain counts as two, its first and its second half; None of fewer than four steps.
    """
    half = len(chains) // 2
    if half < 2:
        return None
    halves = torch.cat([chains[-2 * half : -half], chains[-half:]], 1).double()  # (half, 2 n, 2)
    within = halves.var(0).mean(0)
    between = half * halves.mean(0).var(0)
    return float((((half - 1) / half * within + between / half) / within.clamp(min=1e-12)).sqrt().max())


def chains(options: ChainsOptions, *, seed: int) -> Iterator[ChainStep]:
    """Train an energy (or take what is known of that training), then walk; a frame every `every` steps.

    Raises DemoError where the drawn points are none, where the training runs away, or the chains fly off.
    """
    trained = options.trained()
    learnt, kept, meter = learning.task(trained, options.chains, seed)
    energy = known(trained, seed, learnt)
    height, log_z = landscape(energy)
    start = _start(options, kept, seed)

    def look(walk: Walk, now: ChainSettings, before: int) -> ChainStep:
        return seen(walk, meter)

    def line(plan: Plan) -> Line[Walk, ChainStep]:
        names = digests(options, plan, seed, FIXED)
        return Line(learning.MOMENTS, plan, names, "walk", None, partial(Walk, energy, start, seed + APART), look)

    low, first_beside = heights(height), True
    fixed = {"density": (-height - log_z).exp().numpy(), "real": kept[:SHOWN].numpy(), "energy": low}
    for index, total, frame, other, *_ in moments(options, line):
        place: dict[str, Any] = {"index": index, "total": total, **(fixed if index == 0 else {})}
        if other is not None:
            place |= {"other_made": other.made, "other_energy": low if first_beside else None}
            first_beside = False
        yield placed(frame, ChainStep, **place)


def known(options: TrainedOptions, seed: int, learnt: Tensor) -> Energy:
    """The energy after a training, shown as its running average. Raises DemoError where the training runs away."""
    line = learning.line(options, seed, learnt, segments(options), None, None)
    done = 0

    def told() -> waits.Told:
        return f"The energy learns first: step {done} of {options.steps}", done / options.steps

    with waits.on(told):
        while done < options.steps:
            learner = line.reach(min(options.steps, done + TOLD_EVERY))
            done = learner.step
    line.keep(learner)
    return learner.average


def _start(options: ChainsOptions, kept: Tensor, seed: int) -> Tensor:
    """Where the chains begin, (chains, 2)."""
    if options.start == "data":
        return kept[: options.chains]
    if options.start == "one point":
        return kept[:1].expand(options.chains, -1)
    return torch.randn(options.chains, 2, generator=generator(seed + APART + 1))


@torch.no_grad()
def seen(walk: Walk, meter: Meter) -> ChainStep:
    """The frame of a walk as it stands, index and total left open."""
    past = torch.stack(tuple(walk.past))
    tails = past[-TAIL:, :FOLLOWED].transpose(0, 1)
    frame = ChainStep(
        0,
        0,
        None,
        finite(tails),
        finite(walk.x),
        None,
        None,
        downhill(walk.energy, ARROWS),
        None,
        None,
        walk.step,
        rhat(past),
        float(walk.energy(walk.x).mean()),
        float((past[-1] - past[-2]).norm(dim=1).mean()) if len(past) > 1 else None,
        *meter(walk.x).shown,
    )
    for name in ("tails", "made", "arrows"):
        getattr(frame, name).flags.writeable = False
    return frame
