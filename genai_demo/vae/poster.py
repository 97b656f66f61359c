"""The picture on the overview: the middle of the plane of garments."""

from __future__ import annotations

from PIL import Image

from genai_demo.core.frames import arrays
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run


def poster() -> list[Image.Image]:
    """The middle rows of a plane of decoded pictures, twice as wide as high."""
    *_, last = run(Recipe("vae/manifold", {"size": 16, "extent": 2.5}))
    whole = arrays(last)["grid"][0]  # (448, 448)
    quarter = len(whole) // 4
    return [Image.fromarray(whole[quarter : 3 * quarter])]
