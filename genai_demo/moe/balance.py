"""Two layers of experts learn side by side, one with the balance loss: who answers where, and who gets nothing.

Fedus et al. 2021, "Switch Transformers"; Shazeer et al. 2017 on why it is needed: "the favored experts are trained
more rapidly and thus are selected even more". Both begin with the same weights and see the same points.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, curve, matrix, number, pictures, prose, ranked
from genai_demo.language.distributions import entropy
from genai_demo.moe import toy
from genai_demo.moe.options import TrainOptions
from genai_demo.moe.shown import loads

ROWS, JUDGED, CELLS = 128, 1024, 48  # points of a step and of the measure; cells of a side of a map
ROUTER = 2  # its rate, times the experts'
SHOWN = 24  # reports that the map of the loads has room for
RIGHT, LOSS, EVEN = "points named right", "loss on new points", "how even the load is"
COLOURS = np.array(  # those of experts elsewhere on the page: Okabe and Ito's
    [(0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (213, 94, 0)], np.uint8
)
CLASSES = np.array([(250, 250, 250), (190, 190, 190), (120, 120, 120), (50, 50, 50)], np.uint8)
WITH, WITHOUT = "with balance loss", "without"


@dataclass(frozen=True, slots=True, eq=False)
class BalanceStep:
    """Both networks after `step` steps. loads (2 experts, reports): shares of the choices, 0 in reports to come."""

    index: int
    total: int
    rows: tuple[str, ...]
    reports: tuple[str, ...]
    sides: tuple[str, ...]
    three: tuple[str, ...]
    regions: np.ndarray = pictures("which expert answers where", names="sides")
    classes: np.ndarray = pictures("what they answer", names="three")
    said: str = prose("what is shown")
    load: tuple[Tok, ...] = ranked("load, with balance loss", unit="share of the choices")
    other_load: tuple[Tok, ...] = ranked("load, without", unit="share of the choices")
    loads: np.ndarray = matrix("load, report by report", rows="rows", columns="reports", unit="share of the choices")
    step: int = number("step", digits=0)
    loss: float = curve(WITH, unit="nats", chart=LOSS, against="step")
    other_loss: float = curve(WITHOUT, unit="nats", chart=LOSS, against="step")
    right: float = curve(f"{WITH} ", unit="%", digits=1, chart=RIGHT, against="step")
    other_right: float = curve(f"{WITHOUT} ", unit="%", digits=1, chart=RIGHT, against="step")
    even: float = curve(f"{WITH}  ", unit="of the most it can be", chart=EVEN, against="step")
    other_even: float = curve(f"{WITHOUT}  ", unit="of the most it can be", chart=EVEN, against="step")


class Learning:
    """A network in training."""

    def __init__(self, options: TrainOptions, seed: int, balance: float) -> None:
        self.network, self.balance = toy.Toy(options.top_k, options.shared, options.lead, seed), balance
        gate = list(self.network.gate.parameters())
        others = [p for name, p in self.network.named_parameters() if not name.startswith("gate.")]
        rates: list[dict[str, Any]] = [{"params": others}, {"params": gate, "lr": ROUTER * options.learning_rate}]
        self.optimiser = torch.optim.Adam(rates, lr=options.learning_rate, fused=True)

    def advance(self, x: Tensor, right: Tensor) -> None:
        """One step."""
        self.optimiser.zero_grad(set_to_none=True)
        toy.loss(self.network, x, right, self.balance).backward()
        self.optimiser.step()


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A network on new points, and on the cells of the map. regions, classes: (side, side) numbers."""

    loss: float
    right: float
    load: Tensor
    regions: Tensor
    classes: Tensor

    @property
    def even(self) -> float:
        """Entropy of the load, of the most it can be."""
        return entropy(self.load) / math.log2(len(self.load))


def train(options: TrainOptions, *, seed: int) -> Iterator[BalanceStep]:
    """A frame before the first step, SHOWN - 1 in between and at the end.

    Raises DemoError where a loss is no number any more.
    """
    both = [Learning(options, seed, balance) for balance in (options.balance, 0.0)]
    random, new = generator(seed + 1), toy.points(JUDGED, generator(seed + 2))
    stops = sorted({round(k * options.steps / SHOWN) for k in range(SHOWN + 1)})
    history, step = np.zeros((2 * toy.EXPERTS, len(stops)), np.float32), 0
    for index, stop in enumerate(stops):
        while step < stop:
            x = toy.points(ROWS, random)
            for one in both:
                one.advance(x, toy.answers(x, seed))
            step += 1
        found = [judged(one.network, new, seed) for one in both]
        if not math.isfinite(sum(each.loss for each in found)):
            raise DemoError(
                f"learning_rate is {options.learning_rate:g}, and a loss is no number; choose a smaller one"
            )
        history[:, index] = torch.cat([each.load for each in found]).numpy()
        yield frame(index, stops, options, found, history.copy(), seed)


@torch.no_grad()
def judged(network: toy.Toy, new: Tensor, seed: int) -> Judged:
    passed, right, map_ = network(new), toy.answers(new, seed), network(toy.grid(CELLS))
    return Judged(
        float(F.cross_entropy(passed.logits, right)),
        float((passed.logits.argmax(-1) == right).float().mean()),
        passed.load,
        map_.index[:, 0].view(CELLS, CELLS),
        map_.logits.argmax(-1).view(CELLS, CELLS),
    )


def frame(
    index: int, stops: list[int], options: TrainOptions, found: list[Judged], history: np.ndarray, seed: int
) -> BalanceStep:
    """What both have come to."""
    one, other = found
    truth = toy.answers(toy.grid(CELLS), seed).view(CELLS, CELLS)
    return BalanceStep(
        index,
        len(stops),
        tuple(f"{side} {number}" for side in ("with", "without") for number in range(1, toy.EXPERTS + 1)),
        tuple(map(str, stops)),
        (f"with, weight {options.balance:g}", WITHOUT),
        ("right", f"with, weight {options.balance:g}", WITHOUT),
        np.stack([painted(each.regions, COLOURS) for each in found]),
        np.stack([painted(each, CLASSES) for each in (truth, one.classes, other.classes)]),
        told(options, one, other),
        loads(one.load),
        loads(other.load),
        history,
        stops[index],
        *(value for name in ("loss", "right", "even") for value in shown(found, name)),
    )


def shown(found: list[Judged], name: str) -> list[float]:
    """A measure of both, shares of the right answers in per cent."""
    return [getattr(each, name) * (100 if name == "right" else 1) for each in found]


def painted(numbers: Tensor, colours: np.ndarray) -> np.ndarray:
    """(h, w) numbers -> (h, w, 3) uint8."""
    return np.ascontiguousarray(colours[numbers.numpy()])


def told(options: TrainOptions, one: Judged, other: Judged) -> str:
    """What a frame shows."""
    if not options.balance:
        return "The weight of the balance loss is 0: both learn the same, step by step."
    used, others = (int((each.load > 0.01).sum()) for each in (one, other))
    return (
        f"With the balance loss {used} of {toy.EXPERTS} experts get more than 1 % of the choices, without it {others}. "
        f"Right are {100 * one.right:.0f} % and {100 * other.right:.0f} % of new points."
    )
