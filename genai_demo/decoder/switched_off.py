"""What is switched off in a network, and how a visitor writes it: heads as layer.head, layers as 5, 12-14."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from genai_demo.core.errors import DemoError, shown

PART = re.compile(r"([0-9]{1,4}|\*)\.([0-9]{1,4}|\*)")
SPAN = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?")


@dataclass(frozen=True, slots=True)
class Off:
    """What is switched off: heads of a layer, whole layers; all counted from 0."""

    heads: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    layers: frozenset[int] = frozenset()


def read_heads(text: str, layers: int, heads: int) -> dict[int, tuple[int, ...]]:
    """ "3.2, 17.*" -> {layer: heads}, counted from 0. Raises DemoError where a part is none or not there."""
    found: dict[int, set[int]] = {}
    for part in _parts(text):
        match = PART.fullmatch(part)
        where, which = (_these(match[1], layers), _these(match[2], heads)) if match else (range(0), range(0))
        if not where or not which:
            raise DemoError(
                f"heads has {shown(part)}; write layer.head, layers from 1 to {layers} and heads from 1 to {heads}, "
                "as in 3.2 or 2.*"
            )
        for layer in where:
            found.setdefault(layer, set()).update(which)
    return {layer: tuple(sorted(found[layer])) for layer in sorted(found)}


def read_layers(text: str, layers: int) -> frozenset[int]:
    """ "5, 12-14" -> layers counted from 0. Raises DemoError where a part is none or not there."""
    found: set[int] = set()
    for part in _parts(text):
        match = SPAN.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= layers:
            raise DemoError(f"layers has {shown(part)}; write numbers from 1 to {layers}, as in 2 or 1-{layers}")
        found.update(range(first - 1, last))
    return frozenset(found)


def _parts(text: str) -> list[str]:
    """The parts of a list, which commas, semicolons or blanks keep apart; blanks around - and . do not count."""
    tight = re.sub(r"\s*([-.])\s*", r"\1", text)
    return [part for part in re.split(r"[,;\s]+", tight) if part]


def _these(group: str, count: int) -> range:
    """The places, from 0, of a number from 1 or of *; empty where there is no such place."""
    if group == "*":
        return range(count)
    return range(int(group) - 1, int(group)) if 1 <= int(group) <= count else range(0)


def place(name: str, value: int, count: int) -> int:
    """A layer or a head counted from 1 -> from 0. Raises DemoError where the network has no such."""
    if not 1 <= value <= count:
        raise DemoError(f"{name} is {value}; the model has {count}, choose from 1 to {count}")
    return value - 1
