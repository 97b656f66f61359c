"""Where tokens go, and the pass through a network with that changed: k, temperature, experts off or forced, capacity.

Fedus et al. 2021, "Switch Transformers" (capacity, dropped tokens); Jiang et al. 2024, "Mixtral of Experts".
t: tokens; e: experts of a layer. The shared network is only read: attention and experts are called as they are, and
the choice between them is made here.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.language.model import LanguageModel
from genai_demo.moe.network import experts_of, layers_of, router, top_k

Order = Literal["as they stand", "surest first"]
NONE: Collection[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is changed; nothing by default. k: experts a token, None as trained; temperature: divides the router's
    logits; off: layer -> experts that are not there; forced: layer -> the one to which all go, with all their weight;
    capacity: times the even share, that an expert takes at most; order: who is first where there is no room for all.
    """

    k: int | None = None
    temperature: float = 1.0
    off: Mapping[int, Collection[int]] = field(default_factory=dict)
    forced: Mapping[int, int] = field(default_factory=dict)
    capacity: float = math.inf
    order: Order = "as they stand"


@dataclass(frozen=True, slots=True, eq=False)
class Routed:
    """A layer. chances (t, e): softmax of the router; index, weights, kept (t, k): experts of a token, how much each
    counts, whether there was room."""

    chances: Tensor
    index: Tensor
    weights: Tensor
    kept: Tensor

    @property
    def load(self) -> Tensor:
        """Tokens that each expert was chosen for, (e,) int64."""
        return torch.bincount(self.index.flatten(), minlength=self.chances.shape[1])


AS_TRAINED = Plan()
ROWS = 24  # of logits at a time: so little memory is used again, where a whole text's is asked for anew


def through(model: LanguageModel, ids: Tensor, plan: Plan = AS_TRAINED) -> tuple[Tensor, tuple[Routed, ...]]:
    """ids (b, n) -> logits (b, n, vocabulary), and each layer with experts, its tokens row by row."""
    core = model.network.model
    x = core.embed_tokens(ids)
    turns = core.rotary_emb(x, position_ids=torch.arange(ids.shape[1], device=ids.device)[None])
    found: list[Routed] = []
    for layer in core.layers:
        seen = layer.input_layernorm(x)
        x = x + layer.self_attn(hidden_states=seen, position_embeddings=turns, attention_mask=None)[0]
        h = layer.post_attention_layernorm(x)
        if router(layer) is None:
            x = x + layer.mlp(h)
            continue
        flat = h.flatten(0, 1)
        to = routed(router(layer), flat, plan, len(found))
        found.append(to)
        x = x + (layer.mlp.experts(flat, to.index, to.weights) + shared(layer.mlp, flat)).view_as(x)
    return model.network.lm_head(core.norm(x)), tuple(found)


def shared(block: Any, flat: Tensor) -> Tensor | float:
    """What the expert adds that every token goes to, in models that have one (Dai et al. 2024, "DeepSeekMoE")."""
    if not hasattr(block, "shared_expert"):
        return 0.0
    out: Tensor = torch.sigmoid(block.shared_expert_gate(flat)) * block.shared_expert(flat)
    return out


def routed(gate: Any, flat: Tensor, plan: Plan, layer: int) -> Routed:
    """flat (t, d): where its tokens go."""
    logits = torch.nn.functional.linear(flat, gate.weight).float() / plan.temperature
    off = sorted(plan.off.get(layer, NONE))
    if off:
        logits[:, off] = -math.inf
    chances = logits.softmax(-1)
    if layer in plan.forced:
        index = torch.full_like(chances[:, :1], plan.forced[layer], dtype=torch.long)
        weights = torch.ones_like(chances[:, :1])
    else:
        weights, index = chances.topk(min(plan.k or gate.top_k, chances.shape[1] - len(off)), dim=-1)
        if getattr(gate, "norm_topk_prob", True):  # Mixtral always weighs to a sum of 1, others say whether
            weights = weights / weights.sum(-1, keepdim=True)
    kept = room(index, weights, chances.shape[1], plan)
    return Routed(chances, index, (weights * kept).to(flat.dtype), kept)


def room(index: Tensor, weights: Tensor, experts: int, plan: Plan) -> Tensor:
    """index, weights (t, k) -> (t, k) bool: for whom there is room. First choices come before second ones."""
    tokens, k = index.shape
    if math.isinf(plan.capacity):
        return torch.ones_like(index, dtype=torch.bool)
    limit = places(plan.capacity, tokens, k, experts)
    queue = index.T.flatten()  # all first choices, then all second ones
    order = torch.arange(len(queue), device=queue.device)
    if plan.order == "surest first":
        order = weights.T.flatten().argsort(descending=True, stable=True)
    asked = torch.nn.functional.one_hot(queue[order], experts).cumsum(0)
    before = asked.gather(1, queue[order][:, None])[:, 0]
    kept = torch.empty_like(queue, dtype=torch.bool)
    kept[order] = before <= limit
    return kept.view(k, tokens).T


def places(capacity: float, tokens: int, k: int, experts: int) -> int:
    """How many tokens an expert takes: Switch's expert capacity, for k choices a token."""
    return math.ceil(capacity * tokens * k / experts)


def checked(model: LanguageModel, off: Collection[int], forced: int | None, layer: int) -> Plan:
    """A plan for a layer counted from 1, 0 for all of them; experts counted from 1.

    Raises DemoError where there is no such layer or expert, or none is left.
    """
    layers, experts = layers_of(model), experts_of(model)
    if layer > layers:
        raise DemoError(f"layer is {layer}; this model has {layers}, choose 1 to {layers}, or 0 for all")
    if wrong := next((number for number in [*off, *([forced] if forced else [])] if not 1 <= number <= experts), None):
        raise DemoError(f"expert is {wrong}; a layer of this model has {experts}, choose 1 to {experts}")
    if len(off) >= experts:
        raise DemoError(f"off leaves none of the {experts} experts; leave at least one on")
    if forced in off:
        raise DemoError(f"force is {forced}, which is switched off; force another one, or leave it on")
    which = range(layers) if not layer else (layer - 1,)
    zero = frozenset(number - 1 for number in off)
    return Plan(
        off=dict.fromkeys(which, zero) if off else {}, forced=dict.fromkeys(which, forced - 1) if forced else {}
    )


def nats(logits: Tensor, ids: Tensor) -> Tensor:
    """Cross-entropy of each token but the first, of logits (b, n, v) and ids (b, n): (b, n - 1)."""
    rows = logits[:, :-1].flatten(0, 1)  # whole rows: over columns the same sum takes several times as long
    parts = zip(rows.split(ROWS), ids[:, 1:].flatten().split(ROWS))
    lost = [torch.nn.functional.cross_entropy(row.float(), right, reduction="none") for row, right in parts]
    return torch.cat(lost).view(len(ids), -1)


def usual(model: LanguageModel) -> str:
    """How it was trained, in words: "2 of 8 experts"."""
    return f"{top_k(model)} of {experts_of(model)} experts"
