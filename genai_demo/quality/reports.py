"""`python -m genai_demo quality NAME`: measure, write the cards, fill in the table. What is measured: see `tables`."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from typing import Any

from genai_demo.core.errors import DemoError
from genai_demo.quality import tables
from genai_demo.quality.cards import Watch

LEAST, MOST = 100, 20_000  # samples that may be asked for


def _unwatched(items: Iterable[Any], text: str) -> Iterator[Any]:
    return iter(items)


def measure(name: str, samples: int = 2000, watch: Watch = _unwatched) -> dict[str, Any]:
    """Measure an architecture, write it on its cards, into its README and its samples.png. -> what was found.

    samples: pictures to draw, 100 to 20000; unused where there is nothing to draw, or a number of its own ("lab").
    Raises DemoError where the architecture has no measure, the README no place for the table, or data is missing.
    """
    dotted = tables.module(name)
    if not LEAST <= samples <= MOST:
        raise DemoError(f"samples is {samples}; choose {LEAST} to {MOST}")
    tables.check(name)
    found: dict[str, Any] = importlib.import_module(dotted).measure(samples, watch)
    tables.fill(name)
    return found
