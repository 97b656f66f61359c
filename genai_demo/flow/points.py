"""A flow on 2-D points (Dinh et al. 2016; Durkan et al. 2019), trained in front of the visitor; rewind and branches.

The likelihood is exact, so training is nothing but raising it. z: noise (n, 2); x: points (n, 2).
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
from genai_demo.core.device import generator
from genai_demo.core.frames import Paced, curve, number, plane, prose
from genai_demo.core.rewound import Line, alarm, moments, placed
from genai_demo.flow import learning
from genai_demo.flow.couplings import normal
from genai_demo.flow.drawing import NOISE_AXES, NOISE_LIMIT, cells, circles, heat, held, lattice
from genai_demo.flow.learning import Learner
from genai_demo.flow.options import PointsOptions
from genai_demo.quality.laboratory import AXES, DISTANCE, LIMIT, SHARES, SHOWN, Meter

APART = 2**31  # added to the seed: noise that is shown comes from another stream than what is learnt with
SAMPLES, NET, CODES, WITHOUT = ("samples", "the plane of noise, as data", "data, as noise", "without the change")
LIKELIHOOD = "log-likelihood"
REMEDY = "lower the learning rate, or the longest gradient"


@dataclass(frozen=True, slots=True, eq=False)
class FlowStep:
    """The training after `step` steps. Points (n, 2) float32.

    density (48, 48): p(x), exact, row 0 at the top; None where the one before still does. made: one point of noise
    each, the same in every frame. net: an even lattice of noise as data. codes: the held-out points as noise; they
    should look like N(0, I), of which circles shows one and two standard deviations. learnt: mean log p of the training
    batches since the last frame, held_out: of 1,000 other points, nats. least: the smallest factor by which some layer
    shrinks the plane at a held-out point. round_trip: log10 of the largest error of those points after encode and
    decode. other_*: the same training without the last change, with `beside`. alarm: why the training was stopped, and
    where it is back to.
    """

    index: int
    total: int
    alarm: str = prose("alarm")  # above all else, where there is one
    density: np.ndarray | None = plane(SAMPLES, "heat", limit=LIMIT)
    real: np.ndarray | None = plane(SAMPLES, "real", limit=LIMIT)
    made: np.ndarray = plane(SAMPLES, "generated", limit=LIMIT, axes=AXES)
    behind: np.ndarray | None = plane(NET, "real", limit=LIMIT)
    net: np.ndarray = plane(NET, "paths", limit=LIMIT, axes=AXES)
    codes: np.ndarray = plane(CODES, "generated", limit=NOISE_LIMIT, axes=NOISE_AXES)
    circles: np.ndarray = plane(CODES, "paths", limit=NOISE_LIMIT)
    other_density: np.ndarray | None = plane(WITHOUT, "heat", limit=LIMIT)
    other_real: np.ndarray | None = plane(WITHOUT, "real", limit=LIMIT)
    other_made: np.ndarray | None = plane(WITHOUT, "generated", limit=LIMIT)
    step: int = number("step", digits=0)
    learnt: float | None = curve("learnt from", unit="nats", chart=LIKELIHOOD, against="step")
    held_out: float = curve("held out", unit="nats", chart=LIKELIHOOD, against="step")
    other_held_out: float | None = curve("without the change", unit="nats", chart=LIKELIHOOD, against="step")
    least: float = number("smallest factor of a layer")
    round_trip: float = number("round trip, log10 of the error", digits=1)
    distance: float = curve("distance", unit="MMD", chart=DISTANCE, against="step")
    floor: float = curve("floor", unit="MMD", chart=DISTANCE, against="step")
    precision: float = curve("precision", unit="%", digits=1, chart=SHARES, against="step")
    coverage: float = curve("coverage", unit="%", digits=1, chart=SHARES, against="step")
    modes: str | None = number("Gaussians reached")


class KnownStep(FlowStep, Paced):
    """One that was computed before: a page need not let it wait for the eye."""

    __slots__ = ()
    seen_before = True


def points(options: PointsOptions, *, seed: int) -> Iterator[FlowStep]:
    """Raise the likelihood for `steps` steps; a frame before, every `every`, at changes and at the end.

    Where the training runs away it stops: the last frame is that of the last good checkpoint, with the alarm.
    Raises DemoError where the drawn points are none.
    """
    learnt, kept, meter = learning.task(options, options.samples, seed)
    z = options.temperature * torch.randn(options.samples, 2, generator=generator(seed + APART))

    def look(learner: Learner, now: Any, before: int) -> FlowStep:
        return seen(learner, z, kept, meter, before, dense(options, before, learner.step))

    def line(plan: Plan) -> Line[Learner, FlowStep]:
        return learning.line(options, seed, learnt, plan, ("points", options.samples, options.temperature), look)

    shown = kept[:SHOWN].numpy()
    first_beside = True
    for index, total, frame, other, known, ran in moments(options, line):
        place: dict[str, Any] = {"index": index, "total": total, "alarm": alarm(ran, REMEDY) if ran else ""}
        if index == 0:
            place |= {"real": shown, "behind": shown}
        if other is not None:
            place |= {"other_density": other.density, "other_made": other.made, "other_held_out": other.held_out}
            place["other_real"] = shown if first_beside else None
            first_beside = False
        yield placed(frame, KnownStep if known else FlowStep, **place)


@torch.no_grad()
def seen(learner: Learner, z: Tensor, kept: Tensor, meter: Meter, before: int, heated: bool) -> FlowStep:
    """The frame of a training as it stands, index and total left open; heated: with a density."""
    flow, net, there = learner.flow, lattice(), cells()[: None if heated else 0]
    every, dets = flow.encode(torch.cat([there, kept]))  # two long passes take half the time of five short ones
    log_p, codes, dets = normal(every) + dets.sum(0), every[len(there) :], dets[:, len(there) :]
    made, net, back = flow.decode(torch.cat([z, net.flatten(0, 1), codes])).split(
        [len(z), net[..., 0].numel(), len(kept)]
    )
    since = list(learner.losses)[max(0, len(learner.losses) - (learner.step - before)) :]
    recent = -math.fsum(since) / len(since) if since else None
    error = float(torch.nan_to_num((back - kept).abs(), 1e6, 1e6).max())
    frame = FlowStep(
        0,
        0,
        "",
        heat(log_p[: len(there)]) if heated else None,
        None,
        held(made),
        None,
        held(net.reshape(lattice().shape)),
        held(codes[:SHOWN]),
        circles(),
        None,
        None,
        None,
        learner.step,
        recent,
        float(log_p[len(there) :].mean()),
        None,
        float(dets.exp().min()),
        math.log10(max(error, 1e-9)),
        *meter(made).shown,
    )
    for name in ("density", "made", "net", "codes"):
        if (shown := getattr(frame, name)) is not None:
            shown.flags.writeable = False  # several visitors are shown the same arrays
    return frame
