"""The film on the front page: values come in noise, and one number of state holds each until the next."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from PIL import Image

from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.quality.posters import GROUND, SIZE, Drawing

MARGIN, HIGH = 16, 78  # pixels: beside the curves, of a value of 1
NOISE, HELD, VALUE = "#5b646d", "#56b4e9", "#e69f00"
EVERY = 3  # moments from one frame to the next


def poster() -> list[Image.Image]:
    """A frame every few moments."""
    steps: list[Any] = list(run(Recipe("ssm/signal", {"selection": True, "delta": 5.0}, seed=0)))
    return [_drawn(steps, t) for t in range(EVERY - 1, len(steps), EVERY)]


def _drawn(steps: list[Any], now: int) -> Image.Image:
    drawn = Drawing(SIZE, GROUND)
    wide = (SIZE[0] - 2 * MARGIN) / (len(steps) - 1)

    def at(t: int, value: float) -> tuple[float, float]:
        return MARGIN + t * wide, SIZE[1] / 2 - HIGH * value

    for t, later in pairwise(range(now + 1)):
        drawn.line(at(t, steps[t].signal), at(later, steps[later].signal), 1, NOISE)
        drawn.line(at(t, steps[t].state), at(later, steps[later].state), 2.5, HELD)
    longest = max(step.delta for step in steps)
    for t in range(now + 1):
        if steps[t].delta == longest:
            drawn.dot(at(t, steps[t].signal), 4, VALUE)
    return drawn.image()
