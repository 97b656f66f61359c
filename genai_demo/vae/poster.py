"""The film on the front page: eight ways across the latent plane at once."""

from __future__ import annotations

import numpy as np
from PIL import Image

from genai_demo.quality.posters import film
from genai_demo.quality.reels import pictures

SIDE = 28  # pixels of a garment
WAYS = 8  # of them are shown, each along a row of the plane


def poster() -> list[Image.Image]:
    """A frame a column of the decoded plane of the recording, from left to right."""
    *_, plane = pictures("vae/manifold", "decoded plane")
    cells = len(plane[0]) // SIDE
    grid = plane[0].reshape(cells, SIDE, cells, SIDE).transpose(0, 2, 1, 3)  # (rows, columns, height, width)
    rows = np.linspace(0, cells - 1, WAYS).round().astype(int)
    return film((grid[rows, column] for column in range(cells)), columns=4)
