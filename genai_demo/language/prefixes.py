"""Key-value caches kept for a while under the tokens they were made of: a later turn is quicker.

Bounded and disposable: losing an entry costs time, never a result. Nothing is filed under who asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from genai_demo.core.caches import Cache, PerOwner, weigh

MOST_BYTES = 256 * 2**20  # of all that are kept of a model
Layers = tuple[tuple[Tensor, Tensor], ...]  # keys and values of each layer, (1, heads, n, d); never written to


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A cache of the first `covers` tokens. logits (1, vocabulary): of what comes after them, where that is known."""

    layers: Layers
    logits: Tensor | None
    covers: int


_kept = PerOwner[tuple[int, ...], Known](lambda: Cache("prefixes", lambda: MOST_BYTES, weigh, alone=True))


def size(layers: Layers) -> int:
    """Bytes of a cache."""
    return sum(keys.nbytes + values.nbytes for keys, values in layers)


def keep(network: Any, ids: Sequence[int], known: Known) -> None:
    """Files a cache of `network` under the tokens it was made of; shorter ones that it begins with are dropped."""
    key, mine = tuple(ids), _kept.of(network)
    mine.drop(lambda old: len(old) <= len(key) and key[: len(old)] == old)
    mine.put(key, known)


def longest(network: Any, ids: Sequence[int], ends: Sequence[int]) -> Known | None:
    """What is known of the longest beginning of `ids` that has one of the lengths `ends`; None where nothing is.

    All of `ids` are known only where they were kept themselves: of a longer text's middle there are no logits.
    """
    best, covered, mine = None, 0, _kept.of(network)
    for key in mine:
        same = _common(key, ids)
        usable = [end for end in ends if end <= same and (end < len(ids) or len(key) == len(ids))]
        if usable and usable[-1] > covered:
            best, covered = key, usable[-1]
    found = mine.get(best) if best is not None else None
    if found is None:
        return None
    if covered == found.covers:
        return found
    return Known(
        tuple((keys[..., :covered, :], values[..., :covered, :]) for keys, values in found.layers), None, covered
    )


def forget() -> None:
    """Drops everything."""
    _kept.clear()


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
