"""The picture world's things as SVG, for what a browser draws by itself: the same shapes as `world.draw` fills.

A fill that follows from the thing's colour is a variable, `var(--t0)`, whose value each colour gives: one symbol of a
kind stands for all colours.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from genai_demo.data.world import COLOURS
from genai_demo.data.world_kinds import KINDS, Colour, Pen


class _Written(Pen):
    """A pen whose shapes are texts, with {} for the fill. fills: the colour of each."""

    def __init__(self) -> None:
        self.shapes: list[str] = []
        self.fills: list[Colour] = []

    def _add(self, shape: str, colour: Colour) -> None:
        self.shapes.append(shape)
        self.fills.append(colour)

    def oval(self, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        self._add(f'<ellipse cx="{x:.4g}" cy="{y:.4g}" rx="{wide:.4g}" ry="{high:.4g}" fill="{{}}"/>', colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def shape(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        self._add(f'<path d="M{_along(points)}z" fill="{{}}"/>', colour)

    def line(self, points: Sequence[tuple[float, float]], colour: Colour, width: float = 0.1) -> None:
        head = f'<path d="M{_along(points)}" fill="none" stroke-linejoin="round" stroke-width="{width}" stroke="{{}}"/>'
        self._add(head, colour)

    def slice(self, x: float, y: float, radius: float, first: float, last: float, colour: Colour) -> None:
        ends = [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in map(math.radians, (first, last))]
        arc = f"A{radius} {radius} 0 {int(last - first > 180)} 1 {_along(ends[1:])}"
        self._add(f'<path d="M{x} {y}L{_along(ends[:1])}{arc}z" fill="{{}}"/>', colour)


def _along(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.4g} {y:.4g}" for x, y in points)


@functools.cache
def symbols() -> tuple[str, dict[str, tuple[str, ...]]]:
    """(<symbol id="thing-house" viewBox="-1 -1 2 2">... of every kind, colour -> values of --t0, --t1, ...)."""
    variables: dict[tuple[Colour, ...], int] = {}  # the same fill in all colours of the world -> its number
    made = []
    for kind, drawn in KINDS.items():
        pens = [_Written() for _ in COLOURS]
        for pen, colour in zip(pens, COLOURS.values(), strict=True):
            drawn(pen, colour)
        inside = []
        for shape, *fills in zip(pens[0].shapes, *(pen.fills for pen in pens), strict=True):
            follows = len(set(fills)) > 1
            fill = f"var(--t{variables.setdefault(tuple(fills), len(variables))})" if follows else _css(fills[0])
            inside.append(shape.format(fill))
        made.append(f'<symbol id="thing-{kind}" viewBox="-1 -1 2 2" overflow="visible">{"".join(inside)}</symbol>')
    colours = {name: tuple(_css(fills[i]) for fills in variables) for i, name in enumerate(COLOURS)}
    return "".join(made), colours


def _css(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
