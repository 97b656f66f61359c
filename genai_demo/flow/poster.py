"""The film on the front page: noise and its grid bend into two moons, layer by layer."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PIL import Image

from genai_demo.core.frames import arrays
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.quality.posters import GROUND, SIZE, Drawing

NEAR, FAR = 100, 34  # pixels a unit, of data and of noise: the eye follows the last layer, which makes all smaller
LAST = 0.8  # when it begins
GRID, POINTS = "#3c434a", "#e69f00"


def poster() -> list[Image.Image]:
    """A frame each of the way from noise to data."""
    steps = list(run(Recipe("flow/layers", {"way": "noise to data", "smooth": 3, "samples": 110}, seed=1)))
    shown = [arrays(step) for step in steps if step.phase != "training"]  # type: ignore[attr-defined]
    return [_drawn(one["grid"], one["moving"], k / (len(shown) - 1)) for k, one in enumerate(shown)]


def _drawn(grid: np.ndarray, points: np.ndarray, done: float) -> Image.Image:
    """One moment of the way, `done` from 0 to 1."""
    near = FAR + (NEAR - FAR) * max(0.0, (done - LAST) / (1 - LAST))
    drawn = Drawing(SIZE, GROUND)
    middle, scale = np.array(SIZE) / 2, np.array([near, -near])
    for line in grid:
        for start, end in pairwise(middle + scale * line[::2]):
            drawn.line(start, end, 0.5, GRID)
    for at in middle + scale * points:
        drawn.dot(at, 1.8, POINTS)
    return drawn.image()
