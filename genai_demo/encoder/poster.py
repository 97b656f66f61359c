"""The film on the front page: one word is swapped, and layer by layer the others move."""

from __future__ import annotations

from typing import Any

from PIL import Image

from genai_demo.core.wire import PackedFrame
from genai_demo.quality.posters import GROUND, SIZE, Drawing
from genai_demo.quality.reels import frames

RUN, TEXT = "encoder/swap", "how far each token has moved"
INK, MUTED, SWAPPED = "#e9eaeb", "#8b949b", "#e69f00"
LOW, HIGH = (16, 18, 20), (40, 110, 160)  # behind a token that has not moved, and behind the one that moved most
SIZE_OF, SMALL, LEADING, MARGIN, PAD = 19, 13, 40, 18, 5  # pixels


def poster() -> list[Image.Image]:
    """A frame a layer of the recording."""
    return [_frame(frame) for frame in frames(RUN)]


def _frame(frame: PackedFrame) -> Image.Image:
    drawn = Drawing(SIZE, GROUND)
    lanes: dict[str, Any] = dict(frame["lanes"])
    x, y = float(MARGIN), float(MARGIN)
    for item in lanes[TEXT]["items"]:
        word = str(item["text"]).strip().replace("→", "/")
        wide = drawn.width(word, SIZE_OF) + 2 * PAD
        if x + wide > SIZE[0] - MARGIN:
            x, y = float(MARGIN), y + LEADING
        share = float(item.get("share", 0))
        shade = "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in zip(LOW, HIGH, strict=True))
        drawn.bar((x, y), wide, LEADING - 10, shade)
        drawn.text((x + PAD, y + 2), word, SIZE_OF, SWAPPED if item.get("kind") == "best" else INK)
        x += wide + 2
    at = next(str(one["value"]) for one in frame["numbers"] if one["name"] == "layer")
    drawn.text((MARGIN, SIZE[1] - MARGIN - SMALL), f"after {at}", SMALL, MUTED)
    return drawn.image()
