"""Side by side with the bare libraries. `python -m benchmarks [NAME...]` prints one table.

A module here is a benchmark. It has `rows() -> list[Row]`, a Row being (name, ours, bare, ratio): `ours` and `bare`
are texts with their unit, as in "1.20 s", `ratio` is ours / bare, or None where there is none. A name may end in
what is wanted, as in "sampling (at most 1.05)". DemoError, or any other exception, becomes a line of the table.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

Row = tuple[str, str, str, float | None]


def alternate(ours: Callable[[], object], bare: Callable[[], object], times: int = 7) -> tuple[float, float]:
    """Median seconds of both, called in turn so that both meet the same weather; one call each warms up first."""
    spent: dict[Callable[[], object], list[float]] = {ours: [], bare: []}
    ours()
    bare()
    for turn in range(times):
        for work in (ours, bare) if turn % 2 else (bare, ours):
            start = time.perf_counter()
            work()
            spent[work].append(time.perf_counter() - start)
    return statistics.median(spent[ours]), statistics.median(spent[bare])


def seconds(name: str, ours: float, bare: float) -> Row:
    """A row of two times in seconds."""
    return name, f"{ours:.3f} s", f"{bare:.3f} s", ours / bare
