"""Names: which words of a text are a person's or a place's, read from each token's vector after each layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from genai_demo.core.frames import Tok, curve, number, prose, ranked, tokens
from genai_demo.core.spec import find_spec
from genai_demo.encoder.heads import NAMES, NOTHING, states, trained
from genai_demo.encoder.model import Encoder, unlike
from genai_demo.encoder.options import NamesOptions
from genai_demo.encoder.shown import layer_name
from genai_demo.encoder.topic import measured


@dataclass(frozen=True, slots=True, eq=False)
class NamesStep:
    """One layer and the head behind it. found: spans of tokens of one kind, joined.

    right: of the names in sentences never seen, the F1 of this layer's head, from the card.
    """

    index: int
    total: int
    text: tuple[Tok, ...] = tokens("how much each token looks like part of a name", shade="share")
    found: tuple[Tok, ...] = ranked("names", unit="probability", long=True)
    said: str = prose("what is shown")
    layer: str = number("read after")
    count: int = number("names", digits=0)
    right: float | None = curve("F1 on sentences never seen", unit="%", digits=1)


@torch.inference_mode()
def names(model: Encoder, options: NamesOptions, *, seed: int) -> Iterator[NamesStep]:
    """The text once through the network, then a frame for each layer's head. Nothing is random."""
    ids = model.encode(options.text)
    heads = trained(NAMES, model)
    chances = heads(states(model, ids)).softmax(-1).cpu()  # (layers + 1, t, classes)
    whole = words(model, ids[1:-1])
    odd = unlike(model, options.text, ids)
    rights = measured(find_spec(f"encoder/{NAMES}").card)
    nothing = heads.classes.index(NOTHING)
    for i, each in enumerate(chances):
        spans = joined(each, whole, nothing)
        yield NamesStep(
            i,
            len(chances),
            tuple(
                Tok(model.piece(token), 1 - float(p[nothing]), note=_note(heads.classes, p))
                for token, p in zip(ids[1:-1], each, strict=True)
            ),
            tuple(
                Tok(f"{heads.classes[kind]}: {''.join(map(model.piece, ids[1 + a : 1 + b])).strip()}", sure)
                for kind, a, b, sure in spans
            ),
            odd or said(i, len(spans)),
            layer_name(i, len(chances) - 1),
            len(spans),
            rights.get(i),
        )


def words(model: Encoder, ids: Sequence[int]) -> list[int]:
    """For each token the place of the one that its word begins with."""
    first = 0
    found = []
    for place, token in enumerate(ids):
        if not model.name(token).startswith("##"):
            first = place
        found.append(first)
    return found


def joined(chances: Tensor, whole: Sequence[int], nothing: int) -> list[tuple[int, int, int, float]]:
    """chances (t, classes) -> (class, first, end, mean probability) of each name; a word has the class of its first
    token, neighbours of one class are one name."""
    kinds = chances.argmax(1)
    spans: list[tuple[int, int, int]] = []
    for place, first in enumerate(whole):
        kind = int(kinds[first])
        if kind == nothing:
            continue
        if spans and spans[-1][0] == kind and spans[-1][2] == place:
            spans[-1] = (kind, spans[-1][1], place + 1)
        else:
            spans.append((kind, place, place + 1))
    return [(kind, a, b, float(chances[[whole[k] for k in range(a, b)], kind].mean())) for kind, a, b in spans]


def _note(classes: Sequence[str], chances: Tensor) -> str:
    best = int(chances.argmax())
    return f"{classes[best]} {float(chances[best]):.2f}"


def said(layer: int, found: int) -> str:
    """What a frame shows."""
    if not layer:
        return "Each token alone, in no context: only words that are nearly always names can be told."
    none = "" if found else " It finds no name."
    return f"After layer {layer} a token knows its neighbours too. It is given no capital letters.{none}"
