"""The 2-D laboratory: every family of generative models learns the same points and is measured by the same numbers.

    learnt, held, meter = task("moons", "", made=500, seed=0)
    scores = meter(points)          # (n, 2) float32

The first seeds, sizes and limits are those of all panels, so that what one family reaches can be held against another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.data import points as sets

LEARNT, HELD, FRESH = 8000, 1000, 2000  # points learnt from, held out, and in the place of samples at most
SHOWN = 400  # points of the data that are drawn
LIMIT = 1.8  # of the lanes: they show -LIMIT..LIMIT
BANDWIDTH = 0.2  # of the Gaussian kernel in the distance
NEAR = 0.1  # how near counts as on the data, and as covered
AXES = ("first coordinate", "second coordinate")
DISTANCE, SHARES = "distance to the data", f"precision and coverage, within {NEAR}"  # charts that all families draw
DATA = (*sets.NAMES, "drawn")


@dataclass(frozen=True, slots=True)
class Scores:
    """distance: MMD to the held-out points; floor: that of as many real ones. precision, coverage in percent.

    precision: generated points within NEAR of a held-out one; coverage: held-out points within NEAR of a generated
    one (the k-nearest balls of Naeem et al. 2020 with one fixed radius). modes, of: Gaussians that some point came
    within NEAR of, and how many there are; None where the set is not made of any.
    """

    distance: float
    floor: float
    precision: float
    coverage: float
    modes: int | None
    of: int | None

    @property
    def reached(self) -> str | None:
        """ "6 of 8", None where there are no Gaussians."""
        return None if self.modes is None else f"{self.modes} of {self.of}"

    @property
    def shown(self) -> tuple[float, float, float, float, str | None]:
        """What frames end with: distance, floor, precision, coverage, Gaussians reached."""
        return self.distance, self.floor, self.precision, self.coverage, self.reached


def kernel(a: Tensor, b: Tensor) -> float:
    """Mean of a Gaussian kernel of BANDWIDTH over all pairs of (n, 2) and (m, 2)."""
    return _nearness(torch.cdist(a, b))


def _nearness(apart: Tensor) -> float:
    """Mean of the kernel over pairs that are `apart`; overwrites it."""
    return float(apart.square_().div_(-2 * BANDWIDTH**2).exp_().mean())


def mmd(a: Tensor, b: Tensor, b_alone: float | None = None) -> float:
    """Maximum mean discrepancy of two point sets (Gretton et al. 2012, eq. 5); b_alone: kernel(b, b), where known."""
    b_alone = kernel(b, b) if b_alone is None else b_alone
    return math.sqrt(max(0.0, kernel(a, a) + b_alone - 2 * kernel(a, b)))


class Meter:
    """Compares made points (n, 2) with held-out data; fresh: as many real points, for the distance to expect."""

    def __init__(self, held: Tensor, fresh: Tensor, centres: np.ndarray | None) -> None:
        self.held, self.alone = held, kernel(held, held)
        self.floor = mmd(fresh, held, self.alone)
        self.centres = None if centres is None else torch.from_numpy(centres)

    def __call__(self, made: Tensor) -> Scores:
        """made (n, 2). What is no number counts as far away."""
        made = torch.nan_to_num(made, nan=1e3, posinf=1e3, neginf=-1e3)
        apart = torch.cdist(made, self.held)
        near = apart < NEAR
        precision, coverage = (100 * float(near.any(side).float().mean()) for side in (1, 0))
        modes = of = None
        if self.centres is not None:
            hit = (torch.cdist(self.centres, made) < NEAR).any(1)
            modes, of = int(hit.sum()), len(hit)
        distance = math.sqrt(max(0.0, kernel(made, made) + self.alone - 2 * _nearness(apart)))  # mmd, once measured
        return Scores(distance, self.floor, precision, coverage, modes, of)


def task(data: str, drawn: str, made: int, seed: int) -> tuple[Tensor, Tensor, Meter]:
    """(points to learn from (LEARNT, 2), points held out (HELD, 2), the meter of `made` points).

    The points are the same whatever `made` is (2000 at most count for the floor), so families that make more or fewer
    still learn the same. drawn: what a visitor drew, as text, used where data is "drawn". Raises DemoError where it is
    none, or the set is unknown.
    """
    count = LEARNT + HELD + FRESH
    given = sets.drawn(drawn, count, seed) if data == "drawn" else sets.load(data, count, seed)
    learnt, held, fresh = torch.from_numpy(given).tensor_split([LEARNT, LEARNT + HELD])
    return learnt, held, Meter(held, fresh[:made], sets.modes(data))
