"""More or fewer experts a token than in training: what the same network then makes of text, domain by domain."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from genai_demo.core.frames import Tok, curve, number, prose, ranked, tokens
from genai_demo.language.held import stretches
from genai_demo.language.model import LanguageModel
from genai_demo.language.shown import piece
from genai_demo.moe.network import experts_of, foreign, top_k
from genai_demo.moe.options import TopkOptions
from genai_demo.moe.routing import Plan, nats, through, usual
from genai_demo.moe.shown import tensor

LENGTH = 128  # tokens of a stretch
PERPLEXITY = "perplexity"
ALL = 16  # experts up to which every k is tried


@dataclass(frozen=True, slots=True, eq=False)
class TopkStep:
    """One k. yours: perplexity of the visitor's text, the others of text held out, by domain."""

    index: int
    total: int
    said: str = prose("what is shown")
    text: tuple[Tok, ...] = tokens("your text: how surprising each token is")
    domains: tuple[Tok, ...] = ranked("perplexity against that of k as trained", unit="times")
    k: int = number("experts a token", digits=0)
    yours: float | None = curve("your text", chart=PERPLEXITY, against="k")
    english: float = curve("English", chart=PERPLEXITY, against="k")
    french: float = curve("French", chart=PERPLEXITY, against="k")
    german: float = curve("German", chart=PERPLEXITY, against="k")
    italian: float = curve("Italian", chart=PERPLEXITY, against="k")
    python: float = curve("Python", chart=PERPLEXITY, against="k")


@torch.inference_mode()
def topk(model: LanguageModel, options: TopkOptions, *, seed: int) -> Iterator[TopkStep]:
    """A frame for each number of experts. Nothing is random."""
    ids, held = tensor(model, options.text), stretches(model, options.stretches, LENGTH)
    usually = {name: perplexity(model, rows, Plan()) for name, rows in held.items()}
    wanted = tried(experts_of(model), top_k(model))
    for i, k in enumerate(wanted):
        plan = Plan(k=k, temperature=options.temperature)
        lost = nats(through(model, ids, plan)[0], ids)[0]
        found = {name: perplexity(model, rows, plan) for name, rows in held.items()}
        yield TopkStep(
            i,
            len(wanted),
            foreign(options.text) or told(model, k, options.temperature),
            surprising(model, ids[0].tolist(), lost),
            tuple(
                Tok(name, min(1.0, found[name] / usually[name] / 4), value=found[name] / usually[name])
                for name in sorted(found, key=lambda name: found[name] / usually[name])
            ),
            k,
            math.exp(float(lost.mean())) if lost.numel() else None,
            **found,
        )


def tried(experts: int, usually: int) -> list[int]:
    """Each number of experts, of many experts only some."""
    some = range(1, experts + 1) if experts <= ALL else {usually, experts, *(2**i for i in range(experts.bit_length()))}
    return sorted(k for k in some if k <= experts)


def perplexity(model: LanguageModel, rows: Tensor, plan: Plan) -> float:
    """Of stretches (n, length), a stretch at a time."""
    return math.exp(sum(float(nats(through(model, row[None], plan)[0], row[None]).mean()) for row in rows) / len(rows))


def surprising(model: LanguageModel, ids: list[int], lost: Tensor) -> tuple[Tok, ...]:
    """The text with the probability of each token; of the first one there is none."""
    chances = [None, *(-lost).exp().tolist()]
    return tuple(Tok(piece(model, token), p, "prompt" if p is None else "", token) for token, p in zip(ids, chances))


def told(model: LanguageModel, k: int, temperature: float) -> str:
    """What a frame shows."""
    if k == top_k(model) and temperature == 1:
        return f"{usual(model)}, as it was trained."
    softer = "" if temperature == 1 else f", the router's numbers divided by {temperature:g}"
    return f"{k} of {experts_of(model)} experts{softer}; it was trained with {top_k(model)}."
