"""A decoder by hand: the layers of a LLaMA-like network, one small function each, over the network's own weights.

Vaswani et al. 2017, "Attention Is All You Need" (section 3.2); Su et al. 2021, "RoFormer" (positions as rotations);
Ainslie et al. 2023, "GQA" (several query heads share a head of keys and values).
t: tokens read now; n: tokens in all, those in the cache among them; width: numbers of the residual stream;
h: query heads; g: heads of keys and values; d: numbers of a head.
Nothing is written to the network and no hook is set: any number of visitors run through it at once.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from genai_demo.core.errors import DemoError, shown
from genai_demo.decoder.switched_off import Off

KINDS = ("llama", "qwen2")  # model types whose layers are the ones written out here
Turn = tuple[Tensor, Tensor]  # cosine and sine of each token's angles, (t, d) each


@dataclass(frozen=True, slots=True)
class Parts:
    """The modules of a network. h, g: its heads of queries, of keys and values; d: numbers of a head."""

    embed: Callable[[Tensor], Tensor]
    layers: Sequence[Any]
    norm: Any
    head: Callable[[Tensor], Tensor]
    rotary: Any
    h: int
    g: int
    d: int
    device: Any


@dataclass(slots=True)
class Cache:
    """Keys and values of the tokens read so far, (g, n, d) of each layer that ran. It belongs to one visitor's run."""

    held: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)
    tokens: int = 0

    def add(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values (g, t, d) behind those of the tokens before: (g, n, d)."""
        if layer in self.held:
            k, v = (torch.cat(pair, 1) for pair in zip(self.held[layer], (k, v)))
        self.held[layer] = k, v
        return k, v

    def copy(self) -> Cache:
        """One that grows on its own; what both hold is shared."""
        return Cache(dict(self.held), self.tokens)

    @property
    def bytes(self) -> int:
        """Bytes of memory of all its keys and values."""
        return sum(part.numel() * part.element_size() for pair in self.held.values() for part in pair)


NOTHING = Off()


def parts(network: Any) -> Parts:
    """The modules of a network of Transformers. Raises DemoError where it is of another kind than KINDS."""
    config = network.config
    kind = str(getattr(config, "model_type", type(network).__name__))
    narrow = kind in KINDS and any(getattr(one.self_attn, "sliding_window", None) for one in network.model.layers)
    if kind not in KINDS or narrow:
        what = f"a {shown(kind)} network" + (" with a sliding window" if narrow else "")
        raise DemoError(
            f"the model is {what}, whose insides can't be shown; choose one of the kind {' or '.join(KINDS)}"
        )
    inner, h = network.model, config.num_attention_heads
    d = getattr(config, "head_dim", None) or config.hidden_size // h
    return Parts(
        inner.embed_tokens,
        list(inner.layers),
        inner.norm,
        network.lm_head,
        inner.rotary_emb,
        h,
        config.num_key_value_heads,
        d,
        network.device,
    )


def look_up(net: Parts, ids: Sequence[int]) -> Tensor:
    """(t,) token numbers -> (t, width): a row of the table of embeddings each."""
    return net.embed(torch.tensor(ids, device=net.device))


def turns(net: Parts, x: Tensor, first: int = 0) -> Turn:
    """Cosine and sine, (t, d) each, of the angles by which the tokens at places first, first + 1, ... are turned."""
    places = torch.arange(first, first + len(x), device=x.device)
    cos, sin = net.rotary(x[None], places[None])
    return cos[0], sin[0]


def split(x: Tensor, d: int) -> Tensor:
    """(t, heads * d) -> (heads, t, d)."""
    return x.view(len(x), -1, d).transpose(0, 1)


def project(layer: Any, x: Tensor, d: int) -> tuple[Tensor, Tensor, Tensor]:
    """(t, width) -> queries (h, t, d), keys and values (g, t, d): three products with learned matrices."""
    at = layer.self_attn
    return split(at.q_proj(x), d), split(at.k_proj(x), d), split(at.v_proj(x), d)


def rotate(x: Tensor, turn: Turn) -> Tensor:
    """(heads, t, d): the pairs of numbers i and i + d/2 are turned by the angles of their token's place."""
    cos, sin = turn
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-b, a), dim=-1) * sin


def shared(x: Tensor, h: int) -> Tensor:
    """(g, n, d) -> (h, n, d): each head of keys or values serves h / g heads of queries."""
    return x.repeat_interleave(h // len(x), dim=0)


def scores(q: Tensor, k: Tensor) -> Tensor:
    """(h, t, d), (h, n, d) -> (h, t, n) float32: how well each query fits each key."""
    return q.float() @ k.float().transpose(-1, -2) / math.sqrt(q.shape[-1])


def mask(score: Tensor) -> Tensor:
    """(h, t, n): minus infinity where a token would look at a later one."""
    t, n = score.shape[-2:]
    later = torch.ones(t, n, dtype=torch.bool, device=score.device).triu(n - t + 1)
    return score.masked_fill(later, float("-inf"))


def weigh(score: Tensor) -> Tensor:
    """(h, t, n): each row positive, with the sum 1."""
    return score.softmax(dim=-1)


def mix(weights: Tensor, v: Tensor) -> Tensor:
    """(h, t, n), (h, n, d) -> (h, t, d): the values that were looked at, each as much as its weight."""
    return weights.to(v.dtype) @ v


def silence(mixed: Tensor, heads: Sequence[int]) -> Tensor:
    """(h, t, d), zero in the heads that are switched off; a copy."""
    at = torch.tensor(heads, dtype=torch.long, device=mixed.device)
    return mixed.index_fill(0, at, 0.0)


def join(layer: Any, mixed: Tensor) -> Tensor:
    """(h, t, d) -> (t, width): the heads side by side, and one more learned matrix."""
    out: Tensor = layer.self_attn.o_proj(mixed.transpose(0, 1).flatten(1))
    return out


def normed(norm: Any, x: Tensor) -> Tensor:
    """(t, width): each token's vector brought to one length, then scaled by learned numbers (Zhang & Sennrich 2019)."""
    length = x.float().pow(2).mean(dim=-1, keepdim=True)
    scaled: Tensor = norm.weight * (x.float() * torch.rsqrt(length + norm.variance_epsilon)).to(x.dtype)
    return scaled


def think(layer: Any, x: Tensor) -> Tensor:
    """(t, width) -> (t, width): two learned layers with a gate between, each token by itself (Shazeer 2020)."""
    mlp = layer.mlp
    out: Tensor = mlp.down_proj(mlp.act_fn(mlp.gate_proj(x)) * mlp.up_proj(x))
    return out


def attend(
    net: Parts, layer: Any, x: Tensor, turn: Turn, keep: Callable[[Tensor, Tensor], Any], off: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """x (t, width), normed -> what attention adds (t, width), its weights (h, t, n) float32.

    keep(k, v): puts keys and values behind those of earlier tokens, and gives all back; off: heads whose values are
    replaced by zero.
    """
    q, k, v = project(layer, x, net.d)
    k, v = keep(rotate(k, turn), v)
    weights = weigh(mask(scores(rotate(q, turn), shared(k, net.h))))
    mixed = mix(weights, shared(v, net.h))
    return join(layer, silence(mixed, off) if off else mixed), weights


def block(
    net: Parts, layer: Any, x: Tensor, turn: Turn, keep: Callable[[Tensor, Tensor], Any], off: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """One layer: the residual stream (t, width) with what attention and then the feed-forward part add; weights."""
    added, weights = attend(net, layer, normed(layer.input_layernorm, x), turn, keep, off)
    x = x + added
    return x + think(layer, normed(layer.post_attention_layernorm, x)), weights


def through(
    net: Parts, ids: Sequence[int], cache: Cache | None = None, off: Off = NOTHING
) -> Iterator[tuple[Tensor, Tensor | None]]:
    """The residual stream (t, width) and the weights (h, t, n): after the embedding (no weights), after each layer.

    A layer that is off passes the stream on as it came, without weights. Take it to its end: only then is the cache
    whole. Call it under torch.inference_mode.
    """
    cache = Cache() if cache is None else cache
    x = look_up(net, ids)
    turn = turns(net, x, cache.tokens)
    yield x, None
    for i, layer in enumerate(net.layers):
        weights = None
        if i not in off.layers:
            x, weights = block(net, layer, x, turn, functools.partial(cache.add, i), off.heads.get(i, ()))
        yield x, weights
    cache.tokens += len(ids)


def predict(net: Parts, x: Tensor) -> Tensor:
    """(t, width) -> (t, vocabulary) float32: the logits of the token after each, read off the residual stream."""
    return net.head(normed(net.norm, x)).float()


def next_logits(net: Parts, ids: Sequence[int], cache: Cache | None = None, off: Off = NOTHING) -> Tensor:
    """(vocabulary,) float32 of the token after `ids`, which come behind what the cache holds."""
    *_, (x, _) = through(net, ids, cache, off)
    return predict(net, x[-1:])[0]
