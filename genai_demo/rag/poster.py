"""The film on the front page: a question falls into the map of the library, and pulls three passages out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from genai_demo.quality.posters import GROUND, SIZE, Drawing
from genai_demo.quality.reels import points

CHUNK, PICKED, ASKED, WAY = "#5b6168", "#bb9fe4", "#f0a860", "#7d6a9c"
GROWS, HOLDS = 4, 3  # frames in which a way grows; in which nothing happens, before and after
FILLED = 0.92  # of the picture
MAP = "map of the library"


def poster() -> list[Image.Image]:
    """All chunks grey, the question in orange, those that are sent in purple, one after the other."""
    layers = [next(points("rag/ask", MAP, kind)) for kind in ("real", "generated", "other")]
    chunks, sent, asked = (_placed(layer, np.abs(layers[0]).max(0)) for layer in layers)
    return [_frame(chunks, asked[0], sent, grown) for grown in _growth(len(sent))]


def _growth(count: int) -> Iterator[float]:
    """How many of the passages have been reached, frame by frame."""
    yield from [-1.0, -1.0]  # before the question
    yield from np.linspace(0, count, GROWS * count + 1)
    yield from [float(count)] * HOLDS


def _placed(spots: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Places on the picture; reach: how far the map goes in x and in y."""
    middle = np.array(SIZE) / 2
    return np.asarray(middle + FILLED * middle * spots / reach * (1, -1))


def _frame(chunks: np.ndarray, asked: np.ndarray, sent: np.ndarray, grown: float) -> Image.Image:
    drawn = Drawing(SIZE, GROUND)
    for spot in chunks:
        drawn.dot(spot, 2, CHUNK)
    for k, spot in enumerate(sent):
        share = min(1.0, max(0.0, grown - k))
        if share:
            drawn.line(asked, asked + share * (spot - asked), 1.4, WAY)
        if share == 1:
            drawn.dot(spot, 5, PICKED)
    if grown >= 0:
        drawn.dot(asked, 6, ASKED)
    return drawn.image()
