"""An energy of 2-D points, trained in front of the visitor; paused, rewound, branched, and stopped by an alarm.

Data pulls its energy down, chains that walk by the energy itself push theirs up; where both agree it rests (Hinton
2002, Tieleman 2008, Du & Mordatch 2019). x: points (n, 2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.changes import Plan, dense
from genai_demo.core.frames import Paced, curve, number, plane, prose
from genai_demo.core.rewound import Line, alarm, moments, placed
from genai_demo.ebm import learning
from genai_demo.ebm.drawing import ARROWS, downhill, finite, heights
from genai_demo.ebm.energy import landscape
from genai_demo.ebm.learning import Learner
from genai_demo.ebm.options import PointsOptions
from genai_demo.quality.laboratory import AXES, DISTANCE, LIMIT, SHARES, SHOWN, Meter

SAMPLES, HILLS, WITHOUT = "the chains, and the density", "the energy, and downhill", "without the change"
LIKELIHOOD = "log-likelihood"
REMEDY = "lower the learning rate, or the step of the chains"


@dataclass(frozen=True, slots=True, eq=False)
class EnergyStep:
    """The training after `step` steps. Points (n, 2) float32.

    density (48, 48): p(x) = exp(-E) / Z, row 0 at the top. made: chains, which walk on as it trains. energy (48, 48):
    E above its lowest place, cut at 12; both None where those before still do. arrows: downhill, cut at one arrow's
    spacing. gap: mean E of the chains minus mean E of the data, mean of the steps since the last frame; 0 where they
    agree. held_out: mean log p of 1,000 other points, nats, Z being the sum over the plane. other_*: the same training
    without the last change, with `beside`. alarm: why the training was stopped, and where it is back to.
    """

    index: int
    total: int
    alarm: str = prose("alarm")  # above all else, where there is one
    density: np.ndarray | None = plane(SAMPLES, "heat", limit=LIMIT)
    real: np.ndarray | None = plane(SAMPLES, "real", limit=LIMIT)
    made: np.ndarray = plane(SAMPLES, "generated", limit=LIMIT, axes=AXES)
    energy: np.ndarray | None = plane(HILLS, "heat", limit=LIMIT)
    arrows: np.ndarray = plane(HILLS, "vectors", limit=LIMIT, axes=AXES)
    other_density: np.ndarray | None = plane(WITHOUT, "heat", limit=LIMIT)
    other_real: np.ndarray | None = plane(WITHOUT, "real", limit=LIMIT)
    other_made: np.ndarray | None = plane(WITHOUT, "generated", limit=LIMIT)
    step: int = number("step", digits=0)
    gap: float | None = curve("energy of the chains minus that of the data", against="step")
    held_out: float = curve("held out", unit="nats", chart=LIKELIHOOD, against="step")
    other_held_out: float | None = curve("without the change", unit="nats", chart=LIKELIHOOD, against="step")
    log_z: float = number("log Z", unit="nats")
    distance: float = curve("distance", unit="MMD", chart=DISTANCE, against="step")
    floor: float = curve("floor", unit="MMD", chart=DISTANCE, against="step")
    precision: float = curve("precision", unit="%", digits=1, chart=SHARES, against="step")
    coverage: float = curve("coverage", unit="%", digits=1, chart=SHARES, against="step")
    modes: str | None = number("Gaussians reached")


class KnownStep(EnergyStep, Paced):
    """One that was computed before: a page need not let it wait for the eye."""

    __slots__ = ()
    seen_before = True


def points(options: PointsOptions, *, seed: int) -> Iterator[EnergyStep]:
    """Train for `steps` steps; a frame before, every `every`, at changes and at the end.

    Where the training runs away it stops: the last frame is that of the last good checkpoint, with the alarm.
    Raises DemoError where the drawn points are none.
    """
    learnt, kept, meter = learning.task(options, options.samples, seed)

    def look(learner: Learner, now: Any, before: int) -> EnergyStep:
        return seen(learner, options.samples, kept, meter, before, dense(options, before, learner.step))

    def line(plan: Plan) -> Line[Learner, EnergyStep]:
        return learning.line(options, seed, learnt, plan, ("points", options.samples), look)

    shown, first_beside = kept[:SHOWN].numpy(), True
    for index, total, frame, other, known, ran in moments(options, line):
        place: dict[str, Any] = {"index": index, "total": total, "real": shown if index == 0 else None}
        place["alarm"] = alarm(ran, REMEDY) if ran else ""
        if other is not None:
            place |= {"other_density": other.density, "other_made": other.made}
            place |= {"other_held_out": other.held_out, "other_real": shown if first_beside else None}
            first_beside = False
        yield placed(frame, KnownStep if known else EnergyStep, **place)


@torch.no_grad()
def seen(learner: Learner, samples: int, kept: Tensor, meter: Meter, before: int, heated: bool) -> EnergyStep:
    """The frame of a training as it stands, index and total left open; heated: with density and energy."""
    energy = learner.average
    height, log_z = landscape(energy)
    made = learner.chains[:samples]
    since = list(learner.gaps)[max(0, len(learner.gaps) - (learner.step - before)) :]
    frame = EnergyStep(
        0,
        0,
        "",
        (-height - log_z).exp().numpy() if heated else None,
        None,
        finite(made),
        heights(height) if heated else None,
        downhill(energy, ARROWS),
        None,
        None,
        None,
        learner.step,
        math.fsum(since) / len(since) if since else None,
        float(-energy(kept).mean()) - log_z,
        None,
        log_z,
        *meter(made).shown,
    )
    for name in ("density", "made", "energy", "arrows"):
        if (shown := getattr(frame, name)) is not None:
            shown.flags.writeable = False  # several visitors are shown the same arrays
    return frame
