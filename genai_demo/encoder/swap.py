"""Swap a word: the same sentence with another word in one place, and how far each token's vector has moved for it.

Ethayarajh 2019, "How contextual are contextualized word representations?". moved: 1 - cosine of a token's two vectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.frames import Tok, curve, matrix, number, prose, ranked, tokens
from genai_demo.encoder.attention import through
from genai_demo.encoder.model import Encoder, unlike
from genai_demo.encoder.options import SwapOptions
from genai_demo.encoder.shown import WINDOW


@dataclass(frozen=True, slots=True, eq=False)
class SwapStep:
    """One layer. table (layers, w): what each token had moved after each of the layers so far, 0 after later ones."""

    index: int
    total: int
    labels: tuple[str, ...]
    rows: tuple[str, ...]
    said: str = prose("what is shown")
    moved: tuple[Tok, ...] = tokens("how far each token has moved", unit="1 - cosine", shade="share")
    most: tuple[Tok, ...] = ranked("who moved most, the swapped word aside", unit="1 - cosine")
    table: np.ndarray = matrix("moved, layer by layer", rows="rows", columns="labels", cells=True)
    layer: str = number("after")
    word: float = curve("the swapped word", unit="1 - cosine", chart="moved")
    others: float = curve("the other tokens, mean", unit="1 - cosine", chart="moved")


@dataclass(frozen=True, slots=True)
class Pair:
    """Both readings: token numbers; where the swapped word begins, and where it ends in each."""

    one: list[int]
    other: list[int]
    first: int
    ends: tuple[int, int]


@torch.inference_mode()
def swap(model: Encoder, options: SwapOptions, *, seed: int) -> Iterator[SwapStep]:
    """Both texts once through the network, then a frame for each layer. Nothing is random."""
    pair = both(model, options)
    passed = list(zip(through(model.network, pair.one), through(model.network, pair.other)))
    found = [distances(x, y, pair) for (x, _), (y, _) in passed]
    labels, at = _labels(model, pair, options), pair.first - 1
    rows = tuple("embedding" if not i else f"layer {i}" for i in range(len(found)))
    others = np.delete(np.stack(found), at, axis=1)
    largest = max(1e-6, float(others.max(initial=0)))  # the swapped word itself moves further: its shade is full
    for i, moved in enumerate(found):
        table = np.zeros((len(found), len(moved)), np.float32)
        table[: i + 1] = np.stack(found[: i + 1])
        toks = tuple(
            _tok(label, value, largest, k == at) for k, (label, value) in enumerate(zip(labels, moved.tolist()))
        )
        order = [k for k in np.argsort(-moved, kind="stable") if k != at][:8]
        yield SwapStep(
            i,
            len(found),
            tuple(label.strip() for label in labels[:WINDOW]),
            rows,
            unlike(model, options.text, pair.one) or said(i, options, pair),
            toks,
            tuple(
                Tok(toks[k].text, float(moved[k] / largest), value=float(moved[k])) for k in order if moved[k] > 1e-6
            ),
            table[:, :WINDOW],
            "the embedding" if not i else f"layer {i} of {len(found) - 1}",
            float(moved[at]),
            float(np.delete(moved, at).mean()) if len(moved) > 1 else 0.0,
        )


def both(model: Encoder, options: SwapOptions) -> Pair:
    """The text as it is and with the other word. Raises DemoError where the word is not in it, or both are one."""
    word, other = options.word.strip(), options.other.strip()
    found = re.search(rf"\b{re.escape(word)}\b", options.text) or re.search(re.escape(word), options.text)
    if not word or not found:
        raise DemoError(f"word is {shown(options.word)}, which is not in the text; write one that is")
    if not other:
        raise DemoError("other is empty; write what is to be put in the word's place")
    one, two = (
        model.encode(options.text),
        model.encode(options.text[: found.start()] + other + options.text[found.end() :]),
    )
    if one == two:
        raise DemoError(
            f"other is {shown(options.other)}, which the model reads as it reads the word; write another one"
        )
    first = next(k for k, (a, b) in enumerate(zip(one, two)) if a != b)
    same = 0
    while same < min(len(one), len(two)) - first - 1 and one[-1 - same] == two[-1 - same]:
        same += 1
    return Pair(one, two, first, (max(len(one) - same, first + 1), max(len(two) - same, first + 1)))


def distances(x: Tensor, y: Tensor, pair: Pair) -> np.ndarray:
    """1 - cosine of each token's two vectors, of x (t, width) and y (u, width): (w,). The word counts as one token,
    start and end are left out."""
    a, b = (
        torch.cat([each[1 : pair.first], each[pair.first : end].mean(0, keepdim=True), each[end:-1]]).float()
        for each, end in zip((x, y), pair.ends)
    )
    found = 1 - torch.cosine_similarity(a, b, dim=1)
    return np.asarray(found.clamp(min=0).cpu().numpy(), np.float32)


def _labels(model: Encoder, pair: Pair, options: SwapOptions) -> list[str]:
    """The tokens as `distances` counts them."""
    before = [model.piece(i) for i in pair.one[1 : pair.first]]
    behind = [model.piece(i) for i in pair.one[pair.ends[0] : -1]]
    return [*before, f" {options.word.strip()} → {options.other.strip()}", *behind]


def _tok(label: str, value: float, largest: float, swapped: bool) -> Tok:
    return Tok(label, min(1.0, value / largest), "best" if swapped else "", note=f"moved by {value:.3f}")


def said(layer: int, options: SwapOptions, pair: Pair) -> str:
    """What a frame shows."""
    if not layer:
        words = "In the table each word has one row, whatever stands around it: only the swapped word differs."
        same = pair.ends[0] == pair.ends[1]
        return words if same else f"{words} What follows stands in other places now, which counts a little too."
    return (
        f"After layer {layer} every token has looked at the swapped word, directly or through others. "
        f"The stronger the shade, the more its meaning depends on “{options.word.strip()}”."
    )
