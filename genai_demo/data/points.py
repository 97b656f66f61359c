"""Seeded sets of 2-D points: six known shapes, and what a visitor draws. All lie within -BOUND..BOUND."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from genai_demo.core.errors import DemoError
from genai_demo.inputs.points import decode_points

BOUND = 1.2
RING_MODES, RING_RADIUS, RING_SPREAD = 8, 0.95, 0.05
GRID_SIDE, GRID_REACH, GRID_SPREAD = 5, 0.96, 0.04  # 25 Gaussians, 0.48 apart
SQUARES, BOARD = 4, 1.12  # squares a side of the checkerboard, half its side
ARMS_SPREAD, MOONS_SPREAD, ROLL_SPREAD = 0.025, 0.05, 0.03
JITTER = 0.03  # standard deviation around a drawn point

PointSet = Literal["ring", "grid", "moons", "spiral", "checkerboard", "swiss roll", "drawn"]  # what options take
Draw = Callable[[int, np.random.Generator], np.ndarray]


def load(name: str, n: int, seed: int) -> np.ndarray:
    """n points of a named set, (n, 2) float32, in no order. Raises DemoError where the name is unknown."""
    if name not in _SETS:
        raise DemoError(f"data is {name[:40]}; choose one of {', '.join(NAMES)}")
    return _bounded(_SETS[name](n, np.random.default_rng(seed)))


def drawn(text: str, n: int, seed: int) -> np.ndarray:
    """n points picked from those a visitor drew (inputs.decode_points), each moved a little, (n, 2) float32.

    Drawn points take turns, so that none is missed where n is large enough. Raises DemoError where they are none.
    """
    given = decode_points(text)
    random = np.random.default_rng(seed)
    turns = np.arange(n) % len(given)
    picked = given[random.permutation(len(given))][turns]
    return _bounded(random.permutation(picked + random.normal(0, JITTER, (n, 2))))


def modes(name: str) -> np.ndarray | None:
    """Centres of the Gaussians a set is made of, (k, 2) float32; None where it is not made of any."""
    if name == "ring":
        angle = np.arange(RING_MODES) * (2 * np.pi / RING_MODES)
        return np.asarray(RING_RADIUS * np.c_[np.cos(angle), np.sin(angle)], np.float32)
    if name == "grid":
        line = np.linspace(-GRID_REACH, GRID_REACH, GRID_SIDE)
        return np.stack(np.meshgrid(line, line), -1).reshape(-1, 2).astype(np.float32)
    return None


def _bounded(points: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(points, -BOUND, BOUND), np.float32)


def _gaussians(name: str, spread: float) -> Draw:
    def draw(n: int, random: np.random.Generator) -> np.ndarray:
        centres = modes(name)
        assert centres is not None
        return np.asarray(centres[random.integers(len(centres), size=n)] + random.normal(0, spread, (n, 2)))

    return draw


def _moons(n: int, random: np.random.Generator) -> np.ndarray:
    """Two half circles, each reaching into the other."""
    angle, second = random.uniform(0, np.pi, n), random.integers(2, size=n)
    x = np.where(second, 1 - np.cos(angle), np.cos(angle)) - 0.5  # -1.5..1.5
    y = np.where(second, 0.5 - np.sin(angle), np.sin(angle)) - 0.25  # -0.75..0.75
    return np.asarray(np.c_[x, y] * 0.7 + random.normal(0, MOONS_SPREAD, (n, 2)))


def _spiral(n: int, random: np.random.Generator) -> np.ndarray:
    """Two arms, three quarters of a turn each; the root spreads points evenly along them."""
    way = np.sqrt(random.uniform(0.01, 1, n))
    angle = way * 1.5 * np.pi + np.pi * random.integers(2, size=n)
    arms = 1.1 * way[:, None] * np.c_[np.cos(angle), np.sin(angle)]
    return np.asarray(arms + random.normal(0, ARMS_SPREAD, (n, 2)))


def _checkerboard(n: int, random: np.random.Generator) -> np.ndarray:
    """The dark squares of a board: column and row of a square add up to an even number."""
    row = random.integers(SQUARES, size=n)
    column = 2 * random.integers(SQUARES // 2, size=n) + row % 2
    inside = random.uniform(0, 1, (n, 2))
    return np.asarray((np.c_[column, row] + inside) * (2 * BOARD / SQUARES) - BOARD)


def _swiss_roll(n: int, random: np.random.Generator) -> np.ndarray:
    """One band rolled up one and a half times (Marsland's Swiss roll, seen from its end)."""
    angle = 1.5 * np.pi * (1 + 2 * random.uniform(0, 1, n))
    roll = angle[:, None] * np.c_[np.cos(angle), np.sin(angle)] / (4.5 * np.pi)  # in the unit disc
    centred = 1.1 * (roll - 0.11)  # its outer end hangs over to the upper right
    return np.asarray(centred + random.normal(0, ROLL_SPREAD, (n, 2)))


_SETS: dict[str, Draw] = {
    "ring": _gaussians("ring", RING_SPREAD),
    "grid": _gaussians("grid", GRID_SPREAD),
    "moons": _moons,
    "spiral": _spiral,
    "checkerboard": _checkerboard,
    "swiss roll": _swiss_roll,
}
NAMES = tuple(_SETS)
