"""The film on the front page: words become pictures, step by step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from genai_demo.quality.posters import film
from genai_demo.quality.reels import pictures


def poster() -> list[Image.Image]:
    """A frame a step of the recording: what the network takes the picture for."""
    return film(_eight(), columns=4)


def _eight() -> Iterator[np.ndarray]:
    """Two rows of four of each frame; the recording's pictures are repeated where it has fewer."""
    for found in pictures("text_to_image/generate", "picture"):
        yield np.resize(found, (8, *found.shape[1:]))
