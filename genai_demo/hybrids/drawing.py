"""The world of cells as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from genai_demo.hybrids import grid
from genai_demo.hybrids.grid import World

CELL, TWICE = 40, 2  # pixels of a cell; everything is drawn twice as large, then halved
GROUND, LINE, WALL, TRAIL, ACTOR = "#f6f4ee", "#e2ded3", "#5b646d", "#56b4e9", "#0072b2"
GOOD, BAD, GONE, INK = "#e69f00", "#d55e00", "#e2ded3", "#101214"


def drawn(world: World, trail: Sequence[int]) -> np.ndarray:
    """(HIGH * CELL, WIDE * CELL, 3) uint8: walls, what still lies there, places passed so far, where one stands."""
    size = CELL * TWICE
    image = _bare().copy()
    pen = ImageDraw.Draw(image)
    way = [_middle(place) for place in (*trail, world.place)]
    if len(way) > 1:
        pen.line(way, fill=TRAIL, width=size // 8, joint="curve")
    for place, worth in grid.WORTH.items():
        there = place in world.left
        x, y = _middle(place)
        r = size * 0.34
        pen.ellipse([x - r, y - r, x + r, y + r], fill=(GOOD if worth > 0 else BAD) if there else GONE)
        if there:
            pen.text((x, y), f"{worth:+d}", fill=INK, font=_font(size * 2 // 5), anchor="mm")
    x, y = _middle(world.place)
    r = size * 0.26
    pen.ellipse([x - r, y - r, x + r, y + r], fill=ACTOR, outline="white", width=size // 16)
    return np.asarray(image.resize((grid.WIDE * CELL, grid.HIGH * CELL), Image.Resampling.LANCZOS))


@cache
def _bare() -> Image.Image:
    """Ground and walls."""
    size = CELL * TWICE
    image = Image.new("RGB", (grid.WIDE * size, grid.HIGH * size), GROUND)
    pen = ImageDraw.Draw(image)
    for place in range(grid.WIDE * grid.HIGH):
        y, x = divmod(place, grid.WIDE)
        box = [x * size, y * size, (x + 1) * size - 1, (y + 1) * size - 1]
        pen.rectangle(box, fill=WALL if place in grid.WALLS else None, outline=LINE)
    return image


def _middle(place: int) -> tuple[float, float]:
    y, x = divmod(place, grid.WIDE)
    return (x + 0.5) * CELL * TWICE, (y + 0.5) * CELL * TWICE


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    found = ImageFont.load_default(size)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found
