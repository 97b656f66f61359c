"""The steps of a transformer on one sentence: from letters to the next token, with the real tensors and the code.

Vaswani et al. 2017; Touvron et al. 2023, "LLaMA". The code shown is the source of the functions that computed the
numbers, read when they are shown. n: tokens; d: numbers of a head; the first SHOWN numbers of a row are drawn.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import Tok, listing, matrix, number, prose, ranked, tokens
from genai_demo.decoder import attention as by_hand
from genai_demo.decoder.attention import Parts, parts
from genai_demo.decoder.merges import best_pair, first_words, joined, merging, ranks, seen
from genai_demo.decoder.options import StepsOptions
from genai_demo.decoder.switched_off import place
from genai_demo.language.model import LanguageModel
from genai_demo.language.shown import best, piece, toks
from genai_demo.language.text import clean, refuse_empty, visible

MOST = 24  # tokens of a sentence
MERGES = 24  # frames of merges
SHOWN = 12  # numbers of a vector that are drawn
TOP = 10  # candidates for the next token


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step. tensor (k, n, w), what it gives; weights (n, n), one head's; masked (n, n), minus infinity where a
    token may not look; lengths (layers + 1, n)."""

    index: int
    total: int
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    names: tuple[str, ...]
    name: str = number("step")
    said: str = prose("what happens")
    code: str = listing("the code that did it")
    pieces: tuple[Tok, ...] = tokens("the text")
    ids: tuple[Tok, ...] = tokens("token numbers")
    tensor: np.ndarray | None = matrix("numbers", rows="rows", columns="columns", names="names", signed=True)
    masked: np.ndarray | None = matrix("masked scores", rows="rows", columns="columns", signed=True, triangle=True)
    weights: np.ndarray | None = matrix("attention", rows="rows", columns="columns", triangle=True)
    lengths: np.ndarray | None = matrix("lengths", rows="rows", columns="columns", unit="log10")
    shape: str | None = number("shape of the tensor")
    next_: tuple[Tok, ...] | None = ranked("next token", unit="probability")
    logits: tuple[Tok, ...] | None = ranked("highest logits", unit="logit")


@torch.inference_mode()
def steps(model: LanguageModel, options: StepsOptions, *, seed: int) -> Iterator[Step]:
    """The sentence through the whole model, one layer of it step by step. Nothing is random."""
    net = parts(model.network)
    layer, head = place("layer", options.layer, len(net.layers)), place("head", options.head, net.h)
    refuse_empty(options.text)
    text, left_out = shortened(model, options.text)
    ids = model.encode(text)
    made = [*tokenised(model, text, ids, left_out), *computed(model, net, ids, layer, head)]
    for i, step in enumerate(made):
        yield dataclasses.replace(step, index=i, total=len(made))


def shortened(model: LanguageModel, text: str) -> tuple[str, int]:
    """(as much of the text's beginning as makes MOST tokens, how many characters are left out)."""
    text = clean(text)
    ids, short = model.encode(text), text
    if len(ids) > MOST:
        short = text[: len(b"".join(map(model.piece, ids[:MOST])).decode(errors="replace"))]
    while len(model.encode(short)) > MOST:
        short = short[:-1]
    return short, len(text) - len(short)


def source(*functions: Callable[..., Any]) -> str:
    """The source of functions without their docstrings."""
    return "\n\n".join(_source(function) for function in functions)


@functools.cache
def _source(function: Callable[..., Any]) -> str:
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    body = getattr(ast.parse("\n".join(lines)).body[0], "body", [])
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        del lines[body[0].lineno - 1 : body[0].end_lineno]
    return "\n".join(lines)


def step(name: str, said: str, *functions: Callable[..., Any], **drawn: Any) -> Step:
    """A step that is not counted yet; what is not given is not drawn."""
    empty: dict[str, Any] = {"pieces": (), "ids": (), "rows": (), "columns": (), "names": ()}
    nothing = dict.fromkeys(("tensor", "masked", "weights", "lengths", "shape", "next_", "logits"))
    return Step(index=0, total=0, name=name, said=said, code=source(*functions), **{**empty, **nothing, **drawn})


def few(*vectors: Tensor) -> np.ndarray:
    """(n, w) each -> (k, n, at most SHOWN) float32, on the CPU."""
    found: np.ndarray = torch.stack([x[:, :SHOWN].float() for x in vectors]).cpu().numpy()
    return found


def size(x: Tensor) -> str:
    """A tensor's shape as text."""
    return " × ".join(map(str, x.shape))


# From letters to numbers


def spelled(text: str) -> list[tuple[str, bytes]]:
    """Each character with the bytes that UTF-8 writes it in."""
    return [(letter, letter.encode()) for letter in text]


def tokenised(model: LanguageModel, text: str, ids: Sequence[int], left_out: int) -> Iterator[Step]:
    """Characters, bytes, merges and the tokens' numbers."""
    letters = spelled(text)
    said = f"Characters: {len(letters)}. Bytes that write them: {sum(len(b) for _, b in letters)}."
    if left_out:
        said += f" Only the first {MOST} tokens are shown, {left_out} characters are left out."
    shown = tuple(Tok(visible(b), note=f"U+{ord(c):04X}, bytes {b.hex(' ')}") for c, b in letters)
    yield step("text", said, spelled, pieces=shown)
    yield from merged(model, text, ids)
    numbers = tuple(Tok(f"{i} ", id=i, note=piece(model, i)) for i in ids)
    said = f"Tokens: {len(ids)}. Each has a number, its place in a vocabulary of {len(model.tokenizer)}."
    yield step("token numbers", said, LanguageModel.encode, pieces=toks(model, ids), ids=numbers)


def merged(model: LanguageModel, text: str, ids: Sequence[int]) -> Iterator[Step]:
    """The merges, at most MERGES frames of them; one frame that says so where this tokenizer works in another way."""
    words = first_words(model, text)
    found = list(merging(words, ranks(model.tokenizer)))
    last = found[-1][1] if found else words
    if model.tokenizer.convert_tokens_to_ids([symbol for word in last for symbol in word]) != list(ids):
        said = "This model's tokenizer works in another way than by merges of pairs; here is what it makes of the text."
        yield step("tokens", said, pieces=toks(model, ids))
        return
    yield step("bytes", "The text is cut into words, and each word into its bytes.", first_words, pieces=symbols(words))
    before, frames = -1, min(MERGES, len(found))
    for i in np.linspace(0, len(found) - 1, frames).round().astype(int).tolist():
        pair, words = found[i]
        said = f"Merge {i + 1} of {len(found)}: “{seen(pair[0])}” and “{seen(pair[1])}” become one symbol."
        more = i - before - 1
        said += f" {more} more before it {'is' if more == 1 else 'are'} done in this frame, too." if more else ""
        yield step("merge", said, best_pair, joined, pieces=symbols(words, "".join(pair)))
        before = i


def symbols(words: Sequence[Sequence[str]], new: str = "") -> tuple[Tok, ...]:
    """The symbols of words as they are shown; those just joined are marked."""
    return tuple(Tok(seen(one), kind="picked" if one == new else "") for word in words for one in word)


# Through the network


def computed(model: LanguageModel, net: Parts, ids: Sequence[int], layer: int, head: int) -> Iterator[Step]:
    """From numbers to the next token."""
    stream = [x for x, _ in by_hand.through(net, ids)]
    labels = tuple(piece(model, i).replace("\n", "⏎") for i in ids)
    pieces = toks(model, ids)
    of = functools.partial(step, pieces=pieces, rows=labels)
    said = f"Each number picks a row of a table: {stream[0].shape[1]} numbers that training found. Drawn are the first."
    yield of("embedding", said, by_hand.look_up, tensor=few(stream[0]), shape=size(stream[0]))
    yield from attended(net, of, labels, stream[layer], layer, head)
    yield from finished(model, net, of, ids, labels, stream)


def attended(
    net: Parts, of: Callable[..., Step], labels: tuple[str, ...], x: Tensor, layer: int, head: int
) -> Iterator[Step]:
    """One layer's steps, with the numbers of one of its heads."""
    part, group = net.layers[layer], head * net.g // net.h
    where = f"Layer {layer + 1}, head {head + 1}: "
    square = functools.partial(of, columns=labels)
    y = by_hand.normed(part.input_layernorm, x)
    yield of(
        "norm",
        f"{where}each token's vector is brought to one length first.",
        by_hand.normed,
        tensor=few(x, y),
        names=("before", "normed"),
        shape=size(y),
    )
    q, k, v = by_hand.project(part, y, net.d)
    yield of(
        "query, key, value",
        f"{where}three products with learned matrices: what a token looks for, what it offers, what it gives.",
        by_hand.project,
        by_hand.split,
        tensor=few(q[head], k[group], v[group]),
        names=("query", "key", "value"),
        shape=f"{size(q)}, {size(k)}, {size(v)}",
    )
    turn = by_hand.turns(net, x)
    yield of(
        "angles",
        f"{where}a token's place sets angles, fast ones first; here are their cosines and sines.",
        by_hand.turns,
        tensor=few(*turn),
        names=("cosine", "sine"),
        shape=size(turn[0]),
    )
    q2, k2 = by_hand.rotate(q, turn), by_hand.rotate(k, turn)
    yield of(
        "positions",
        f"{where}query and key are turned by these angles, so that scores know the distance.",
        by_hand.rotate,
        tensor=few(q[head], q2[head], k[group], k2[group]),
        names=("query", "query, turned", "key", "key, turned"),
        shape=size(q2),
    )
    score = by_hand.scores(q2, by_hand.shared(k2, net.h))
    yield square(
        "scores",
        f"{where}how well each query (row) fits each key (column), over the root of {net.d}.",
        by_hand.scores,
        by_hand.shared,
        tensor=score[head].cpu().numpy(),
        shape=size(score),
    )
    masked = by_hand.mask(score)
    yield square(
        "mask",
        f"{where}a token may not look at later ones: their scores become minus infinity.",
        by_hand.mask,
        masked=masked[head].cpu().numpy(),
        shape=size(masked),
    )
    weights = by_hand.weigh(masked)
    yield square(
        "softmax of scores",
        f"{where}scores become shares: each row is positive and has the sum 1.",
        by_hand.weigh,
        weights=weights[head].cpu().numpy(),
        shape=size(weights),
    )
    mixed = by_hand.mix(weights, by_hand.shared(v, net.h))
    yield of(
        "weighted values",
        f"{where}each token takes the values of those it looks at, by these shares.",
        by_hand.mix,
        tensor=few(v[group], mixed[head]),
        names=("values", "taken"),
        shape=size(mixed),
    )
    added = by_hand.join(part, mixed)
    yield of(
        "heads joined",
        f"{net.h} heads are laid side by side and go through one more matrix; the result is added to the stream.",
        by_hand.join,
        by_hand.block,
        tensor=few(x, added, x + added),
        names=("before", "attention adds", "after"),
        shape=size(added),
    )
    x = x + added
    thought = by_hand.think(part, by_hand.normed(part.post_attention_layernorm, x))
    yield of(
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


def finished(
    model: LanguageModel,
    net: Parts,
    of: Callable[..., Step],
    ids: Sequence[int],
    labels: tuple[str, ...],
    stream: Sequence[Tensor],
) -> Iterator[Step]:
    """The stack of layers, logits, softmax, and the token that is appended."""
    lengths = torch.stack([x.float().norm(dim=1) for x in stream]).clamp_min(1e-6).log10().cpu().numpy()
    names = ("embedding", *(f"layer {i + 1}" for i in range(len(net.layers))))
    yield of(
        "stack",
        f"The same in all {len(net.layers)} layers, each with its own matrices: how long each token's "
        "vector is after each.",
        by_hand.through,
        by_hand.block,
        lengths=lengths,
        rows=names,
        columns=labels,
        shape=f"{len(stream)} × {size(stream[0])}",
    )
    x = stream[-1][-1:]
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
    yield of(
        "append",
        said,
        likeliest,
        extended,
        pieces=(*longer[:-1], dataclasses.replace(longer[-1], share=chance, kind="picked")),
    )


def highest(model: LanguageModel, logits: Tensor) -> tuple[Tok, ...]:
    """The highest logits (vocabulary,); bars begin at the lowest of all."""
    values, found = logits.topk(min(TOP, len(logits)))
    low = float(logits.min())
    span = max(float(values[0]) - low, 1e-6)
    return tuple(
        Tok(piece(model, i), (value - low) / span, id=i, value=value)
        for value, i in zip(values.tolist(), found.tolist())
    )
