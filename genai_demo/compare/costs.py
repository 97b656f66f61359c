"""What a training step of each family costs: measured by `python -m genai_demo quality compare`, kept in COSTS.

A race gives every family the same time. Time itself would make each race another one; so the steps that a budget buys
are counted from costs that were measured once, on the machine that COSTS names.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping

from genai_demo.core import registry
from genai_demo.core.home import ASSETS
from genai_demo.core.registry import Laboratory

COSTS = ASSETS / "race.json"
ORDER = ("vae", "gan", "diffusion", "flow", "ebm")


def families() -> dict[str, tuple[str, Laboratory]]:
    """Name -> title and laboratory of the families that race, in the order of the page."""
    known = registry.families()
    found = {name: (known[name].title, known[name].laboratory) for name in ORDER}
    return {name: (title, lab) for name, (title, lab) in found.items() if lab is not None}


@functools.cache
def seconds() -> Mapping[str, float]:
    """Of one training step, by family."""
    found: dict[str, float] = json.loads(COSTS.read_text())["seconds"]
    return found
