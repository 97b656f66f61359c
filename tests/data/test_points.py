"""The seeded 2-D point sets."""

from __future__ import annotations

import numpy as np
import pytest

from genai_demo.core.errors import DemoError
from genai_demo.data import points
from genai_demo.inputs.points import encode_points


@pytest.mark.parametrize("name", points.NAMES)
def test_a_set_is_bounded_centred_and_follows_its_seed_alone(name: str) -> None:
    a = points.load(name, 4000, 3)
    assert a.shape == (4000, 2)
    assert a.dtype == np.float32
    assert np.abs(a).max() <= points.BOUND
    assert np.abs(a.mean(0)).max() < 0.15
    assert (a.std(0) > 0.25).all()
    assert np.array_equal(a, points.load(name, 4000, 3))
    assert not np.array_equal(a, points.load(name, 4000, 4))


@pytest.mark.parametrize("name", points.NAMES)
def test_points_come_in_no_order(name: str) -> None:
    a = points.load(name, 4000, 0)
    assert np.abs(a[:2000].mean(0) - a[2000:].mean(0)).max() < 0.1


@pytest.mark.parametrize(
    ("name", "count", "spread"), [("ring", 8, points.RING_SPREAD), ("grid", 25, points.GRID_SPREAD)]
)
def test_the_gaussians_are_all_there_and_equal(name: str, count: int, spread: float) -> None:
    centres = points.modes(name)
    assert centres is not None
    assert centres.shape == (count, 2)
    away = np.linalg.norm(points.load(name, 8000, 0)[:, None] - centres[None], axis=-1)
    assert (away.min(1) < 5 * spread).all()  # nothing between them
    shares = np.bincount(away.argmin(1), minlength=count) / 8000
    assert np.abs(shares * count - 1).max() < 0.25
    assert away.min(1).mean() == pytest.approx(spread * np.sqrt(np.pi / 2), rel=0.05)  # mean of a Rayleigh distance


def test_sets_made_of_no_gaussians_have_no_modes() -> None:
    assert [name for name in points.NAMES if points.modes(name) is not None] == ["ring", "grid"]


def test_the_checkerboard_leaves_every_other_square_empty() -> None:
    a = points.load("checkerboard", 4000, 0)
    column, row = np.floor((a + points.BOARD) / (2 * points.BOARD / points.SQUARES)).astype(int).clip(0, 3).T
    counts = np.zeros((4, 4), int)
    np.add.at(counts, (row, column), 1)
    light = np.indices((4, 4)).sum(0) % 2 == 1
    assert counts[light].sum() <= 2  # an edge may round to the neighbour
    assert counts[~light].min() > 300


def test_moons_lie_apart() -> None:
    """Each point is near one half circle or the other, and both get their half."""
    x, y = (points.load("moons", 4000, 0) / 0.7 + [0.5, 0.25]).T
    upper, lower = np.abs(np.hypot(x, y) - 1), np.abs(np.hypot(x - 1, y - 0.5) - 1)
    assert np.minimum(upper, lower).max() < 6 * points.MOONS_SPREAD / 0.7
    assert (upper < lower).mean() == pytest.approx(0.5, abs=0.1)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(DemoError, match="data is star; choose one of ring, grid, moons") as error:
        points.load("star", 10, 0)
    assert all(name in str(error.value) for name in points.NAMES)


def test_drawn_points_take_turns_and_move_a_little() -> None:
    given = np.array([[-1, -1], [0, 0.5], [1, 0]])
    text = encode_points(given)
    a = points.drawn(text, 3000, 0)
    assert a.shape == (3000, 2)
    assert a.dtype == np.float32
    away = np.linalg.norm(a[:, None] - given[None], axis=-1)
    assert np.bincount(away.argmin(1)).tolist() == [1000, 1000, 1000]
    assert away.min(1).max() < 6 * points.JITTER
    assert np.array_equal(a, points.drawn(text, 3000, 0))


def test_points_drawn_at_the_border_stay_inside() -> None:
    a = points.drawn(encode_points(np.array([[1.5, -1.5]])), 50, 0)
    assert np.abs(a).max() <= points.BOUND


@pytest.mark.parametrize("text", ["", "no base64!", "AAA=A", "AAAA"])
def test_what_is_no_points_is_refused(text: str) -> None:
    with pytest.raises(DemoError, match="point"):
        points.drawn(text, 10, 0)
