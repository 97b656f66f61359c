"""The shortest training of any run of the laboratory, by the least values its options take."""

from __future__ import annotations

from typing import Any

from genai_demo.core.run import find_run

SHORTEST = ("train_steps", "steps", "width", "every")  # options whose least value makes a training short


def short(run: str) -> dict[str, Any]:
    """Options of the shortest training of a run."""
    known = {entry["name"]: entry for entry in find_run(run).options.describe()}
    return {name: known[name]["minimum"] for name in SHORTEST if name in known}
