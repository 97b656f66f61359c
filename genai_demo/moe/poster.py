"""The film on the front page: a text in the colours of its tokens' experts, layer by layer."""

from __future__ import annotations

from typing import Any

from PIL import Image

from genai_demo.core.wire import PackedFrame
from genai_demo.quality.posters import GROUND, SIZE, Drawing
from genai_demo.quality.reels import frames

RUN, TEXT = "moe/route", "your text, in the colour of each token's first expert"
COLOURS = ("#0072b2", "#b87f00", "#007a59", "#a85f84", "#3b87b4", "#b04d00", "#8a8100", "#666666")  # words are read on
INK, MUTED = "#ffffff", "#8b949b"
SIZE_OF, SMALL, LEADING, MARGIN, PAD = 20, 13, 44, 16, 4  # pixels


def poster() -> list[Image.Image]:
    """A frame a layer of the recording."""
    return [_frame(frame) for frame in frames(RUN)]


def _frame(frame: PackedFrame) -> Image.Image:
    drawn = Drawing(SIZE, GROUND)
    lanes: dict[str, Any] = dict(frame["lanes"])
    x, y = float(MARGIN), float(MARGIN)
    for item in lanes[TEXT]["items"]:
        word = str(item["text"]).replace("\n", " ").strip() or "·"
        wide = drawn.width(word, SIZE_OF) + 2 * PAD
        if x + wide > SIZE[0] - MARGIN:
            x, y = float(MARGIN), y + LEADING
        if y + LEADING > SIZE[1] - MARGIN - SMALL:
            break
        drawn.bar((x, y), wide, LEADING - 4, COLOURS[int(item.get("group", 0)) % len(COLOURS)])
        drawn.text((x + PAD, y + 1), word, SIZE_OF, INK)
        x += wide + 2
    at = next(str(one["value"]) for one in frame["numbers"] if one["name"] == "layer")
    drawn.text((MARGIN, SIZE[1] - MARGIN - SMALL), f"layer {at}", SMALL, MUTED)
    return drawn.image()
