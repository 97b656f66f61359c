"""Measures what cards and pages say of the models with experts, on text held out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from genai_demo.language.corpus import corpus
from genai_demo.language.model import LanguageModel
from genai_demo.language.pretrain import JUDGED, judged
from genai_demo.moe.context import overlap
from genai_demo.moe.information import apart, mutual_information
from genai_demo.moe.network import experts_of, top_k
from genai_demo.moe.routing import Plan, Routed, nats, through

LENGTH = 128  # tokens of a stretch
PAIRED, EVERY = 12, 3  # stretches of each domain in which tokens are paired; one token in so many
Held = Mapping[str, Tensor]  # domain -> stretches (n, LENGTH + 1)


def held() -> Held:
    """As `pretrain` judges by. Raises DemoError where the texts can't be had."""
    return corpus("held out", 10**9).held(JUDGED, LENGTH + 1)


@torch.inference_mode()
def perplexities(model: LanguageModel, rows: Held) -> dict[str, float]:
    """By domain, over all, and bits a byte: what the training wrote, of the weights as they are shipped."""
    return judged(model.network, rows, model.tokenizer.backend_tokenizer)


@torch.inference_mode()
def routing(model: LanguageModel, rows: Held) -> dict[str, Any]:
    """Load by domain and layer, mutual information, what the load tells, token against context, other k."""
    passed = {name: [through(model, row[None, :LENGTH])[1] for row in part] for name, part in rows.items()}
    counts = torch.stack([torch.stack([_loads(one) for one in each]).sum(0) for each in passed.values()])  # (d, l, e)
    layers = range(counts.shape[1])
    languages = [i for i, name in enumerate(passed) if name != "python"]
    shares = counts.double() / counts.sum(-1, keepdim=True)
    return {
        "experts": experts_of(model),
        "stretches": len(next(iter(rows.values()))),
        "length": LENGTH,
        "load": {name: _rounded(shares[i]) for i, name in enumerate(passed)},
        "bits": [round(mutual_information(counts[:, layer]), 4) for layer in layers],
        "bits_of_languages": [round(mutual_information(counts[languages, layer]), 4) for layer in layers],
        "even": [round(_even(counts[:, layer].sum(0)), 4) for layer in layers],
        "told": round(told(passed), 4),
        "context": context(rows, passed),
        "topk": {
            name: [round(_perplexity(model, part, k), 3) for k in range(1, experts_of(model) + 1)]
            for name, part in rows.items()
        },
        "top_k": top_k(model),
    }


def _rounded(values: Tensor) -> list[Any]:
    return [[round(value, 4) for value in row] for row in values.tolist()]


def _loads(passed: tuple[Routed, ...]) -> Tensor:
    """(layers, e)."""
    return torch.stack([at.load for at in passed])


def _even(load: Tensor) -> float:
    """Entropy of the load, of the most it can be."""
    shares = load.double() / load.sum()
    return float(torch.special.entr(shares).sum()) / math.log(len(load))


def _perplexity(model: LanguageModel, rows: Tensor, k: int) -> float:
    """Of a quarter of the stretches, with k experts a token."""
    plan = Plan(k=k)
    some = rows[::4]
    return math.exp(sum(float(nats(through(model, row[None], plan)[0], row[None]).mean()) for row in some) / len(some))


def told(passed: Mapping[str, list[tuple[Routed, ...]]]) -> float:
    """Share of the stretches whose load is likest that of their own domain, which the others of it make up."""
    loads = {name: torch.stack([_loads(one) for one in each]) for name, each in passed.items()}  # (n, l, e)
    right = 0
    for name, each in loads.items():
        for i, mine in enumerate(each):
            known = {other: its.sum(0) - (its[i] if other == name else 0) for other, its in loads.items()}
            distance = {other: float(apart(mine, its).sum()) for other, its in known.items()}
            right += min(distance, key=lambda other: distance[other]) == name
    return right / sum(map(len, loads.values()))


def context(rows: Held, passed: Mapping[str, list[tuple[Routed, ...]]]) -> list[dict[str, float]]:
    """For each layer the share of experts in common: of the same token in two stretches, and of different ones.

    near and far: different tokens of one domain, and of two.
    """
    ids = {name: part[:PAIRED, :LENGTH:EVERY].flatten() for name, part in rows.items()}
    tokens = torch.cat(list(ids.values()))
    domain = torch.repeat_interleave(torch.arange(len(ids)), len(tokens) // len(ids))
    stretch = torch.arange(len(tokens)) // len(range(0, LENGTH, EVERY))
    other = stretch[:, None] != stretch[None]
    same, near = tokens[:, None] == tokens[None], domain[:, None] == domain[None]
    found = []
    for layer in range(len(next(iter(passed.values()))[0])):
        index = torch.cat([one[layer].index[::EVERY] for each in passed.values() for one in each[:PAIRED]])
        at = Routed(index, index, index, index)
        agree = overlap(at, at)
        kinds = {"same": same, "others": ~same, "near": ~same & near, "far": ~same & ~near}
        found.append({name: round(float(agree[which & other].mean()), 4) for name, which in kinds.items()})
    return found
