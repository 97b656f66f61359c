"""The text kinds of frames as plain pictures for the command line, in Pillow's own font.

It has the signs of ASCII: accents are left out, typographic signs written plainly, and the rest becomes "?".
"""

from __future__ import annotations

import bisect
import functools
import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from genai_demo.core.frames_text import MOST_CELLS, MOST_TEXT, Stage, Tok

WIDE = 572  # pixels: two lanes and the gap between them
SIGN, THINNEST, ROW, COLUMN = 6, 2, 18, 132  # width of a sign, of the thinnest; height of a row, width of a stage
PLAIN = str.maketrans(
    {"\n": "\\n", "\t": "\\t", "\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"}
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | {"\u00d7": "x", "\u2192": "->", "\u00b7": ".", "\u2190": "<-"}
)
INK, MUTED, PAPER, BLUE, RED = (24, 28, 32), (120, 126, 132), (255, 255, 255), (0, 114, 178), (213, 94, 0)


def text_image(kind: str, value: Any, meta: Any) -> Image.Image:
    """The value of one field of frames_text.TEXT_KINDS as a picture, as large as it needs."""
    return _DRAW[kind](value, meta)


def plain_signs(text: str) -> str:
    """The text in the signs the font has, line ends and tabs made visible."""
    bare = unicodedata.normalize("NFKD", text.translate(PLAIN))
    return "".join(sign for sign in bare if not unicodedata.combining(sign)).encode("ascii", "replace").decode()


def _blank(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (max(1, width), max(1, height)), PAPER)
    return image, ImageDraw.Draw(image)


def _shade(share: float, colour: tuple[int, int, int] = BLUE) -> tuple[int, int, int]:
    red, green, blue = (round(255 + share * (part - 255)) for part in colour)
    return red, green, blue


def _strength(tok: Tok, shade: str) -> float:
    """0 to 1, as on the page: each halving of a probability adds an eighth."""
    if tok.share is None or not np.isfinite(tok.share) or (tok.kind == "prompt" and shade != "share"):
        return 0.0
    return float(np.clip(tok.share if shade == "share" else -np.log2(max(tok.share, 1e-9)) / 8, 0, 1))


def _tokens(value: Sequence[Tok], meta: Any) -> Image.Image:
    placed = list(_placed(value))
    image, pen = _blank(WIDE, max((y for _, _, _, y in placed), default=0) + ROW)
    for tok, text, x, y in placed:
        pen.rectangle((x, y, x + _length(text) - 1, y + ROW - 3), fill=_shade(0.5 * _strength(tok, meta["shade"])))
        pen.text((x, y + 1), text, fill=MUTED if tok.kind == "prompt" else INK)
    return image


def _placed(value: Sequence[Tok]) -> Iterator[tuple[Tok, str, int, int]]:
    """The tokens as pieces of running text, each with its place; a token with a line end ends the line."""
    x = y = 0
    for tok in value:
        text = plain_signs(tok.text)
        if x and x + _length(text[: WIDE // THINNEST]) > WIDE:
            x, y = 0, y + ROW
        for piece in _lines_of(text):
            if piece != text and x:
                x, y = 0, y + ROW
            yield tok, piece, x, y
            x += _length(piece)
        if "\n" in tok.text:
            x, y = 0, y + ROW


@functools.lru_cache(maxsize=4096)
def _length(text: str) -> int:
    """Of the text in pixels."""
    return math.ceil(ImageDraw.Draw(Image.new("L", (1, 1))).textlength(text))


def _length_of(text: str, count: int) -> int:
    return _length(text[:count])


@functools.lru_cache(maxsize=512)
def _lines_of(text: str) -> tuple[str, ...]:
    """The text in pieces that have room on a line each, broken behind a word where it can be."""
    pieces: list[str] = []
    while text or not pieces:
        most = min(len(text), WIDE // THINNEST)
        fits = bisect.bisect_right(range(1, most + 1), WIDE, key=functools.partial(_length_of, text))
        cut = len(text) if fits == len(text) else text.rfind(" ", 0, fits) + 1 or max(1, fits)
        pieces.append(text[:cut])
        text = text[cut:]
    return tuple(pieces)


def _rows(pen: ImageDraw.ImageDraw, items: Sequence[Tok], x: int, y: int, width: int) -> None:
    for k, tok in enumerate(items):
        top, off, share = y + k * ROW, tok.kind == "off", float(np.clip(np.nan_to_num(tok.share or 0), 0, 1))
        colour = (225, 228, 231) if off else _shade(0.6 if tok.kind == "picked" else 0.25)
        if share:
            pen.rectangle((x, top, x + share * (width - 1), top + ROW - 4), fill=colour)
        label = plain_signs(tok.text)[: max(1, width // SIGN - 9)]
        pen.text((x + 2, top + 1), label, fill=MUTED if off else INK)
        if off:
            pen.line((x + 2, top + 8, x + 2 + pen.textlength(label), top + 8), fill=MUTED)
        number = tok.value if tok.value is not None else tok.share
        said = "" if number is None else f"{number:.3g}"
        pen.text((x + width - pen.textlength(said) - 2, top + 1), said, fill=MUTED)


def _ranked(value: Sequence[Tok], meta: Any) -> Image.Image:
    image, pen = _blank(WIDE // 2, ROW * len(value))
    _rows(pen, value, 0, 0, WIDE // 2)
    return image


def _stages(value: Sequence[Stage], meta: Any) -> Image.Image:
    most = max((len(stage.items) for stage in value), default=0)
    image, pen = _blank((COLUMN + 12) * len(value), ROW * (most + 1))
    for k, stage in enumerate(value):
        pen.text((k * (COLUMN + 12), 1), plain_signs(stage.name)[: COLUMN // SIGN], fill=INK)
        _rows(pen, stage.items, k * (COLUMN + 12), ROW, COLUMN)
    return image


def _matrix(value: np.ndarray, meta: Any) -> Image.Image:
    """The maps side by side, at most four, each with whole pixels for a cell."""
    maps = np.asarray(value, np.float64)
    maps = np.nan_to_num(maps[None] if maps.ndim == 2 else maps)[:4, :MOST_CELLS, :MOST_CELLS]
    scale, cell = float(np.abs(maps).max(initial=0)) or 1.0, max(2, 140 // max(1, *maps.shape[1:]))
    sheet = np.full((maps.shape[1] * cell, len(maps) * (maps.shape[2] * cell + 8), 3), 255, np.uint8)
    for k, one in enumerate(maps / scale):
        mix = np.where(one[..., None] < 0, RED, BLUE)
        picture = 250 + np.abs(one)[..., None] * (mix - 250.0)
        if meta["triangle"]:
            rows, columns = np.indices(one.shape)
            picture[columns > rows + max(0, one.shape[1] - one.shape[0])] = 255
        left = k * (maps.shape[2] * cell + 8)
        big = picture.round().astype(np.uint8).repeat(cell, 0).repeat(cell, 1)
        sheet[:, left : left + big.shape[1]] = big
    return Image.fromarray(sheet)


def _lines(value: str, meta: Any) -> Image.Image:
    text = str(value)[:MOST_TEXT].split("\n")
    lines = [line for whole in text for line in _lines_of(plain_signs(whole))]
    image, pen = _blank(WIDE, ROW * len(lines))
    for k, line in enumerate(lines):
        pen.text((0, k * ROW + 1), line, fill=INK)
    return image


_DRAW: dict[str, Callable[[Any, Any], Image.Image]] = {
    "tokens": _tokens,
    "ranked": _ranked,
    "stages": _stages,
    "matrix": _matrix,
    "code": _lines,
    "words": _lines,
}
