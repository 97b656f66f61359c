"""Key-value caches kept for a while under the tokens they were made of: a later turn is quicker.

Bounded and disposable: losing an entry costs time, never a result. Nothing is filed under who asked.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

MOST_BYTES, MOST = 256 * 2**20, 64  # of all that are kept of a model, and how many
Layers = tuple[tuple[Tensor, Tensor], ...]  # keys and values of each layer, (1, heads, n, d); never written to

_kept: weakref.WeakKeyDictionary[Any, OrderedDict[tuple[int, ...], Layers]] = weakref.WeakKeyDictionary()
_guard = threading.Lock()


def size(layers: Layers) -> int:
    """Bytes of a cache."""
    return sum(t.numel() * t.element_size() for pair in layers for t in pair)


def keep(network: Any, ids: Sequence[int], layers: Layers) -> None:
    """Files a cache of `network` under the tokens it was made of; shorter ones that it begins with are dropped."""
    key = tuple(ids)
    with _guard:
        mine = _kept.setdefault(network, OrderedDict())
        for old in [old for old in mine if len(old) <= len(key) and key[: len(old)] == old]:
            del mine[old]
        mine[key] = layers
        while len(mine) > MOST or (len(mine) > 1 and sum(size(one) for one in mine.values()) > MOST_BYTES):
            mine.popitem(last=False)


def longest(network: Any, ids: Sequence[int], whole: Callable[[int], int]) -> tuple[Layers | None, int]:
    """(a cache, how many of the first tokens of `ids` it covers); (None, 0) where none does.

    whole: how many of so many tokens may be covered.
    """
    best, covered = None, 0
    with _guard:
        mine = _kept.get(network, OrderedDict())
        for key in mine:
            same = whole(_common(key, ids))
            if same > covered:
                best, covered = key, same
        if best is None:
            return None, 0
        mine.move_to_end(best)
        layers = mine[best]
    return tuple((keys[..., :covered, :], values[..., :covered, :]) for keys, values in layers), covered


def forget() -> None:
    """Drops everything."""
    with _guard:
        _kept.clear()


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
