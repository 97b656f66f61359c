"""The table of how far the two engines agree, from what was measured last; imports no library."""

from __future__ import annotations

import json
from typing import Any

from genai_demo.core.errors import DemoError
from genai_demo.core.home import ASSETS

RESULTS = ASSETS / "decoder.json"


def known() -> dict[str, Any]:
    """What was measured last. Raises DemoError where nothing was."""
    if not RESULTS.exists():
        raise DemoError("assets/decoder.json is missing; `python -m genai_demo quality decoder` makes it")
    found: dict[str, Any] = json.loads(RESULTS.read_text())
    return found


def table() -> tuple[list[str], list[list[str]], str]:
    """(heads, rows, note) of the README's table."""
    q = known()
    rows = [
        ["takes the token that PyTorch takes", f"{100 * q['same']:.1f} %", "100 %"],
        ["speed, one visitor", f"{q['times_as_fast']:.1f} times", "1"],
    ]
    note = (
        f"{q['places']} places in greedy answers to {q['prompts']} questions, the same text before each. "
        f"Speed: tokens a second, taken in turn; {q['device']}."
    )
    return ["", "4 bits, llama.cpp", f"{q['dtype']}, PyTorch"], rows, note
