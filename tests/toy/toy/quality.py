"""How round the disc is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from genai_demo.core.errors import DemoError

CARD = Path(__file__).with_name("card.json")


def measure(samples: int, watch: Any) -> dict[str, Any]:
    """{"roundness": share of the bounding square that is lit}, written on the card."""
    from genai_demo.toy.options import SpinOptions
    from genai_demo.toy.spin import spin

    (frame,) = watch(spin(SpinOptions(steps=1), seed=0), "draw")
    lit = frame.x[0] > 0
    found = {"roundness": round(float(lit.sum() / (lit.any(0).sum() * lit.any(1).sum())), 3)}
    CARD.write_text(json.dumps(found))
    return found


def table() -> str:
    """The table of the README, from the card. Raises DemoError where nothing was measured."""
    if not CARD.exists():
        raise DemoError("the toy was not measured; `python -m genai_demo quality toy` does it")
    return f"| what | value |\n| --- | ---: |\n| roundness | {json.loads(CARD.read_text())['roundness']} |"
