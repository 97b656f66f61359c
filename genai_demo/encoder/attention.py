"""An encoder layer by layer, written out: embedding, attention in both directions, feed-forward part.

Vaswani et al. 2017; Devlin et al. 2018. Norms come behind what is added ("post-norm"), as in the first Transformer.
x (t, width): the tokens' vectors; weights (h, t, t): row i is what token i looks at, and sums to 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor


def allowed(count: int, causal: bool) -> Tensor:
    """(t, t) bool: which tokens each may look at: all, or those up to itself."""
    every = torch.ones(count, count, dtype=torch.bool)
    return every.tril() if causal else every


def attend(layer: Any, x: Tensor, may: Tensor) -> tuple[Tensor, Tensor]:
    """x (t, width) -> what attention makes of it (t, width), its weights (h, t, t) float32."""
    part = layer.attention.self
    q, k, v = (_heads(made(x), part.num_attention_heads) for made in (part.query, part.key, part.value))
    scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])  # (h, t, d) @ (h, d, t) -> (h, t, t)
    weights = scores.float().masked_fill(~may, -torch.inf).softmax(-1)
    mixed = (weights.to(v.dtype) @ v).transpose(0, 1).flatten(1)  # (h, t, d) -> (t, width)
    out = layer.attention.output
    return out.LayerNorm(out.dense(mixed) + x), weights


def _heads(x: Tensor, count: int) -> Tensor:
    """(t, width) -> (h, t, width / h)."""
    return x.view(len(x), count, -1).transpose(0, 1)


def think(layer: Any, x: Tensor) -> Tensor:
    """(t, width) -> (t, width): two learned layers, each token by itself, added and normed."""
    inner = layer.intermediate.intermediate_act_fn(layer.intermediate.dense(x))
    out: Tensor = layer.output.LayerNorm(layer.output.dense(inner) + x)
    return out


def through(network: Any, ids: Sequence[int], *, causal: bool = False) -> Iterator[tuple[Tensor, Tensor | None]]:
    """x and the weights: after the embedding (no weights), after each layer. Call it under torch.inference_mode."""
    base = network.base_model
    device = next(network.parameters()).device
    x = base.embeddings(input_ids=torch.tensor([list(ids)], device=device))[0]
    may = allowed(len(ids), causal).to(device)
    yield x, None
    for layer in base.encoder.layer:
        x, weights = attend(layer, x, may)
        x = think(layer, x)
        yield x, weights
