"""Where runs are computed: in this process, or where the setting GENAI_DEMO_BACKEND says.

    GENAI_DEMO_BACKEND=ray://auto                    # the Ray cluster that this machine belongs to
    GENAI_DEMO_BACKEND=ray://10.0.0.5:6379?slots=24  # by the address of its head; so many runs are given to it at once

What computes elsewhere is a module, found by the scheme: compute(place, recipe, secret) -> Iterator[Frame], and
computed_on(place, recipe), which names the machine.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.frame import Frame
from genai_demo.core.recipe import Recipe
from genai_demo.core.spec import resolve

VARIABLE = "GENAI_DEMO_BACKEND"
KINDS = {"ray": "genai_demo.ask_ray"}  # scheme -> module
SLOTS, MOST_SLOTS = 64, 1000  # runs that are given to it at the same time
ADDRESS = re.compile(
    r"(?P<kind>[a-z]+)://(?P<place>auto|[0-9A-Za-z._\[\]:-]+:[0-9]{1,5})/?(\?slots=(?P<slots>[0-9]{1,6}))?"
)


@dataclass(frozen=True, slots=True)
class Backend:
    """A place where runs are computed: place is "auto" or "HOST:PORT"."""

    kind: str
    place: str
    slots: int

    def compute(self, recipe: Recipe, secret: str) -> Iterator[Frame]:
        """The frames of a complete recipe, computed there. Raises DemoError."""
        frames: Iterator[Frame] = resolve(f"{KINDS[self.kind]}:compute")(self.place, recipe, secret)
        return frames

    def computed_on(self, recipe: Recipe) -> dict[str, Any]:
        """A machine there, as a result's files name it. Raises DemoError."""
        found: dict[str, Any] = resolve(f"{KINDS[self.kind]}:computed_on")(self.place, recipe)
        return found


def backend() -> Backend | None:
    """What the setting says; None where runs are computed in this process. Raises DemoError where it is wrong."""
    return _parsed(os.environ.get(VARIABLE, "").strip())


def slots(here: int) -> int:
    """How many runs are computed at the same time, where this process alone would compute `here`. Raises DemoError."""
    elsewhere = backend()
    return max(here, elsewhere.slots) if elsewhere else here


@functools.lru_cache(16)
def _parsed(text: str) -> Backend | None:
    if not text:
        return None
    found = ADDRESS.fullmatch(text)
    if found is None or found["kind"] not in KINDS:
        raise DemoError(
            f"{VARIABLE} is {shown(text)}; write ray://auto or ray://HOST:PORT, or leave it out to compute here"
        )
    wanted = int(found["slots"] or SLOTS)
    if not 1 <= wanted <= MOST_SLOTS:
        raise DemoError(f"slots in {VARIABLE} is {wanted}; choose 1 to {MOST_SLOTS}")
    return Backend(found["kind"], found["place"], wanted)
