"""The film on the front page: while CLIP trains, each picture finds its own text, and the matrix turns diagonal."""

from __future__ import annotations

import numpy as np
from PIL import Image

from genai_demo.core.frames import sheet
from genai_demo.quality.posters import film
from genai_demo.quality.reels import matrices, pictures

NONE, FULL = np.array([24, 30, 29]), np.array([53, 196, 154])  # no likeness, the most: the family's colour on dark
COSINES, SHOWN = "cosines of pairs never trained on", "their pictures"
FRAMES = 12


def poster() -> list[Image.Image]:
    """The pictures on the left, on the right the cosine of each to each text, as shades."""
    shown = sheet(next(pictures("clip/contrast", SHOWN)), 4)  # (height, width, 3)
    found = list(matrices("clip/contrast", COSINES))
    most = max(float(one.max()) for one in found)
    at = np.linspace(0, len(found) - 1, FRAMES).round().astype(int)
    return film((np.stack([shown, _shaded(found[k][0] / most, len(shown))]) for k in at), columns=2)


def _shaded(shares: np.ndarray, side: int) -> np.ndarray:
    """(n, n) from 0 to 1 -> (side, side, 3) uint8, n a divisor of side."""
    shades = NONE + shares.clip(0, 1)[..., None] * (FULL - NONE)
    times = side // len(shares)
    return np.asarray(shades.round().astype(np.uint8).repeat(times, 0).repeat(times, 1))
