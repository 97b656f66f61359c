"""Greedy writing with the network written out in attention.py: with a cache or without, whole or with parts off."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from genai_demo.core.frames import Tok
from genai_demo.decoder.attention import NOTHING, Cache, Parts, next_logits
from genai_demo.decoder.switched_off import Off
from genai_demo.language.model import LanguageModel
from genai_demo.language.shown import piece


@dataclass(frozen=True, slots=True)
class Taken:
    """A token and the logits (vocabulary,) it is the likeliest of; ms: the time it took."""

    id: int
    logits: Tensor
    ms: float


def timed(net: Parts, new: Sequence[int], cache: Cache | None, off: Off = NOTHING) -> Taken:
    """The likeliest token after those of the cache and `new`."""
    start = time.perf_counter()
    logits = next_logits(net, new, cache, off)
    token = int(logits.argmax())  # waits for the device
    return Taken(token, logits, 1000 * (time.perf_counter() - start))


def greedy(
    net: Parts, ids: Sequence[int], stops: Collection[int], limit: int, off: Off = NOTHING, *, use_cache: bool = True
) -> Iterator[Taken]:
    """At most `limit` tokens after `ids`, up to and with a stop. Without the cache the whole text is read for each."""
    cache, new = Cache() if use_cache else None, list(ids)
    for _ in range(limit):
        taken = timed(net, new, cache, off)
        yield taken
        if taken.id in stops:
            return
        new = [taken.id] if use_cache else [*new, taken.id]


def written(model: LanguageModel, taken: Taken | None) -> tuple[Tok, ...]:
    """The token as it is shown, its probability as its shade; a stop is named quietly; () where there is none."""
    if taken is None:
        return ()
    share = float(taken.logits.softmax(0)[taken.id])
    if taken.id in model.stops:
        return (Tok(piece(model, taken.id), share, "prompt", taken.id, "the answer ends here"),)
    return (Tok(piece(model, taken.id), share, "", taken.id, f"{100 * share:.1f} %"),)
