"""Room for so many tokens at each expert, and those that find none: they pass the layer by.

Lepikhin et al. 2020, "GShard"; Fedus et al. 2021, "Switch Transformers"; Riquelme et al. 2021 ("surest first").
capacity factor c: an expert takes ceil(c * tokens * k / experts).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, curve, number, prose, ranked, tokens
from genai_demo.language.held import stretches
from genai_demo.language.model import LanguageModel
from genai_demo.moe.network import experts_of, foreign, layers_of, top_k
from genai_demo.moe.options import CapacityOptions
from genai_demo.moe.routing import Plan, Routed, nats, places, through
from genai_demo.moe.shown import coloured, names, pieces, tensor
from genai_demo.moe.topk import LENGTH

FACTORS = (2.0, 1.75, 1.5, 1.25, 1.0, 0.75, 0.5, 0.25)
PERPLEXITY, DROPPED = "perplexity", "choices dropped"


@dataclass(frozen=True, slots=True, eq=False)
class CapacityStep:
    """One capacity factor. The first is so large that all find room. Perplexities: with that factor in every layer."""

    index: int
    total: int
    said: str = prose("what is shown")
    text: tuple[Tok, ...] = tokens("your text; struck out: no room at any of its experts", unit="weight", shade="share")
    load: tuple[Tok, ...] = ranked("tokens that ask for each expert, and its room", unit="tokens")
    factor: float = number("capacity factor", digits=2)
    room: int = number("room at an expert", unit="tokens", digits=0)
    dropped: float = curve("your text", unit="%", digits=1, chart=DROPPED, against="factor")
    held_dropped: float = curve("held out", unit="%", digits=1, chart=DROPPED, against="factor")
    perplexity: float | None = curve("your text", chart=PERPLEXITY, against="factor")
    held_perplexity: float = curve("held out", chart=PERPLEXITY, against="factor")


@torch.inference_mode()
def capacity(model: LanguageModel, options: CapacityOptions, *, seed: int) -> Iterator[CapacityStep]:
    """From room for all down to a quarter of the even share. Nothing is random."""
    if options.layer > layers_of(model):
        raise DemoError(f"layer is {options.layer}; this model has {layers_of(model)}, choose 1 to {layers_of(model)}")
    ids, k, experts = tensor(model, options.text), top_k(model), experts_of(model)
    text = pieces(model, ids[0].tolist())
    held = torch.cat(list(stretches(model, options.stretches, LENGTH).values()))
    factors = [factor for factor in (experts / k, *FACTORS) if factor <= experts / k]
    for i, factor in enumerate(sorted(set(factors), reverse=True)):
        plan = Plan(capacity=factor, order=options.order)
        logits, passed = through(model, ids, plan)
        held_logits, held_passed = through(model, held, plan)
        limit = places(factor, ids.shape[1], k, experts)
        yield CapacityStep(
            i,
            len(set(factors)),
            foreign(options.text) or told(passed[options.layer - 1], limit, options),
            coloured(text, passed[options.layer - 1]),
            asked(passed[options.layer - 1].load, limit),
            factor,
            limit,
            100 * lost(passed),
            100 * lost(held_passed),
            mean(logits, ids),
            mean(held_logits, held),
        )


def mean(logits: Tensor, ids: Tensor) -> float:
    """Perplexity; of a single token, which nothing comes behind, 1."""
    return math.exp(float(nats(logits, ids).mean())) if ids.shape[1] > 1 else 1.0


def lost(passed: tuple[Routed, ...]) -> float:
    """Share of all choices that found no room, over all layers."""
    return 1 - sum(float(at.kept.float().mean()) for at in passed) / len(passed)


def asked(load: Tensor, limit: int) -> tuple[Tok, ...]:
    """The room, and who asks for more of it: such an expert is marked. Bars are of the most that any is asked for."""
    most = int(load.max())
    experts = (
        Tok(
            name,
            count / most,
            "picked" if count > limit else "",
            note=f"{max(0, count - limit)} of {count} find no room",
            value=count,
            group=number,
        )
        for number, (name, count) in enumerate(zip(names(len(load)), load.tolist()))
    )
    return (Tok("room at each", min(1.0, limit / most), "prompt", value=limit), *experts)


def told(at: Routed, limit: int, options: CapacityOptions) -> str:
    """What a frame shows."""
    gone = int((~at.kept.any(-1)).sum())
    full = int((at.load > limit).sum())
    return (
        f"In layer {options.layer} an expert has room for {limit}; {full} are asked for more. {gone} of "
        f"{len(at.kept)} tokens find no room at all and pass the layer by unchanged."
    )
