"""The film on the front page: asked for all there is, a Decision Transformer gathers it."""

from __future__ import annotations

from typing import Any

from PIL import Image

from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.quality.posters import GROUND, SIZE, thinned

EVERY = 2  # steps from one frame to the next


def poster() -> list[Image.Image]:
    """The world as it is walked through, in the middle of a frame twice as wide as high."""
    steps: list[Any] = list(run(Recipe("hybrids/decide", {"ask": 11.0}, seed=0)))
    return [_framed(step) for step in thinned(steps, len(steps) // EVERY)]


def _framed(step: Any) -> Image.Image:
    world = Image.fromarray(step.world[0]).resize((SIZE[1], SIZE[1]), Image.Resampling.LANCZOS)
    frame = Image.new("RGB", SIZE, GROUND)
    frame.paste(world, ((SIZE[0] - SIZE[1]) // 2, 0))
    return frame
