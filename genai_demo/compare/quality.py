"""What a training step of each family costs here: `measure` writes COSTS, `table` reads it."""

from __future__ import annotations

import json
from typing import Any

from genai_demo.compare.costs import COSTS, families
from genai_demo.quality.cards import Watch
from genai_demo.quality.tables import table as table_of

RESULTS = COSTS


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Train each family twice as long and half as long, and take the difference: `samples` is not needed."""
    from genai_demo.compare.measuring import costs

    found = costs(watch)
    COSTS.write_text(json.dumps(found, indent=1) + "\n")
    return found


def table() -> str:
    """Seconds of a step and what a second buys."""
    told = json.loads(COSTS.read_text())
    rows = [
        [title, f"{1000 * told['seconds'][name]:.2f}", f"{1 / told['seconds'][name]:,.0f}"]
        for name, (title, _) in families().items()
    ]
    said = f"Training steps with each page's default options, on one thread, best of {told['tries']}: {told['device']}."
    return table_of(["family", "ms a step", "steps a second"], rows) + "\n\n" + said
