"""The pad for points of one's own, as every bench on points has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pages.parts.bench import Panel, later
from pages.parts.pads.pads import PointPad
from pages.parts.wiring import when_drawn


def drawn_points(*wires: Callable[[Panel], None], named: str = "Points") -> dict[str, Any]:
    """`own` and `wire` of a bench: Bench(..., **drawn_points(BAR.wire)).

    wires: what the bench connects besides; named: the label of its option `data`.
    """

    def connect(panel: Panel) -> None:
        for wire in (*wires, when_drawn("points", data="drawn")):
            wire(panel)

    return {
        "own": {"points": later(PointPad, label="Your points", info=f"Used when {named} says drawn")},
        "wire": connect,
    }
