"""What a transformer computes, step by step: embedding, one layer with the numbers of one head, and the next token.

Vaswani et al. 2017; Touvron et al. 2023, "LLaMA". The functions of `attention` are called, and their code is shown.
n: tokens; h: heads; g: groups of keys and values; d: numbers of a head.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genai_demo.core.frames import Tok
from genai_demo.decoder import attention as by_hand
from genai_demo.decoder.attention import Parts
from genai_demo.decoder.step import Step, few, size, step
from genai_demo.language.model import LanguageModel
from genai_demo.language.shown import best, piece, toks

TOP = 10  # candidates for the next token


@dataclass(frozen=True)
class Head:
    """The head whose numbers are drawn. part: its layer; group: the keys and values that it shares with others;
    of, square: `step` with what all steps draw, the second with the tokens as columns too."""

    net: Parts
    part: Any
    index: int
    group: int
    where: str
    of: Callable[..., Step]
    square: Callable[..., Step]


def computed(model: LanguageModel, net: Parts, ids: Sequence[int], layer: int, head: int) -> Iterator[Step]:
    """From numbers to the next token."""
    stream = [x for x, _ in by_hand.through(net, ids)]
    labels = tuple(piece(model, i).replace("\n", "⏎") for i in ids)
    pieces = toks(model, ids)
    of = functools.partial(step, pieces=pieces, rows=labels)
    said = f"Each number picks a row of a table: {stream[0].shape[1]} numbers that training found. Drawn are the first."
    yield of("embedding", said, by_hand.look_up, tensor=few(stream[0]), shape=size(stream[0]))
    square = functools.partial(of, columns=labels)
    where = f"Layer {layer + 1}, head {head + 1}: "
    yield from attended(Head(net, net.layers[layer], head, head * net.g // net.h, where, of, square), stream[layer])
    yield stacked(net, of, labels, stream)
    yield from finished(model, net, of, ids, labels, stream[-1][-1:])


def attended(at: Head, x: Tensor) -> Iterator[Step]:
    """One layer's steps. x: (n, h * d), the stream before it."""
    q, k, v = yield from projected(at, x)
    q, k = yield from turned(at, x, q, k)
    weights = yield from weighed(at, q, k)
    yield from added(at, x, weights, v)


def projected(at: Head, x: Tensor) -> Generator[Step, None, tuple[Tensor, Tensor, Tensor]]:
    """Norm and the three products. -> query (h, n, d), key and value (g, n, d)."""
    y = by_hand.normed(at.part.input_layernorm, x)
    yield at.of(
        "norm",
        f"{at.where}each token's vector is brought to one length first.",
        by_hand.normed,
        tensor=few(x, y),
        names=("before", "normed"),
        shape=size(y),
    )
    q, k, v = by_hand.project(at.part, y, at.net.d)
    yield at.of(
        "query, key, value",
        f"{at.where}three products with learned matrices: what a token looks for, what it offers, what it gives.",
        by_hand.project,
        by_hand.split,
        tensor=few(q[at.index], k[at.group], v[at.group]),
        names=("query", "key", "value"),
        shape=f"{size(q)}, {size(k)}, {size(v)}",
    )
    return q, k, v


def turned(at: Head, x: Tensor, q: Tensor, k: Tensor) -> Generator[Step, None, tuple[Tensor, Tensor]]:
    """Rotary positions. -> query and key, turned."""
    turn = by_hand.turns(at.net, x)
    yield at.of(
        "angles",
        f"{at.where}a token's place sets angles, fast ones first; here are their cosines and sines.",
        by_hand.turns,
        tensor=few(*turn),
        names=("cosine", "sine"),
        shape=size(turn[0]),
    )
    q2, k2 = by_hand.rotate(q, turn), by_hand.rotate(k, turn)
    yield at.of(
        "positions",
        f"{at.where}query and key are turned by these angles, so that scores know the distance.",
        by_hand.rotate,
        tensor=few(q[at.index], q2[at.index], k[at.group], k2[at.group]),
        names=("query", "query, turned", "key", "key, turned"),
        shape=size(q2),
    )
    return q2, k2


def weighed(at: Head, q: Tensor, k: Tensor) -> Generator[Step, None, Tensor]:
    """Scores, mask and softmax. -> weights (h, n, n)."""
    score = by_hand.scores(q, by_hand.shared(k, at.net.h))
    yield at.square(
        "scores",
        f"{at.where}how well each query (row) fits each key (column), over the root of {at.net.d}.",
        by_hand.scores,
        by_hand.shared,
        tensor=score[at.index].cpu().numpy(),
        shape=size(score),
    )
    masked = by_hand.mask(score)
    yield at.square(
        "mask",
        f"{at.where}a token may not look at later ones: their scores become minus infinity.",
        by_hand.mask,
        masked=masked[at.index].cpu().numpy(),
        shape=size(masked),
    )
    weights = by_hand.weigh(masked)
    yield at.square(
        "softmax of scores",
        f"{at.where}scores become shares: each row is positive and has the sum 1.",
        by_hand.weigh,
        weights=weights[at.index].cpu().numpy(),
        shape=size(weights),
    )
    return weights


def added(at: Head, x: Tensor, weights: Tensor, v: Tensor) -> Iterator[Step]:
    """What attention and feed-forward add to the stream."""
    mixed = by_hand.mix(weights, by_hand.shared(v, at.net.h))
    yield at.of(
        "weighted values",
        f"{at.where}each token takes the values of those it looks at, by these shares.",
        by_hand.mix,
        tensor=few(v[at.group], mixed[at.index]),
        names=("values", "taken"),
        shape=size(mixed),
    )
    joined = by_hand.join(at.part, mixed)
    yield at.of(
        "heads joined",
        f"{at.net.h} heads are laid side by side and go through one more matrix; the result is added to the stream.",
        by_hand.join,
        by_hand.block,
        tensor=few(x, joined, x + joined),
        names=("before", "attention adds", "after"),
        shape=size(joined),
    )
    x = x + joined
    thought = by_hand.think(at.part, by_hand.normed(at.part.post_attention_layernorm, x))
    yield at.of(
        "feed-forward",
        "Each token by itself goes through two wider learned layers; the result is added, too.",
        by_hand.think,
        by_hand.block,
        tensor=few(x, thought, x + thought),
        names=("before", "feed-forward adds", "after"),
        shape=size(thought),
    )


def likeliest(logits: Tensor) -> int:
    """The greedy choice."""
    return int(logits.argmax())


def extended(ids: Sequence[int], new: int) -> list[int]:
    """The text with one token more, which is read next."""
    return [*ids, new]


def stacked(net: Parts, of: Callable[..., Step], labels: tuple[str, ...], stream: Sequence[Tensor]) -> Step:
    """The stack of layers. stream: (n, h * d) before the first and after each."""
    return of(
        "stack",
        f"The same in all {len(net.layers)} layers, each with its own matrices: how long each token's "
        "vector is after each.",
        by_hand.through,
        by_hand.block,
        lengths=torch.stack([x.float().norm(dim=1) for x in stream]).clamp_min(1e-6).log10().cpu().numpy(),
        rows=("embedding", *(f"layer {i + 1}" for i in range(len(net.layers)))),
        columns=labels,
        shape=f"{len(stream)} × {size(stream[0])}",
    )


def finished(
    model: LanguageModel, net: Parts, of: Callable[..., Step], ids: Sequence[int], labels: tuple[str, ...], x: Tensor
) -> Iterator[Step]:
    """Logits, softmax, and the token that is appended. x: (1, h * d), the last token's vector after all layers."""
    logits = by_hand.predict(net, x)[0]
    yield of(
        "logits",
        f"The last token's vector, normed, times the table of all {len(logits)} tokens: a number each.",
        by_hand.predict,
        tensor=few(x, by_hand.normed(net.norm, x)),
        rows=labels[-1:],
        names=("last", "normed"),
        logits=highest(model, logits),
        shape=size(logits),
    )
    yield of(
        "softmax",
        "Logits become probabilities: positive, with the sum 1.",
        by_hand.weigh,
        next_=best(model, by_hand.weigh(logits).log(), TOP),
        shape=size(logits),
    )
    new = likeliest(logits)
    chance = float(by_hand.weigh(logits)[new])
    said = f"The likeliest, “{piece(model, new)}” with {100 * chance:.1f} %, is appended, and all begins again."
    longer = toks(model, extended(ids, new))
    marked = longer[-1]._replace(share=chance, kind="picked")
    yield of("append", said, likeliest, extended, pieces=(*longer[:-1], marked))


def highest(model: LanguageModel, logits: Tensor) -> tuple[Tok, ...]:
    """The highest logits (vocabulary,); bars begin at the lowest of all."""
    values, found = logits.topk(min(TOP, len(logits)))
    low = float(logits.min())
    span = max(float(values[0]) - low, 1e-6)
    return tuple(
        Tok(piece(model, i), (value - low) / span, id=i, value=value)
        for value, i in zip(values.tolist(), found.tolist())
    )
