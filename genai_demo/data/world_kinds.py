"""How each kind of thing of the picture world is drawn: in a square from -1 to 1, y downwards, in one colour."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PIL import ImageDraw

Colour = tuple[int, int, int]
BLACK, WHITE, WOOD, GREY = (30, 30, 30), (250, 250, 250), (120, 82, 50), (128, 128, 128)
LEAF, GLASS, CLOTH = (58, 140, 70), (205, 228, 245), (222, 212, 190)


class Pen:
    """Draws in the thing's own coordinates. at: its centre; radius: half its side, both in pixels of the canvas."""

    def __init__(self, draw: ImageDraw.ImageDraw, at: tuple[float, float], radius: float) -> None:
        self._draw, self._at, self._radius = draw, at, radius

    def _place(self, x: float, y: float) -> tuple[float, float]:
        return self._at[0] + x * self._radius, self._at[1] + y * self._radius

    def oval(self, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        """An ellipse around (x, y) with these half axes."""
        self._draw.ellipse((*self._place(x - wide, y - high), *self._place(x + wide, y + high)), fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        self._draw.rectangle((*self._place(left, top), *self._place(right, bottom)), fill=colour)

    def shape(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        """A filled polygon."""
        self._draw.polygon([self._place(x, y) for x, y in points], fill=colour)

    def line(self, points: Sequence[tuple[float, float]], colour: Colour, width: float = 0.1) -> None:
        wide = max(1, round(width * self._radius))
        self._draw.line([self._place(x, y) for x, y in points], fill=colour, width=wide, joint="curve")

    def slice(self, x: float, y: float, radius: float, first: float, last: float, colour: Colour) -> None:
        """Part of a disc, between two angles in degrees, clockwise from the right."""
        box = (*self._place(x - radius, y - radius), *self._place(x + radius, y + radius))
        self._draw.pieslice(box, first, last, fill=colour)


def _rays(count: int, outer: float, inner: float) -> list[tuple[float, float]]:
    """Corners of a star with `count` points, the first at the top."""
    angles = [math.pi * i / count - math.pi / 2 for i in range(2 * count)]
    return [((outer, inner)[i % 2] * math.cos(a), (outer, inner)[i % 2] * math.sin(a)) for i, a in enumerate(angles)]


def _circle(pen: Pen, c: Colour) -> None:
    pen.oval(0, 0, 0.92, 0.92, c)


def _square(pen: Pen, c: Colour) -> None:
    pen.box(-0.8, -0.8, 0.8, 0.8, c)


def _triangle(pen: Pen, c: Colour) -> None:
    pen.shape([(0, -0.9), (0.95, 0.75), (-0.95, 0.75)], c)


def _diamond(pen: Pen, c: Colour) -> None:
    pen.shape([(0, -1), (0.7, 0), (0, 1), (-0.7, 0)], c)


def _star(pen: Pen, c: Colour) -> None:
    pen.shape(_rays(5, 1, 0.42), c)


def _cross(pen: Pen, c: Colour) -> None:
    pen.box(-0.28, -0.9, 0.28, 0.9, c)
    pen.box(-0.9, -0.28, 0.9, 0.28, c)


def _heart(pen: Pen, c: Colour) -> None:
    pen.oval(-0.44, -0.32, 0.48, 0.48, c)
    pen.oval(0.44, -0.32, 0.48, 0.48, c)
    pen.shape([(-0.88, -0.12), (0.88, -0.12), (0, 0.92)], c)


def _ball(pen: Pen, c: Colour) -> None:
    pen.oval(0, 0, 0.92, 0.92, c)
    for x in (-0.42, 0.42):
        pen.line([(x, -0.8), (x * 0.35, 0), (x, 0.8)], WHITE, 0.12)
    pen.line([(-0.9, 0), (0.9, 0)], WHITE, 0.12)


def _house(pen: Pen, c: Colour) -> None:
    pen.box(-0.72, -0.15, 0.72, 0.9, c)
    pen.shape([(0, -0.95), (0.98, -0.1), (-0.98, -0.1)], WOOD)
    pen.box(-0.2, 0.3, 0.2, 0.9, WOOD)
    pen.box(0.32, 0.1, 0.6, 0.4, GLASS)


def _tree(pen: Pen, c: Colour) -> None:
    pen.box(-0.15, 0.2, 0.15, 0.98, WOOD)
    for x, y, r in ((-0.4, -0.1, 0.45), (0.4, -0.1, 0.45), (0, -0.5, 0.5)):
        pen.oval(x, y, r, r, c)


def _car(pen: Pen, c: Colour) -> None:
    pen.shape([(-0.55, 0), (-0.35, -0.5), (0.35, -0.5), (0.6, 0)], c)
    pen.shape([(-0.42, -0.02), (-0.27, -0.38), (0.27, -0.38), (0.45, -0.02)], GLASS)
    pen.box(-0.98, -0.05, 0.98, 0.4, c)
    for x in (-0.52, 0.52):
        pen.oval(x, 0.42, 0.26, 0.26, BLACK)
        pen.oval(x, 0.42, 0.1, 0.1, WHITE)


def _boat(pen: Pen, c: Colour) -> None:
    pen.box(-0.05, -0.95, 0.05, 0.4, WOOD)
    pen.shape([(0.1, -0.85), (0.8, 0.2), (0.1, 0.2)], CLOTH)
    pen.shape([(-0.1, -0.6), (-0.6, 0.2), (-0.1, 0.2)], CLOTH)
    pen.shape([(-0.98, 0.35), (0.98, 0.35), (0.6, 0.85), (-0.6, 0.85)], c)


def _sun(pen: Pen, c: Colour) -> None:
    pen.shape(_rays(12, 1, 0.62), c)
    pen.oval(0, 0, 0.55, 0.55, tuple(min(255, v + 60) for v in c))  # type: ignore[arg-type]


def _moon(pen: Pen, c: Colour) -> None:
    points = [(0.9 * math.cos(a) - 0.05, 0.9 * math.sin(a)) for a in (math.radians(d) for d in range(50, 311, 10))]
    inner = [(0.72 * math.cos(a) + 0.42, 0.72 * math.sin(a)) for a in (math.radians(d) for d in range(275, 80, -10))]
    pen.shape(points + inner, c)


def _cat(pen: Pen, c: Colour) -> None:
    for side in (-1, 1):
        pen.shape([(side * 0.8, -0.95), (side * 0.85, -0.1), (side * 0.1, -0.55)], c)
    pen.oval(0, 0.12, 0.88, 0.75, c)
    for side in (-1, 1):
        pen.oval(side * 0.34, 0, 0.13, 0.17, BLACK)
        for y in (0.3, 0.48):
            pen.line([(side * 0.3, 0.36), (side * 0.98, y)], BLACK, 0.06)
    pen.shape([(-0.12, 0.25), (0.12, 0.25), (0, 0.4)], WHITE)


def _flower(pen: Pen, c: Colour) -> None:
    pen.line([(0, 0), (0, 0.98)], LEAF, 0.14)
    pen.oval(0.28, 0.7, 0.25, 0.12, LEAF)
    for i in range(6):
        a = math.pi * i / 3
        pen.oval(0.4 * math.cos(a), -0.35 + 0.4 * math.sin(a), 0.26, 0.26, c)
    pen.oval(0, -0.35, 0.24, 0.24, WHITE)


def _fish(pen: Pen, c: Colour) -> None:
    pen.shape([(-0.45, 0), (-0.98, -0.5), (-0.98, 0.5)], c)
    pen.oval(0.15, 0, 0.75, 0.5, c)
    pen.shape([(-0.05, -0.4), (0.35, -0.42), (-0.1, -0.85)], c)
    pen.oval(0.55, -0.12, 0.11, 0.11, WHITE)
    pen.oval(0.57, -0.12, 0.06, 0.06, BLACK)


def _bird(pen: Pen, c: Colour) -> None:
    pen.shape([(-0.5, 0.1), (-0.98, -0.25), (-0.9, 0.4)], c)
    pen.oval(-0.05, 0.15, 0.6, 0.45, c)
    pen.oval(0.45, -0.35, 0.36, 0.36, c)
    pen.shape([(0.76, -0.45), (1, -0.3), (0.76, -0.2)], BLACK)
    pen.oval(0.52, -0.42, 0.08, 0.08, WHITE)
    pen.slice(-0.12, 0.05, 0.4, 0, 180, tuple(v * 3 // 5 for v in c))  # type: ignore[arg-type]
    for x in (-0.1, 0.12):
        pen.line([(x, 0.55), (x, 0.95)], BLACK, 0.08)


def _cup(pen: Pen, c: Colour) -> None:
    pen.oval(0.62, -0.02, 0.34, 0.34, c)
    pen.oval(0.62, -0.02, 0.18, 0.18, GREY)
    pen.shape([(-0.75, -0.6), (0.6, -0.6), (0.45, 0.75), (-0.6, 0.75)], c)
    pen.oval(-0.075, -0.6, 0.675, 0.16, WHITE)


def _mushroom(pen: Pen, c: Colour) -> None:
    pen.shape([(-0.25, 0), (0.25, 0), (0.35, 0.9), (-0.35, 0.9)], CLOTH)
    pen.slice(0, 0.1, 0.95, 180, 360, c)
    for x, y in ((-0.5, -0.15), (0.05, -0.5), (0.5, -0.12)):
        pen.oval(x, y, 0.14, 0.14, WHITE)


def _balloon(pen: Pen, c: Colour) -> None:
    pen.line([(0, 0.4), (0.12, 0.65), (-0.08, 0.98)], GREY, 0.07)
    pen.oval(0, -0.3, 0.6, 0.7, c)
    pen.shape([(0, 0.3), (0.14, 0.52), (-0.14, 0.52)], c)
    pen.oval(-0.22, -0.55, 0.1, 0.16, WHITE)


def _umbrella(pen: Pen, c: Colour) -> None:
    pen.line([(0, -0.1), (0, 0.75), (0.12, 0.9), (0.3, 0.78)], WOOD, 0.1)
    pen.slice(0, 0.05, 0.98, 180, 360, c)
    for x in (-0.65, 0, 0.65):
        pen.slice(x, 0.06, 0.3, 180, 360, tuple(v * 4 // 5 for v in c))  # type: ignore[arg-type]


def _apple(pen: Pen, c: Colour) -> None:
    pen.oval(-0.3, 0.15, 0.58, 0.72, c)
    pen.oval(0.3, 0.15, 0.58, 0.72, c)
    pen.line([(0, -0.45), (0.1, -0.95)], WOOD, 0.12)
    pen.oval(0.4, -0.72, 0.3, 0.14, LEAF)


KINDS: dict[str, Callable[[Pen, Colour], None]] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "diamond": _diamond,
    "star": _star,
    "cross": _cross,
    "heart": _heart,
    "ball": _ball,
    "house": _house,
    "tree": _tree,
    "car": _car,
    "boat": _boat,
    "sun": _sun,
    "moon": _moon,
    "cat": _cat,
    "flower": _flower,
    "fish": _fish,
    "bird": _bird,
    "cup": _cup,
    "mushroom": _mushroom,
    "balloon": _balloon,
    "umbrella": _umbrella,
    "apple": _apple,
}
PLURALS = {"fish": "fish"}  # where it is no s


def plural(kind: str) -> str:
    """ "cat" -> "cats", "cross" -> "crosses"."""
    return PLURALS.get(kind) or kind + ("es" if kind.endswith(("s", "h", "x")) else "s")
