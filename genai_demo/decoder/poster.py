"""The film on the front page: a text goes on, each token chosen among the likeliest ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image

from genai_demo.core.wire import PackedFrame
from genai_demo.quality.posters import GROUND, SIZE, Drawing
from genai_demo.quality.reels import frames

RUN, TEXT, NEXT = "decoder/tokens", "text, by token", "what could come in its place"
INK, FAMILY, OTHER, MUTED = "#e9eaeb", "#56b4e9", "#2f4c5f", "#8b949b"
SMALL, LARGE, LEADING, MARGIN = 13, 16, 25, 16  # pixels
CONTROL = "<|"  # how the text of a control token begins
SHOWN = 5  # of the tokens that could come
SPLIT = 0.56  # of the width is the text


def poster() -> list[Image.Image]:
    """The prompt, then a frame a token of the recording, the last one held."""
    written: list[str] = []
    drawn = []
    for frame in frames(RUN):
        new = [str(item["text"]) for item in _items(frame, TEXT)]
        if any(text.startswith(CONTROL) for text in new):
            continue  # the sign that ends an answer
        written += new
        if written and NEXT in frame["lanes"]:
            drawn.append(_frame(written, frame))
    return drawn


def _items(frame: PackedFrame, title: str) -> list[Any]:
    """What a lane of tokens or of ranks holds; nothing where the frame has no such lane."""
    lane: Any = frame["lanes"].get(title, {"items": []})
    return list(lane["items"])


def _frame(written: Sequence[str], frame: PackedFrame) -> Image.Image:
    drawn = Drawing(SIZE, GROUND)
    _text(drawn, written)
    found = _items(frame, NEXT)[:SHOWN]
    left, wide = SIZE[0] * SPLIT + MARGIN, SIZE[0] * (1 - SPLIT) - 2 * MARGIN
    for k, item in enumerate(found):
        y = MARGIN + k * (SIZE[1] - 2 * MARGIN) / SHOWN
        picked = item.get("kind") == "picked"
        drawn.text((left, y), str(item["text"]).strip() or "space", SMALL, INK if picked else MUTED)
        drawn.bar((left, y + 17), wide * float(item.get("share", 0)) ** 0.5, 7, FAMILY if picked else OTHER)
    return drawn.image()


def _text(drawn: Drawing, written: Sequence[str]) -> None:
    """The text so far, its last lines where it has more than there is room for; the newest token in blue."""
    lines: list[list[tuple[str, str]]] = [[]]
    used = 0.0
    for k, word in enumerate(written):
        colour = FAMILY if k == len(written) - 1 else INK
        for part in _words(word):
            wide = drawn.width(part, LARGE)
            if used + wide > SIZE[0] * SPLIT - MARGIN:
                lines.append([])
                used, part = 0.0, part.lstrip()
                wide = drawn.width(part, LARGE)
            lines[-1].append((part, colour))
            used += wide
    for row, line in enumerate(lines[-((SIZE[1] - MARGIN) // LEADING) :]):
        x = float(MARGIN)
        for part, colour in line:
            drawn.text((x, MARGIN + row * LEADING), part, LARGE, colour)
            x += drawn.width(part, LARGE)


def _words(text: str) -> list[str]:
    """A prompt in words, each with the space before it; a token as it is."""
    first, *rest = text.replace("\n", " ").split(" ")
    return [part for part in (first, *(f" {word}" for word in rest)) if part]
