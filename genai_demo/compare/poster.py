"""The film on the front page: five families learn the same grid of points."""

from __future__ import annotations

import numpy as np
from PIL import Image

from genai_demo.compare.costs import families
from genai_demo.core.frames import arrays
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.quality.laboratory import LIMIT
from genai_demo.quality.posters import GROUND, SIZE, Drawing

COLUMNS, MARGIN, TITLE = 3, 10, 16  # planes in a row; pixels around a plane, and above it
REAL, MADE, INK = "#3c434a", "#e69f00", "#b4bec8"


def poster() -> list[Image.Image]:
    """A frame at each moment of a race."""
    steps = [arrays(step) for step in run(Recipe("compare/race", {"data": "ring", "samples": 100}, seed=0))]
    return [_drawn(one, steps[0]) for one in steps]


def _drawn(now: dict[str, np.ndarray], first: dict[str, np.ndarray]) -> Image.Image:
    drawn = Drawing(SIZE, GROUND)
    wide, high = SIZE[0] / COLUMNS, SIZE[1] / 2
    scale = (min(wide, high - TITLE) / 2 - MARGIN) / LIMIT
    for k, (name, (title, _)) in enumerate(families().items()):
        row, column = divmod(k, COLUMNS)
        indent = wide / 2 if row else 0  # two in the second row
        middle = np.array([indent + (column + 0.5) * wide, row * high + TITLE + (high - TITLE) / 2])
        for points, colour, size in ((first[f"{name}_real"][:100], REAL, 1.2), (now[f"{name}_made"], MADE, 1.6)):
            for at in middle + points.clip(-LIMIT, LIMIT) * [scale, -scale]:
                drawn.dot(at, size, colour)
        drawn.text((middle[0] - drawn.width(title, 12) / 2, row * high + 4), title, 12, INK)
    return drawn.image()
