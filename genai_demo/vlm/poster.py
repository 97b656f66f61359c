"""The film on the front page: a picture is described, and at each word light falls on the patches that it rests on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PIL import Image

from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.quality.posters import GROUND, SIZE, Drawing, thinned
from genai_demo.vlm.looking import pixels_of
from genai_demo.vlm.options import THREE

INK, MUTED, NOW = "#e6e9ec", "#8b949b", "#35c49a"
FONT, LEADING, MARGIN = 17, 26, 16  # pixels
MOST, DARK = 11, 0.22  # frames; how much of the picture is seen where nothing counts


def poster() -> list[Image.Image]:
    """A frame a word."""
    steps: list[Any] = list(run(Recipe("vlm/rest", {"picture": THREE, "question": "Describe the picture."})))
    pixels = pixels_of(THREE)
    return [_frame(step, pixels) for step in thinned(steps, MOST)]


def _frame(step: Any, pixels: np.ndarray) -> Image.Image:
    frame = _words(step)
    lit = Image.fromarray(_lit(pixels, np.array(step.drops))).resize((SIZE[1], SIZE[1]), Image.Resampling.NEAREST)
    frame.paste(lit, (0, 0))
    return frame


def _lit(pixels: np.ndarray, drops: np.ndarray) -> np.ndarray:
    side = math.isqrt(len(drops))
    share = drops.clip(0).reshape(side, side) / max(float(drops.max()), 1e-9)
    light = DARK + (1 - DARK) * np.sqrt(share)
    step = len(pixels) // side
    lit = pixels * light.repeat(step, 0).repeat(step, 1)[..., None]
    return np.asarray(lit.round().clip(0, 255).astype(np.uint8))


def _words(step: Any) -> Image.Image:
    """The answer beside the picture, the word that the light is of in colour; in the last frame all of it."""
    drawn, x, y = Drawing(SIZE, GROUND), float(SIZE[1] + MARGIN), float(MARGIN)
    whole = all(tok.kind for tok in step.answer)
    for tok in step.answer:
        word = tok.text.strip()
        wide = drawn.width(f"{word} ", FONT)
        if x + wide > SIZE[0] - 4:
            x, y = float(SIZE[1] + MARGIN), y + LEADING
        drawn.text((x, y), word, FONT, INK if whole else NOW if tok.kind else MUTED)
        x += wide
    return drawn.image()
