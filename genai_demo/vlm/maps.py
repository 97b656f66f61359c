"""Maps over patches, drawn on the picture they belong to."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from genai_demo.core.frames import colours
from genai_demo.vlm.looking import LARGE

STRENGTH, PALE = 0.8, (110, 0.55)  # of the tint; of the picture below it: level and contrast
NOTHING = "background"
SIZES = (19, 17, 15, 13, 11)  # of the type, the largest that fits
INK, PAPER = (250, 250, 250), (0, 0, 0)


def tinted(pixels: np.ndarray, values: np.ndarray, side: int = LARGE) -> np.ndarray:
    """The picture in grey, each patch in the colour of its value: pixels (s, s, 3), values (k, k) -> (side, side, 3).

    Blue: more, vermilion: below 0; the strongest tint is the value that is furthest from 0.
    """
    step = side // len(values)
    most = max(float(np.abs(values).max()), 1e-9)
    heat = np.asarray(values, np.float64).repeat(step, 0).repeat(step, 1)
    level, contrast = PALE
    size = heat.shape[::-1]
    below = level + contrast * np.asarray(Image.fromarray(pixels).convert("L").resize(size, 0), np.float64)[..., None]
    strength = STRENGTH * np.abs(heat)[..., None] / most
    mixed = (1 - strength) * below + strength * colours(heat).astype(np.float64)
    return mixed.round().clip(0, 255).astype(np.uint8)


def worded(pixels: np.ndarray, said: list[str], side: int = 2 * LARGE) -> np.ndarray:
    """The picture with a word on each of its patches, row by row, a dot for NOTHING: (s, s, 3) -> (side, side, 3)."""
    across = round(len(said) ** 0.5)
    step = side // across
    page = Image.fromarray(pixels).resize((step * across, step * across), Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(page)
    for i, word in enumerate(said):
        y, x = (step * k + step // 2 for k in divmod(i, across))
        text = "·" if word == NOTHING else word
        font = _fitting(text, step - 4)
        pen.text((x, y), text, fill=INK, font=font, anchor="mm", stroke_width=2, stroke_fill=PAPER)
    return np.asarray(page)


def _fitting(text: str, width: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The largest type in which the text is no wider."""
    fonts = [ImageFont.load_default(size) for size in SIZES]
    return next((font for font in fonts if font.getlength(text) <= width), fonts[-1])
