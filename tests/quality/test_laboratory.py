"""The 2-D laboratory: its numbers on cases worked by hand, and the same data for every family."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.data import points as sets
from genai_demo.inputs.points import encode_points
from genai_demo.quality import laboratory, laboratory_table
from tests.quality.short import short


def points(*pairs: tuple[float, float]) -> Tensor:
    return torch.tensor(pairs, dtype=torch.float32)


def test_mmd_of_two_pairs_worked_by_hand() -> None:
    """Sets {0, d} and {0, 2d} on a line, d one bandwidth: k(d) = exp(-1/2), k(2d) = exp(-2)."""
    d = laboratory.BANDWIDTH
    a, b = points((0, 0), (d, 0)), points((0, 0), (2 * d, 0))
    one, two = math.exp(-1 / 2), math.exp(-2)
    within_a, within_b, between = (2 + 2 * one) / 4, (2 + 2 * two) / 4, (1 + two + 2 * one) / 4
    assert laboratory.mmd(a, b) == pytest.approx(math.sqrt(within_a + within_b - 2 * between), abs=1e-5)
    assert laboratory.mmd(a, b, laboratory.kernel(b, b)) == laboratory.mmd(a, b)
    assert laboratory.mmd(a, a) == pytest.approx(0, abs=1e-3)


def test_mmd_sees_a_shift_and_not_a_fresh_draw() -> None:
    a, b = (torch.from_numpy(sets.load("ring", 500, seed)) for seed in (0, 1))
    assert laboratory.mmd(a, b) < 0.1 < laboratory.mmd(a, b + 0.3)


def test_precision_and_coverage_of_a_few_points() -> None:
    held = points((0, 0), (1, 0), (1, 1), (0, 1))
    meter = laboratory.Meter(held, held, None)
    scores = meter(points((0.05, 0), (0, 0.05), (0.95, 0), (0.5, 0.5), (-0.2, 0)))
    assert scores.precision == pytest.approx(60)  # the last two are near nothing
    assert scores.coverage == pytest.approx(50)  # two corners of four
    assert (scores.modes, scores.of, scores.reached) == (None, None, None)
    assert scores.floor == pytest.approx(0, abs=1e-3)
    assert scores.shown == (scores.distance, scores.floor, scores.precision, scores.coverage, None)
    perfect = meter(held)
    assert (perfect.precision, perfect.coverage) == (100, 100)
    assert perfect.distance == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(("data", "of"), [("ring", 8), ("grid", 25)])
def test_modes_are_counted(data: str, of: int) -> None:
    _, held, meter = laboratory.task(data, "", 200, 0)
    centres = torch.from_numpy(sets.modes(data))
    assert meter(held).reached == f"{of} of {of}"
    assert meter(centres[:3] + 0.01).reached == f"3 of {of}"
    assert meter(centres[:1].repeat(50, 1)).modes == 1
    assert meter(torch.zeros(5, 2) + 9).modes == 0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_points_that_are_no_numbers_count_as_far_away(bad: float) -> None:
    held = points((0, 0), (1, 0))
    scores = laboratory.Meter(held, held, np.zeros((1, 2), np.float32))(points((0, 0), (bad, 0)))
    assert (scores.precision, scores.coverage, scores.modes) == (50, 50, 1)
    assert math.isfinite(scores.distance)
    lost = laboratory.Meter(held, held, None)(torch.full((4, 2), bad))
    assert (lost.precision, lost.coverage) == (0, 0)
    assert lost.distance > 1


@pytest.mark.parametrize("data", sets.NAMES)
def test_real_points_pass_the_meter(data: str) -> None:
    """The held-out points are no copies of what was learnt, and fresh ones score as real ones should."""
    learnt, held, meter = laboratory.task(data, "", 400, 3)
    assert (learnt.shape, held.shape) == ((laboratory.LEARNT, 2), (laboratory.HELD, 2))
    assert not (torch.cdist(held, learnt) == 0).any(1).all()
    scores = meter(learnt[:400])
    assert scores.precision > 95
    assert scores.coverage > 85
    assert scores.distance < 3 * meter.floor + 0.02


def test_the_task_is_that_of_its_seed() -> None:
    one, again, other = (laboratory.task("moons", "", 100, seed) for seed in (5, 5, 6))
    for a, b, c in zip(one[:2], again[:2], other[:2], strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)
    assert one[2].floor == again[2].floor != other[2].floor
    assert torch.equal(laboratory.task("moons", "", 400, 5)[0], one[0]), "whatever the number of samples"


def test_drawn_points_come_from_the_visitor() -> None:
    given = np.array([[-0.8, 0.0], [0.8, 0.0]])
    learnt, held, meter = laboratory.task("drawn", encode_points(given), 100, 0)
    for part in (learnt, held):
        assert float(torch.cdist(part, torch.tensor(given, dtype=torch.float32)).min(1).values.max()) < 0.3
    assert meter(held).modes is None
    for data, text in (("drawn", ""), ("drawn", "###"), ("cheese", "")):
        with pytest.raises(DemoError, match=r"point|data is cheese"):
            laboratory.task(data, text, 100, 0)


@pytest.mark.parametrize("family", laboratory_table.families())
@pytest.mark.parametrize("data", ["ring", "checkerboard"])
def test_every_family_gets_the_same_points_and_is_held_against_the_same_floor(family: str, data: str) -> None:
    entry = laboratory_table.families()[family]
    options = {**short(entry.run), entry.data: data, entry.samples: 10}
    frame = next(iter(run(Recipe(entry.run, options, 4))))
    _, held, meter = laboratory.task(data, "", 10, 4)
    assert np.array_equal(frame.real, held[: laboratory.SHOWN].numpy())
    assert frame.floor == meter.floor
    assert frame.precision == meter(torch.tensor(frame.made)).precision
