"""The film on the front page: two faces on their way through the latent space, half a walk apart."""

from __future__ import annotations

import numpy as np
from PIL import Image

from genai_demo.quality.posters import film
from genai_demo.quality.reels import pictures

FRAMES = 9  # photographs take many bytes
SIDE = 128  # pixels of a face


def poster() -> list[Image.Image]:
    """Both halves of the recorded walk side by side."""
    walk = [_small(frame[0]) for frame in pictures("gan/walk-faces", "face")]
    half = len(walk) // 2
    at = np.linspace(0, half - 1, FRAMES).round().astype(int)
    return film((np.stack([walk[k], walk[k + half]]) for k in at), columns=2)


def _small(face: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(face).resize((SIDE, SIDE), Image.Resampling.LANCZOS))
