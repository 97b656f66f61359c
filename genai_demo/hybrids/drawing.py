"""The world of cells as a picture."""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from genai_demo.hybrids import grid
from genai_demo.hybrids.grid import World

CELL, TWICE = 40, 2  # pixels of a cell; everything is drawn twice as large, then halved
THICK = CELL * TWICE // 8  # of the way that was gone
GROUND, LINE, WALL, TRAIL, ACTOR = "#f6f4ee", "#e2ded3", "#5b646d", "#56b4e9", "#0072b2"
GOOD, BAD, GONE, INK = "#e69f00", "#d55e00", "#e2ded3", "#101214"


class Walk:
    """The picture of an episode as it goes on: each step draws anew only the two cells that change."""

    def __init__(self, world: World) -> None:
        large, small = _begun(world.left)
        self.large, self.small, self.place = large.copy(), small.copy(), world.place  # the large one without the actor

    def at(self, world: World) -> np.ndarray:
        """(HIGH * CELL, WIDE * CELL, 3) uint8: walls, what still lies there, places passed so far, where one stands."""
        pen, way = ImageDraw.Draw(self.large), [_middle(self.place), _middle(world.place)]
        if world.place in grid.WORTH and world.place not in world.left:
            _prize(pen, world.place, there=False)
        (left, top), (right, bottom) = sorted(way)
        if left == right:
            top, bottom = sorted((top, bottom))
        pen.rectangle([left - THICK / 2, top - THICK / 2, right + THICK / 2 - 1, bottom + THICK / 2 - 1], fill=TRAIL)
        self._renew(way, _middle(world.place))
        self.place = world.place
        return self.small.copy()

    def _renew(self, way: list[tuple[float, float]], actor: tuple[float, float]) -> None:
        """Draws the actor over the cells along `way`, and takes them over into the small picture."""
        half, r = CELL * TWICE // 2, CELL * TWICE * 0.26
        left, top = (int(min(at[k] for at in way)) - half for k in (0, 1))
        right, bottom = (int(max(at[k] for at in way)) + half for k in (0, 1))
        part = self.large.crop((left, top, right, bottom))
        x, y = actor[0] - left, actor[1] - top
        disc = [x - r, y - r, x + r, y + r]
        ImageDraw.Draw(part).ellipse(disc, fill=ACTOR, outline="white", width=CELL * TWICE // 16)
        across, down = (slice(low // TWICE, high // TWICE) for low, high in ((left, right), (top, bottom)))
        self.small[down, across] = part.reduce(TWICE)


def _prize(pen: ImageDraw.ImageDraw, place: int, *, there: bool) -> None:
    """What lies in a cell, or lay there."""
    worth, (x, y), r = grid.WORTH[place], _middle(place), CELL * TWICE * 0.34
    pen.ellipse([x - r, y - r, x + r, y + r], fill=(GOOD if worth > 0 else BAD) if there else GONE)
    if there:
        pen.text((x, y), f"{worth:+d}", fill=INK, font=_font(CELL * TWICE * 2 // 5), anchor="mm")


@cache
def _begun(left: frozenset[int]) -> tuple[Image.Image, np.ndarray]:
    """The world before anybody went, as it is drawn and as it is shown."""
    large = _bare().copy()
    for place in left:
        _prize(ImageDraw.Draw(large), place, there=True)
    return large, np.array(large.reduce(TWICE))


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
