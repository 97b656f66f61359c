"""Switch off heads, layers or the cache of a decoder, and see the answer beside the one of the whole network.

Michel et al. 2019, "Are Sixteen Heads Really Better than One?"; Olsson et al. 2022 (what single heads do).
A head that is off gives zeros in place of its values; a layer that is off passes its input on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from genai_demo.core.frames import Tok, curve, number, prose, ranked, tokens
from genai_demo.decoder.attention import Cache, Parts, next_logits, parts
from genai_demo.decoder.greedy import Taken, greedy, written
from genai_demo.decoder.options import AblateOptions
from genai_demo.decoder.switched_off import Off
from genai_demo.language.distributions import divergence
from genai_demo.language.model import LanguageModel, ids_of
from genai_demo.language.shown import prompt, these

LONGEST = 256  # tokens of a text
SHOWN = 6  # likeliest tokens of each of the two distributions


@dataclass(frozen=True, slots=True, eq=False)
class AblateStep:
    """One more token on both sides. before and after: what may follow the whole network's text so far, by the whole
    network and by the one with parts off; the same tokens in the same order. An answer that has ended adds none."""

    index: int
    total: int
    said: str = prose("what is off")
    whole: tuple[Tok, ...] = tokens("as it is", grows=True)
    less: tuple[Tok, ...] = tokens("with parts switched off", grows=True)
    before: tuple[Tok, ...] | None = ranked("next token, as it is", unit="probability")
    after: tuple[Tok, ...] | None = ranked("next token, with parts off", unit="probability")
    gap: float | None = curve("KL(as it is || with parts off)", unit="nats")
    same: int = number("tokens in common from the start", digits=0)
    whole_ms: float | None = curve("as it is", unit="ms", chart="time of a token", digits=1, measured=True)
    less_ms: float | None = curve("with parts off", unit="ms", chart="time of a token", digits=1, measured=True)


@torch.inference_mode()
def ablate(model: LanguageModel, options: AblateOptions, *, seed: int) -> Iterator[AblateStep]:
    """Both networks write greedily, each on its own text; a third reader follows the whole one's text with parts off,
    for two distributions can be compared on the same text only. Nothing is random."""
    net = parts(model.network)
    off = options.off(len(net.layers), net.h)
    ids = ids_of(model, options.text, chat=options.chat, most=LONGEST, room=options.max_new_tokens)
    said, limit, stops = words(net, off, use_cache=options.use_cache), options.max_new_tokens, model.stops
    all_on = greedy(net, ids, stops, limit)
    some_off = greedy(net, ids, stops, limit, off, use_cache=options.use_cache)
    reader, new, shown, same, apart = Cache(), list(ids), prompt(model, ids), 0, False
    for i in range(limit):
        a, b = next(all_on, None), next(some_off, None)
        done = all(taken is None or taken.id in stops for taken in (a, b))
        beside = None if a is None else next_logits(net, new, reader, off)
        new = [] if a is None else [a.id]
        apart = apart or a is None or b is None or a.id != b.id
        same += not apart
        before, after, gap = compared(model, a, beside)
        yield AblateStep(
            i,
            i + 1 if done else limit,
            said,
            shown + written(model, a),
            shown + written(model, b),
            before,
            after,
            gap,
            same,
            a.ms if a else None,
            b.ms if b else None,
        )
        if done:
            return
        shown = ()


Compared = tuple[tuple[Tok, ...] | None, tuple[Tok, ...] | None, float | None]


def compared(model: LanguageModel, taken: Taken | None, beside: Tensor | None) -> Compared:
    """The likeliest tokens of both distributions in one order, with each one's probabilities, and their KL."""
    if taken is None or beside is None:
        return None, None, None
    tops = [logits.topk(min(SHOWN, len(logits))).indices.tolist() for logits in (taken.logits, beside)]
    union = sorted({i for top in tops for i in top}, key=lambda i: -float(taken.logits[i]))
    return these(model, taken.logits, union), these(model, beside, union), divergence(taken.logits, beside)


def words(net: Parts, off: Off, *, use_cache: bool) -> str:
    """What is off, counted: "12 of 270 heads and 1 of 30 layers are off." A head of a layer that is off counts once,
    with its layer."""
    heads = sum(len(found) for layer, found in off.heads.items() if layer not in off.layers)
    layers = len(off.layers)
    counted = [
        f"{count} of {whole} {name}"
        for count, whole, name in ((heads, len(net.layers) * net.h, "heads"), (layers, len(net.layers), "layers"))
        if count
    ]
    said = f"{' and '.join(counted) or 'Nothing'} {'are' if heads + layers > 1 else 'is'} off."
    return said if use_cache else f"{said} So is the cache: the same tokens, only later."
