"""The picture on the overview: the map of the library, and what is sent with a question."""

from __future__ import annotations

from PIL import Image, ImageDraw

from genai_demo.core.frames import arrays
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.quality.posters import GROUND, SIZE

SHARP = 2  # drawn larger, then shrunk, for smooth edges
LAYERS = (("chunks", "#b4b8b0", 6), ("picked", "#7a4fa3", 15), ("asked", "#d55e00", 15))  # name, colour, radius


def poster() -> list[Image.Image]:
    """All chunks grey, those that are sent and the question in colour."""
    frames = [arrays(frame) for frame in run(Recipe("rag/ask", {"max_new_tokens": 1}))]
    wide, high = (SHARP * side for side in SIZE)
    drawn = Image.new("RGB", (wide, high), GROUND)
    pen = ImageDraw.Draw(drawn)
    for name, colour, size in LAYERS:
        for x, y in next(found[name] for found in frames if name in found):
            at = wide / 2 + 1100 * x, high / 2 - 560 * y
            pen.ellipse([at[0] - size, at[1] - size, at[0] + size, at[1] + size], fill=colour)
    return [drawn.resize(SIZE, Image.Resampling.LANCZOS)]
