"""Where the inverse of a flow explodes: each layer undone in turn, with the error that is left, and why.

A layer that shrinks the plane by a factor s makes the rounding of its output 1 / s times as large on the way back; what
many such layers shrink can't be undone with the digits that a computer keeps (Behrmann et al. 2021).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import bars, curve, number, plane
from genai_demo.flow import learning
from genai_demo.flow.couplings import Flow
from genai_demo.flow.drawing import CELLS, cells, held
from genai_demo.flow.layers import moments, trained
from genai_demo.flow.options import InverseOptions
from genai_demo.flow.points import APART
from genai_demo.quality.laboratory import AXES, LIMIT, SHOWN

WORST, BEST, EXACT = 3.0, -9.0, -16.0  # log10 of errors lies between them, in double precision from EXACT on
SMALLEST = -12.0  # log10 of a factor; what is smaller counts as that
DIGITS = 7.0  # that single precision keeps
LOST = 1e-2  # from this error on a point counts as lost
LOSSES = "decimal digits lost on the round trip"
GROWS = "log10 of the error"


@dataclass(frozen=True, slots=True, eq=False)
class InverseStep:
    """Every point of the plane was encoded; the layers from the last down to `layer` have been undone.

    digits (48, 48): of how far each point of the plane now is from where it was after that layer, in single
    precision, log10 above 1e-7: 0 is rounding alone, 7 is off by 1. made: samples. worst, on_data: the largest error
    on the plane and on the data; double: that on the plane in double precision. scales: the smallest factor of each
    layer on the plane, as log10, -12 at least. lost: share of the plane with an error above 0.01.
    flown: samples that end outside the stage, or nowhere.
    """

    index: int
    total: int
    digits: np.ndarray = plane(LOSSES, "heat", limit=LIMIT, axes=AXES)
    real: np.ndarray | None = plane(LOSSES, "real", limit=LIMIT)
    made: np.ndarray = plane("samples", "generated", limit=LIMIT, axes=AXES)
    scales: np.ndarray = bars("smallest factor of each layer, log10")
    phase: str = number("phase", phase=True)
    trained: int = number("training step", digits=0)
    layer: str = number("undone down to layer")
    worst: float = curve("on the plane", unit="log10", digits=1, chart=GROWS)
    on_data: float = curve("on the data", unit="log10", digits=1, chart=GROWS)
    double: float = curve("on the plane, in double precision", unit="log10", digits=1, chart=GROWS)
    lost: float = number("plane that is lost", unit="%", digits=1)
    flown: float = number("samples that fly off", unit="%", digits=1)


def inverse(options: InverseOptions, *, seed: int) -> Iterator[InverseStep]:
    """Train (or take what is known of that training), then undo one layer a frame.

    Raises DemoError where the drawn points are none, or where the training runs away.
    """
    _, kept, _ = learning.task(options, SHOWN, seed)
    z = options.temperature * torch.randn(options.samples, 2, generator=generator(seed + APART))
    whole = len(moments(options.steps))
    total = whole + options.layers + 1
    real = kept[:SHOWN].numpy()
    for index, (step, flow) in enumerate(trained(options, seed)):
        made = samples_of(flow, z)
        *_, last = undone(flow, kept)
        yield _frame(index, total, real if index == 0 else None, made, last, "training", step)
    for index, each in enumerate(undone(flow, kept), whole):
        yield _frame(index, total, None, made, each, "one layer after the other", step)


@dataclass(frozen=True, slots=True)
class Undone:
    """The layers from the last down to `layer` undone: errors of all points, (n,); points of the plane come first."""

    layer: int
    depth: int
    single: Tensor
    double: Tensor
    least: Tensor


@torch.no_grad()
def undone(flow: Flow, data: Tensor) -> Iterator[Undone]:
    """One layer after the other, the last one first; once in single and once in double precision."""
    x = torch.cat([cells(), data])
    runs = [_errors(flow, x), _errors(copy.deepcopy(flow).double(), x.double())]
    _, dets = flow.encode(cells())
    least = (torch.nan_to_num(dets, 0.0, 0.0, -99.0).amin(1) / math.log(10)).clamp(min=SMALLEST)
    for k, (single, double) in zip(reversed(range(flow.depth)), zip(*runs)):
        yield Undone(k, flow.depth, single, double, least)


def _errors(flow: Flow, x: Tensor) -> Iterator[Tensor]:
    """How far off each point is after the last layer is undone, then the one before, ..."""
    passed = []
    for k in range(flow.depth):
        passed.append(x)
        x, _ = flow.layer(k, x)
    for k in reversed(range(flow.depth)):
        x, _ = flow.layer(k, x, inverse=True)
        yield torch.nan_to_num((x - passed[k]).norm(dim=1), 10**WORST, 10**WORST)


def _frame(
    index: int, total: int, real: np.ndarray | None, made: Tensor, each: Undone, phase: str, step: int
) -> InverseStep:
    plane_, data = (part.log10().clamp(BEST, WORST) for part in (each.single[: CELLS**2], each.single[CELLS**2 :]))
    inside = (made.abs() <= LIMIT).all(1)
    return InverseStep(
        index,
        total,
        (plane_ + DIGITS).clamp(0, DIGITS).reshape(CELLS, CELLS).numpy(),
        real,
        held(made),
        each.least.numpy(),
        phase,
        step,
        f"{each.layer} of {each.depth - 1}" if each.layer else "move and scale",
        float(plane_.max()),
        float(data.max()),
        float(each.double[: CELLS**2].max().log10().clamp(EXACT, WORST)),
        100 * float((each.single[: CELLS**2] > LOST).float().mean()),
        100 * float((~inside).float().mean()),
    )


@torch.no_grad()
def samples_of(flow: Flow, z: Tensor) -> Tensor:
    """Samples, what is no number as infinity."""
    return torch.nan_to_num(flow.decode(z), math.inf)
