"""The film on the front page: a translation is written, and the text it is made from is shaded where it looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image

from genai_demo.quality.posters import GROUND, SIZE, Drawing
from genai_demo.quality.reels import frames

RUN, READ, WRITTEN = "seq2seq/translate", "what is read, shaded where the new piece looks", "what is written"
INK, MUTED = "#e9eaeb", "#8b949b"
LOW, HIGH = (16, 18, 20), (40, 110, 160)  # behind a piece that is not looked at, and behind one that alone is
SIZE_OF, SMALL, LEADING, MARGIN = 19, 13, 30, 18  # pixels


def poster() -> list[Image.Image]:
    """A frame a piece of the recording."""
    written, out = "", []
    for frame in frames(RUN):
        lanes: dict[str, Any] = dict(frame["lanes"])
        written += "".join(str(item["text"]) for item in lanes.get(WRITTEN, {}).get("items", ()))
        out.append(_frame(lanes[READ]["items"], written))
    return out


def _frame(read: Sequence[Any], written: str) -> Image.Image:
    drawn = Drawing(SIZE, GROUND)
    drawn.text((MARGIN, MARGIN), "read", SMALL, MUTED)
    y = _lines(drawn, MARGIN + LEADING, [(str(item["text"]), float(item.get("share") or 0)) for item in read])
    drawn.text((MARGIN, y + LEADING), "written", SMALL, MUTED)
    _lines(drawn, y + 2 * LEADING, [(f" {word}", 0.0) for word in written.split()])
    return drawn.image()


def _lines(drawn: Drawing, y: float, pieces: Sequence[tuple[str, float]]) -> float:
    """Pieces of text with their shades, line by line from y on. -> the y below them."""
    x = float(MARGIN)
    for text, share in pieces:
        wide = drawn.width(text, SIZE_OF)
        if x + wide > SIZE[0] - MARGIN:
            x, y, text = float(MARGIN), y + LEADING, text.lstrip()
            wide = drawn.width(text, SIZE_OF)
        shade = "#" + "".join(f"{round(a + min(1.0, share) * (b - a)):02x}" for a, b in zip(LOW, HIGH, strict=True))
        drawn.bar((x, y), wide, LEADING - 6, shade)
        drawn.text((x, y + 1), text, SIZE_OF, INK)
        x += wide
    return y + LEADING
