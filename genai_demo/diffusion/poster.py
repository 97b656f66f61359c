"""The film on the front page: noise becomes garments."""

from __future__ import annotations

from PIL import Image

from genai_demo.quality.posters import film
from genai_demo.quality.reels import pictures


def poster() -> list[Image.Image]:
    """A frame a denoising step of the recording."""
    return film(pictures("diffusion/denoise", "noisy, x_t"), columns=4)
