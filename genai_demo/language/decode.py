"""The decode loop over a Transformers model: one pass over the prompt, then one token at a time with its cache.

ids: token numbers; logits (vocabulary,) float32 of the token to come; u: a uniform number for each place of the answer.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.language import prefixes
from genai_demo.language.model import LanguageModel
from genai_demo.language.options import Sampling
from genai_demo.language.samplers import Candidates, draw, final


@dataclass(frozen=True, slots=True)
class Step:
    """A token that was taken. candidates: what it was taken from; cached: tokens in the cache, cache_bytes its size."""

    id: int
    logits: Tensor
    candidates: Candidates
    cached: int
    cache_bytes: int
    reused: int  # tokens of the prompt that an earlier turn had computed


@torch.inference_mode()
def decode(
    model: LanguageModel, ids: Sequence[int], sampling: Sampling, *, seed: int, limit: int, given: Sequence[int] = ()
) -> Iterator[Step]:
    """The tokens after `ids`, at most `limit`, up to and with one of the model's stops.

    The token at place i of the answer is drawn with the i-th number of the seed, whatever came before. given: how the
    answer begins; these tokens are not drawn, and one pass computes what could have stood in their places.
    """
    greedy = sampling.temperature == 0  # nothing is drawn then
    chances = [0.0] * limit if greedy else torch.rand(limit, generator=generator(seed), dtype=torch.float64).tolist()
    cache, row, reused = read(model, ids)
    seen = [*ids]
    rows = torch.cat([row, forward(model, given, cache, keep=len(given))]) if given else row
    for place, u in enumerate(chances):
        if place > len(given):
            rows = forward(model, seen[-1:], cache)
        logits = rows[min(place, len(rows) - 1)]
        candidates = final(logits, seen, sampling)
        token = given[place] if place < len(given) else draw(candidates, u)
        seen.append(token)
        yield Step(token, logits, candidates, len(seen) - 1, prefixes.size(layers_of(cache)), reused)
        if token in model.stops:
            return


def read(model: LanguageModel, ids: Sequence[int]) -> tuple[Any, Tensor, int]:
    """(a cache with all of `ids`; logits (1, vocabulary) of what comes next; how many were computed earlier).

    A text is computed turn by turn: a sum is rounded as it is split, and so what was kept changes no bit of what comes.
    Where nothing is kept it is computed at once.
    """
    from transformers import DynamicCache

    if not model.kept:
        cache = DynamicCache()
        return cache, forward(model, ids, cache), 0
    ends = [*turns(ids, model.opening), len(ids)]
    known = prefixes.longest(model.network, ids, ends)
    cache, row, reused = (
        (DynamicCache(known.layers), known.logits, known.covers) if known else (DynamicCache(), None, 0)
    )
    for start, end in itertools.pairwise([reused, *(end for end in ends if end > reused)]):
        row = forward(model, ids[start:end], cache)
    assert row is not None, "what ends with `ids` is kept with its logits"
    if reused < len(ids):
        prefixes.keep(model.network, ids, prefixes.Known(layers_of(cache), row, len(ids)))
    return cache, row, reused


def turns(ids: Sequence[int], opening: Sequence[int]) -> list[int]:
    """How many tokens there are up to each place before the last where an answer begins, its opening included."""
    wanted, long = list(opening), len(opening)
    return [end for end in range(long, len(ids)) if long and list(ids[end - long : end]) == wanted]


def forward(model: LanguageModel, new: Sequence[int], cache: Any, *, keep: int = 1) -> Tensor:
    """Runs the tokens that the cache does not hold yet, adds them to it.

    logits (keep, vocabulary) float32: of what comes after each of the last `keep`.
    """
    ids = torch.tensor([new], device=model.network.device)
    out = model.network(input_ids=ids, cache=cache, use_cache=True, logits_to_keep=keep)
    logits: Tensor = out.logits[0].float()
    return logits


def layers_of(cache: Any) -> prefixes.Layers:
    """Keys and values of each layer of a cache that has run."""
    return tuple((layer.keys, layer.values) for layer in cache.layers if layer.is_initialized)
