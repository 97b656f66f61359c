"""The film on the overview: noise becomes garments."""

from __future__ import annotations

from PIL import Image

from genai_demo.core.frames import arrays
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.quality.posters import film

RECIPE = Recipe("diffusion/denoise", {"samples": 18, "steps": 24, "label": "any"}, seed=4)


def poster() -> list[Image.Image]:
    """A frame a denoising step."""
    return film((arrays(step)["x"] for step in run(RECIPE)), columns=6, times=3)
