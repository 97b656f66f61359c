"""Key-value caches kept for a while under the tokens they were made of: a later turn is quicker.

Bounded and disposable: losing an entry costs time, never a result. Nothing is filed under who asked.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

MOST_BYTES, MOST = 256 * 2**20, 64  # of all that are kept of a model, and how many
Layers = tuple[tuple[Tensor, Tensor], ...]  # keys and values of each layer, (1, heads, n, d); never written to


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A cache of the first `covers` tokens. logits (1, vocabulary): of what comes after them, where that is known."""

    layers: Layers
    logits: Tensor | None
    covers: int


_kept: weakref.WeakKeyDictionary[Any, OrderedDict[tuple[int, ...], Known]] = weakref.WeakKeyDictionary()
_guard = threading.Lock()


def size(layers: Layers) -> int:
    """Bytes of a cache."""
    return sum(t.numel() * t.element_size() for pair in layers for t in pair)


def keep(network: Any, ids: Sequence[int], known: Known) -> None:
    """Files a cache of `network` under the tokens it was made of; shorter ones that it begins with are dropped."""
    key = tuple(ids)
    with _guard:
        mine = _kept.setdefault(network, OrderedDict())
        for old in [old for old in mine if len(old) <= len(key) and key[: len(old)] == old]:
            del mine[old]
        mine[key] = known
        while len(mine) > MOST or (len(mine) > 1 and sum(size(one.layers) for one in mine.values()) > MOST_BYTES):
            mine.popitem(last=False)


def longest(network: Any, ids: Sequence[int], ends: Sequence[int]) -> Known | None:
    """What is known of the longest beginning of `ids` that has one of the lengths `ends`; None where nothing is.

    All of `ids` are known only where they were kept themselves: of a longer text's middle there are no logits.
    """
    best, covered = None, 0
    with _guard:
        mine = _kept.get(network, OrderedDict())
        for key in mine:
            same = _common(key, ids)
            usable = [end for end in ends if end <= same and (end < len(ids) or len(key) == len(ids))]
            if usable and usable[-1] > covered:
                best, covered = key, usable[-1]
        if best is None:
            return None
        mine.move_to_end(best)
        found = mine[best]
    if covered == found.covers:
        return found
    return Known(
        tuple((keys[..., :covered, :], values[..., :covered, :]) for keys, values in found.layers), None, covered
    )


def forget() -> None:
    """Drops everything."""
    with _guard:
        _kept.clear()


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
