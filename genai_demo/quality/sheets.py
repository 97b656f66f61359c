"""The sheet of samples an architecture shows in its README and on its page: samples.png in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from genai_demo.core import registry
from genai_demo.core.frames import sheet

SHOWN = 12  # pictures in a row
TIMES = 2  # each pixel is drawn as so many, both ways


def folder(name: str) -> Path:
    """The folder of an architecture. Raises KeyError: a name that is not registered is a mistake in the program."""
    return Path(str(registry.packages()[name].__file__)).parent


def write(name: str, rows: Sequence[np.ndarray]) -> Path:
    """SHOWN pictures a row, (n, height, width) or (n, height, width, 3) uint8 each; a shorter row ends in black."""
    path = folder(name) / "samples.png"
    small = sheet(np.concatenate([_padded(row) for row in rows]), SHOWN)
    Image.fromarray(small.repeat(TIMES, 0).repeat(TIMES, 1)).save(path, optimize=True)
    return path


def _padded(row: np.ndarray) -> np.ndarray:
    return np.concatenate([row[:SHOWN], np.zeros((max(0, SHOWN - len(row)), *row.shape[1:]), np.uint8)])
