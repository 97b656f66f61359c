"""What the runs of the autoencoders share in drawing: the names of the latent plane, a grid on it, signed pictures."""

from __future__ import annotations

import numpy as np

from genai_demo.core.frames import colours
from genai_demo.vae import codes

LANE = "latent plane"
CODE_AXES = ("a latent number, std. dev.", "another, std. dev.")
ACROSS, UPWARDS = "latent number across", "latent number upwards"


def grid_points(size: int, extent: float) -> np.ndarray:
    """(size * size, 2) float32: rows from +extent down to -extent, columns from -extent to +extent."""
    line = np.linspace(-extent, extent, size, dtype=np.float32)
    across, up = np.meshgrid(line, line[::-1])
    return np.stack([across.ravel(), up.ravel()], 1)


def signed(value: np.ndarray, top: float = 0.0) -> np.ndarray:
    """(h, w) -> (h, w, 3) uint8: blue above 0, red below, white at 0, also where all values have one sign.

    top: the value of the full colour; the largest there is where none is given.
    """
    top = top or max(float(np.abs(value).max()), codes.SMALLEST)
    value = np.clip(value, -top, top)
    ends = np.array([[top], [-top]]) * np.ones(value.shape[1])
    return colours(np.vstack([value, ends]))[: len(value)]
