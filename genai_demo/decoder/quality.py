"""How far the two engines of the chat model agree: `measure` writes assets/decoder.json, `table` reads it."""

from __future__ import annotations

from typing import Any

from genai_demo.core.home import ASSETS
from genai_demo.quality.cards import Watch, results
from genai_demo.quality.tables import table as table_of

RESULTS = ASSETS / "decoder.json"


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Both forms on the same questions, which are its own; see `measuring`."""
    from genai_demo.decoder import measuring

    return measuring.measure(samples, watch)


def table() -> str:
    """4 bits against PyTorch, from what was measured last."""
    q = results(RESULTS, "decoder")
    rows = [
        ["takes the token that PyTorch takes", f"{100 * q['same']:.1f} %", "100 %"],
        ["speed, one visitor", f"{q['times_as_fast']:.1f} times", "1"],
    ]
    note = (
        f"{q['places']} places in greedy answers to {q['prompts']} questions, the same text before each. "
        f"Speed: tokens a second, taken in turn; {q['device']}."
    )
    heads = ["", "4 bits, llama.cpp", f"{q['dtype']}, PyTorch"]
    return f"{table_of(heads, rows)}\n\n{note}"
