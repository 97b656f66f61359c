"""Written words: over a picture, or as a sign by themselves, in Pillow's own font, which is there on every machine."""

from __future__ import annotations

import functools

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 64  # pixels of a sign
PLACES = {"top": 0.0, "middle": 0.5, "bottom": 1.0}
LONGEST = 6  # letters of a word that can be read at this size


@functools.lru_cache(maxsize=64)
def _font(height: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(height)


def written(picture: np.ndarray, word: str, share: float, place: str, *, paper: bool) -> np.ndarray:
    """The word over a picture (s, s, 3), letters of share * s pixels, or as wide as it; black, on paper or not."""
    side = len(picture)
    image = Image.fromarray(picture)
    if round(share * side) < 1:
        return picture
    pen, edge = ImageDraw.Draw(image), 0.02 * side
    font, box = fitting(pen, word, share * side, 0.96 * side)
    across, down = box[2] - box[0], box[3] - box[1]
    left, top = (side - across) / 2, edge + (side - down - 2 * edge) * PLACES[place]
    if paper:
        pen.rectangle((left - edge, top - edge, left + across + edge, top + down + edge), fill=(255, 255, 255))
    pen.text((left - box[0], top - box[1]), word, font=font, fill=(0, 0, 0))
    return np.asarray(image)


def shifted(word: str) -> str:
    """Other letters, as many: each plain one is the next of the alphabet but two, "cat" is "fdw"."""
    return "".join(
        chr(ord(first) + (ord(c) - ord(first) + 3) % 26) if c.isascii() and c.isalpha() else c
        for c in word
        for first in ("a" if c.islower() else "A")
    )


def fitting(
    pen: ImageDraw.ImageDraw, word: str, height: float, most: float
) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, tuple[float, ...]]:
    """The font of that height, or of what makes the word at most `most` pixels wide; the word's box in it."""
    box = pen.textbbox((0, 0), word, font=_font(height))
    if (wide := box[2] - box[0]) > most:
        height *= most / wide
        box = pen.textbbox((0, 0), word, font=_font(height))
    return _font(height), box


def sign(word: str, rng: np.random.Generator) -> np.ndarray:
    """The word by itself, with paper behind it or nothing: (SIDE, SIDE, 4) uint8; letters dark, or light on dark."""
    image = Image.new("RGBA", (SIDE, SIDE))
    pen = ImageDraw.Draw(image)
    word = (word, word, word, word.capitalize(), word.upper())[int(rng.integers(5))]
    font, box = fitting(pen, word, float(rng.integers(18, 44)), 0.96 * SIDE)
    ink, ground = rng.integers(0, 90, 3), rng.integers(200, 256, 3)
    if rng.random() < 0.2:
        ink, ground = ground, ink
    left, top = (SIDE - box[0] - box[2]) / 2, (SIDE - box[1] - box[3]) / 2
    if rng.random() < 0.6:
        pen.rectangle(
            (left + box[0] - 2, top + box[1] - 2, left + box[2] + 2, top + box[3] + 2), fill=(*ground.tolist(), 255)
        )
    pen.text((left, top), word, font=font, fill=(*ink.tolist(), 255))
    return np.asarray(image)
