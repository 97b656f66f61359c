"""The film on the overview: what eight heads of each layer look at."""

from __future__ import annotations

import numpy as np
from PIL import Image

from genai_demo.core.frames import arrays, colours
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.quality.posters import film

HEADS = 8  # of each layer
RECIPE = Recipe("decoder/inside", {"text": "The quick brown fox jumps over the lazy dog and runs into"})


def poster() -> list[Image.Image]:
    """A frame a layer; first and last frame of the run have no attention."""
    layers = [arrays(look)["attention"][:HEADS] for look in list(run(RECIPE))[1:-1]]
    return film((np.stack([colours(head) for head in layer]) for layer in layers), columns=4, times=14)
