"""The film on the overview: noise and its grid bend into two moons, layer by layer."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from genai_demo.core.frames import arrays
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.quality.posters import GROUND, SIZE

SHARP = 2  # drawn larger, then shrunk, for smooth edges
SCALE = 132 * SHARP  # pixels a unit
LAST = 0.8  # when the last layer begins, which makes everything smaller: the eye follows
GRID, POINTS = "#c9cdc6", "#d55e00"


def poster() -> list[Image.Image]:
    """A frame of the way from noise to data each."""
    steps = list(run(Recipe("flow/layers", {"way": "noise to data", "smooth": 4, "samples": 260}, seed=1)))
    shown = [arrays(step) for step in steps if step.phase != "training"]  # type: ignore[attr-defined]
    return [_drawn(one["grid"], one["moving"], k / (len(shown) - 1)) for k, one in enumerate(shown)]


def _drawn(grid: np.ndarray, points: np.ndarray, done: float) -> Image.Image:
    """One moment of the way, `done` from 0 to 1; the eye moves nearer where noise becomes as small as data."""
    wide, high = (SHARP * side for side in SIZE)
    near = SCALE * (0.42 + 0.58 * max(0.0, (done - LAST) / (1 - LAST)))
    drawn = Image.new("RGB", (wide, high), GROUND)
    pen = ImageDraw.Draw(drawn)

    def place(at: np.ndarray) -> list[tuple[float, float]]:
        return [(wide / 2 + near * x, high / 2 - near * y) for x, y in at]

    for line in grid:
        pen.line(place(line), fill=GRID, width=SHARP)
    for x, y in place(points):
        pen.ellipse([x - 4, y - 4, x + 4, y + 4], fill=POINTS)
    return drawn.resize(SIZE, Image.Resampling.LANCZOS)
