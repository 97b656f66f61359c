"""What the networks cost and what they give: parameters held and used, FLOPs and time a token, memory, perplexity.

Shazeer et al. 2017: a network may hold much more than it computes with. n: tokens of the text. A multiplication and
an addition are two FLOPs; those of norms, softmax and the like, a few in a hundred, are left out.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genai_demo.core.frames import Tok, curve, number, prose, ranked
from genai_demo.core.load import load
from genai_demo.core.spec import find_spec
from genai_demo.language.model import LanguageModel
from genai_demo.moe.network import foreign, router
from genai_demo.moe.options import TwinsOptions
from genai_demo.moe.shown import tensor

NETWORKS = ("moe/top1", "moe/active", "moe/top2", "moe/total")  # from the least used for a token to the most
QUALITY, TIME, ACTIVE = "perplexity, held-out text", "processor time a token", "active"
MILLION, KILO = 1e6, 1e3


@dataclass(frozen=True, slots=True, eq=False)
class TwinsStep:
    """One network more. Times: medians, taken now. Perplexities: of the cards, on text held out."""

    index: int
    total: int
    said: str = prose("what is shown")
    held: tuple[Tok, ...] = ranked("parameters held, millions", unit="million", long=True)
    used: tuple[Tok, ...] = ranked("parameters active for a token, millions", unit="million", long=True)
    work: tuple[Tok, ...] = ranked(
        "computation for a token of your text, million FLOPs", unit="million FLOPs", long=True
    )
    memory: tuple[Tok, ...] = ranked("memory for the parameters, MB", unit="MB", long=True)
    costs: tuple[Tok, ...] = ranked("perplexity, the lower the better", long=True)
    network: str = number("network")
    active: float = number("active for a token", unit="million parameters", digits=2)
    sparse: float | None = curve("with experts", chart=QUALITY, against=ACTIVE, digits=1)
    dense: float | None = curve("dense", chart=QUALITY, against=ACTIVE, digits=1)
    sparse_ms: float | None = curve("with experts ", unit="ms", chart=TIME, against=ACTIVE, digits=3, measured=True)
    dense_ms: float | None = curve("dense ", unit="ms", chart=TIME, against=ACTIVE, digits=3, measured=True)
    alone_ms: float = number("a token alone", unit="ms", digits=2, measured=True)


@dataclass(frozen=True, slots=True)
class Twin:
    """held, active: parameters; flops: of a token; bytes: of all parameters; perplexity: its card's."""

    title: str
    experts: bool
    held: int
    active: int
    flops: float
    bytes: int
    perplexity: float


@torch.inference_mode()
def twins(options: TwinsOptions, *, seed: int) -> Iterator[TwinsStep]:
    """All are timed in turn, then a frame a network. Nothing is random but what a clock says."""
    models = [load(find_spec(key)) for key in NETWORKS]
    ids = tensor(models[0], options.text)
    found = [twin(key, model, ids.shape[1]) for key, model in zip(NETWORKS, models)]
    spent = timed(models, ids, options.times)
    alone = timed(models, ids[:, :1], options.times)
    for i, one in enumerate(found):
        ms, so_far = spent[i] / ids.shape[1], found[: i + 1]
        yield TwinsStep(
            i,
            len(found),
            foreign(options.text) or told(found, i),
            bars(found, so_far, "held", MILLION),
            bars(found, so_far, "active", MILLION),
            bars(found, so_far, "flops", MILLION),
            bars(found, so_far, "bytes", MILLION),
            bars(found, so_far, "perplexity", 1),
            one.title,
            one.active / MILLION,
            one.perplexity if one.experts else None,
            None if one.experts else one.perplexity,
            ms if one.experts else None,
            None if one.experts else ms,
            alone[i],
        )


def twin(key: str, model: LanguageModel, n: int) -> Twin:
    """What can be said of a network without running it."""
    spec, network = find_spec(key), model.network
    held = sum(p.numel() for p in network.parameters())
    resting = sum(idle(layer) for layer in network.model.layers)
    sizes = sum(p.numel() * p.element_size() for p in network.parameters())
    quality = spec.card["quality"]["perplexity"]
    return Twin(spec.title, resting > 0, held, held - resting, flops(model, n), sizes, quality)


def idle(layer: Any) -> int:
    """Parameters of a layer that rest at each token: those of the experts that it does not go to."""
    gate = router(layer)
    if gate is None:
        return 0
    every: int = sum(p.numel() for p in layer.mlp.experts.parameters())
    return every - every * int(gate.top_k) // int(gate.num_experts)


def flops(model: LanguageModel, n: int) -> float:
    """For a token of a text of n, all read at once: two for each weight that it meets in a matrix, and attention's."""
    core = model.network.model
    met: int = model.network.lm_head.weight.numel()
    for layer in core.layers:
        met += sum(p.numel() for p in layer.parameters() if p.dim() > 1) - idle(layer)
    # q k and the weighted sum of v, over n places each
    heads: int = model.network.config.hidden_size * len(core.layers)
    return 2.0 * met + 4.0 * heads * n


def timed(models: Sequence[LanguageModel], ids: Tensor, times: int) -> list[float]:
    """Processor time of a pass of each in ms, median of so many, taken in turn so that all meet the same weather."""
    spent: list[list[float]] = [[] for _ in models]
    for turn in range(times + 1):
        for k, model in enumerate(models):
            start = time.thread_time()
            model.network(ids, use_cache=False)
            if turn:  # the first pass is slower
                spent[k].append(KILO * (time.thread_time() - start))
    return [statistics.median(each) for each in spent]


def bars(found: Sequence[Twin], so_far: Sequence[Twin], name: str, unit: float) -> tuple[Tok, ...]:
    """A quantity of the networks so far, against the most that one of all has."""
    most = max(getattr(one, name) for one in found)
    return tuple(
        Tok(
            one.title, getattr(one, name) / most, "picked" if one is so_far[-1] else "", value=getattr(one, name) / unit
        )
        for one in so_far
    )


def told(found: Sequence[Twin], index: int) -> str:
    """What a frame shows; at the end, the order that the cards give."""
    one = found[index]
    if index < len(found) - 1:
        return (
            f"{one.title}: {one.held / MILLION:.2f} million parameters are held, {one.active / MILLION:.2f} of them "
            f"are used for a token; perplexity {one.perplexity:.1f}."
        )
    order = sorted(found, key=lambda each: each.perplexity)
    listed = "; ".join(f"{each.title.lower()}, {each.perplexity:.1f}" for each in order)
    return f"Perplexity of the cards, best first: {listed}. What is held is held whether it is used or not."
