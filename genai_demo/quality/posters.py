"""The pictures of the architectures on the overview: `python -m genai_demo poster` makes them, each by its own models.

An architecture's poster.py has `poster() -> list[PIL.Image.Image]`, twice as wide as high: one is a still and becomes
a PNG, several are a film that plays once and become a WebP.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from genai_demo.core.errors import DemoError, among, shown
from genai_demo.core.frames import sheet
from genai_demo.core.home import ASSETS
from genai_demo.core.registry import having, part
from genai_demo.core.spec import resolve

IMAGES = ASSETS / "images"
FRAME_MS = 90  # each frame of a film
SIZE = 672, 336  # pixels of a still that is drawn
GROUND = "#fafaf8"


def make(name: str) -> Path:
    """Write assets/images/NAME.png, or .webp of a film, in place of what was there. -> its path.

    Raises DemoError where there is no such architecture with a poster.
    """
    dotted = part(name, "poster")
    if dotted is None:
        raise DemoError(f"architecture is {shown(name)}; {among(name, having('poster'))}")
    images: list[Image.Image] = resolve(f"{dotted}:poster")()
    path = IMAGES / f"{name}.{'webp' if len(images) > 1 else 'png'}"
    if len(images) > 1:
        first, *rest = images
        first.save(path, save_all=True, append_images=rest, duration=FRAME_MS, loop=1, lossless=True, method=6)
    else:
        images[0].save(path, optimize=True)
    for other in {".png", ".webp"} - {path.suffix}:
        path.with_suffix(other).unlink(missing_ok=True)
    return path


def film(shown: Iterable[np.ndarray], columns: int, times: int) -> list[Image.Image]:
    """A sheet of pictures (n, height, width) or (n, height, width, 3) uint8 a frame, each pixel times x times."""
    sheets = (sheet(pictures, columns).repeat(times, 0).repeat(times, 1) for pictures in shown)
    return [Image.fromarray(one) for one in sheets]
