"""The films of the architectures on the front page: `python -m genai_demo poster` makes them, each by its own models.

An architecture's poster.py has `poster() -> list[PIL.Image.Image]`, one image a frame, all twice as wide as high. They
are kept as one sheet, the frames one below the other, which a page steps through: no format of films can be told when
to begin, and one that a visitor wants still can be left at its last frame. reels.py cuts frames out of recordings.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from genai_demo.core.errors import DemoError, among, shown
from genai_demo.core.frames import sheet
from genai_demo.core.home import ASSETS
from genai_demo.core.registry import having, part
from genai_demo.core.spec import resolve

IMAGES = ASSETS / "images"
SIZE = 400, 200  # pixels of a frame that is drawn, and the largest that is kept
COUNTS = (16, 12, 10, 8)  # frames that are kept, tried in this order
MOST_BYTES = 24_000  # of a sheet: all of them together travel with the front page
QUALITIES: tuple[dict[str, Any], ...] = ({"lossless": True}, *({"quality": q} for q in (85, 70, 55, 40)))  # of WebP
COLOURS = 32  # of a picture that is drawn
UNSEEN = 1.0  # levels of 255 by which colours may be off, on average
GROUND = "#101214"  # what the films stand on, in the light and in the dark
Place = Sequence[float] | np.ndarray


def make(name: str) -> Path:
    """Write assets/images/NAME.webp in place of what was there. -> its path.

    Raises DemoError where there is no such architecture with a poster.
    """
    dotted = part(name, "poster")
    if dotted is None:
        raise DemoError(f"architecture is {shown(name)}; {among(name, having('poster'))}")
    path = IMAGES / f"{name}.webp"
    path.write_bytes(packed(resolve(f"{dotted}:poster")()))
    path.with_suffix(".png").unlink(missing_ok=True)
    return path


def packed(images: Sequence[Image.Image]) -> bytes:
    """The frames as one WebP, the last among them: as many, and as good, as MOST_BYTES hold."""
    small = list(smallest(np.stack([np.asarray(image.convert("RGB")) for image in images])))
    for most in COUNTS:
        whole = _flat(Image.fromarray(np.concatenate(thinned(small, most))))
        for settings in QUALITIES:
            found = _webp(whole, **settings)
            if len(found) <= MOST_BYTES:
                return found
    return found


def _flat(image: Image.Image) -> Image.Image:
    """In few colours, which take few bytes, where nobody would see that: a drawing."""
    few = image.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).convert("RGB")
    off = np.abs(np.asarray(few, np.int16) - np.asarray(image, np.int16)).mean()
    return few if off < UNSEEN else image


def _webp(image: Image.Image, **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", method=6, **settings)
    return file.getvalue()


def frames_in(path: Path) -> tuple[int, int, int]:
    """(frames, width, height of one) of a sheet that `make` wrote."""
    with Image.open(path) as whole:
        width, height = whole.size
    count = max(1, round(2 * height / width))
    return count, width, height // count


def thinned(frames: list[Any], most: int) -> list[Any]:
    """At most so many of them, evenly, the first and the last among them."""
    if len(frames) <= most:
        return frames
    return [frames[round(i * (len(frames) - 1) / (most - 1))] for i in range(most)]


def smallest(frames: np.ndarray) -> np.ndarray:
    """Frames (n, height, width, 3) uint8 whose pixels were enlarged, without that; else no wider than SIZE."""
    height, width = frames.shape[1:3]
    for times in range(8, 1, -1):
        small = frames[:, ::times, ::times]
        if not height % times and not width % times and (small.repeat(times, 1).repeat(times, 2) == frames).all():
            return small
    if width <= SIZE[0]:
        return frames
    size = SIZE[0], round(height * SIZE[0] / width)
    return np.stack([np.asarray(Image.fromarray(one).resize(size, Image.Resampling.LANCZOS)) for one in frames])


def film(shown: Iterable[np.ndarray], columns: int, times: int = 1) -> list[Image.Image]:
    """A sheet of pictures (n, height, width) or (n, height, width, 3) uint8 a frame, each pixel times x times."""
    sheets = (sheet(pictures, columns).repeat(times, 0).repeat(times, 1) for pictures in shown)
    return [Image.fromarray(one) for one in sheets]


class Drawing:
    """A picture that is drawn: everything twice as large, then halved, so that edges are smooth."""

    def __init__(self, size: tuple[int, int], ground: str) -> None:
        self._size = size
        self._whole = Image.new("RGB", (2 * size[0], 2 * size[1]), ground)
        self._pen = ImageDraw.Draw(self._whole)

    def dot(self, at: Place, radius: float, colour: str) -> None:
        """A disc around a place (x, y), from the top left."""
        x, y = 2 * float(at[0]), 2 * float(at[1])
        self._pen.ellipse([x - 2 * radius, y - 2 * radius, x + 2 * radius, y + 2 * radius], fill=colour)

    def line(self, start: Place, end: Place, width: float, colour: str) -> None:
        """From one place to another."""
        ends = [(2 * float(one[0]), 2 * float(one[1])) for one in (start, end)]
        self._pen.line(ends, fill=colour, width=round(2 * width))

    def bar(self, at: Place, width: float, height: float, colour: str) -> None:
        """A filled rectangle from its top left corner."""
        x, y = 2 * float(at[0]), 2 * float(at[1])
        self._pen.rectangle([x, y, x + 2 * width, y + 2 * height], fill=colour)

    def text(self, at: Place, text: str, size: int, colour: str) -> None:
        """One line of text from its top left corner; size: of the type."""
        self._pen.text((2 * float(at[0]), 2 * float(at[1])), text, fill=colour, font=_font(2 * size))

    def width(self, text: str, size: int) -> float:
        """How wide that text is."""
        return float(_font(2 * size).getlength(text)) / 2

    def image(self) -> Image.Image:
        """What was drawn."""
        return self._whole.resize(self._size, Image.Resampling.LANCZOS)


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
