"""What the runs draw of tokens and experts. Experts are counted from 1, and each has its colour."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

from genai_demo.core.frames import Tok
from genai_demo.core.frames_text import TokKind
from genai_demo.language.model import LanguageModel, ids_of
from genai_demo.language.shown import piece
from genai_demo.moe.options import LONGEST
from genai_demo.moe.routing import Routed

HUNDREDTHS = 101  # from 0.00 to 1.00


def tensor(model: LanguageModel, text: str) -> Tensor:
    """The tokens of a text, (1, n). Raises DemoError where it is empty or too long."""
    return torch.tensor([ids_of(model, text, chat=False, most=LONGEST)], device=model.network.device)


@functools.cache
def names(count: int) -> tuple[str, ...]:
    """What experts are called."""
    return tuple(f"expert {number}" for number in range(1, count + 1))


def pieces(model: LanguageModel, ids: Sequence[int]) -> list[Tok]:
    """A text's tokens as they are shown, once for all layers."""
    return [Tok(piece(model, number), id=number) for number in ids]


def coloured(text: Sequence[Tok], at: Routed) -> tuple[Tok, ...]:
    """Tokens in the colour of the expert that counts most for each; one with no room left is struck out.

    Hover over one: its experts, with how much each counts.
    """
    weights, k = at.weights.double(), at.index.shape[1]
    looked_up = at.index * HUNDREDTHS + (100 * weights).round().long()
    said = list(map(_counts(at.chances.shape[1]).__getitem__, looked_up.flatten().tolist()))
    kinds: list[TokKind] = [""] * len(text)
    if not at.kept.all():
        called = names(at.chances.shape[1])
        kinds = ["" if room else "off" for room in at.kept.any(-1).tolist()]
        for i in (~at.kept).flatten().nonzero().flatten().tolist():
            said[i] = f"{called[int(at.index.flatten()[i])]}: no room"
    notes, none = map(", ".join, zip(*[iter(said)] * k)), itertools.repeat(None)
    words, ids = [tok.text for tok in text], [tok.id for tok in text]
    return tuple(map(Tok, words, weights[:, 0].tolist(), kinds, ids, notes, none, at.index[:, 0].tolist()))


@functools.cache
def _counts(experts: int) -> tuple[str, ...]:
    """What a token's note says of an expert, for each of them and each hundredth that it may count."""
    return tuple(f"{name}: {k / 100:.2f}" for name in names(experts) for k in range(HUNDREDTHS))


def loads(load: Tensor) -> tuple[Tok, ...]:
    """load (e,): share of all choices that each expert got, in the experts' order."""
    shares = (load / load.sum()).tolist()
    return tuple(Tok(name, share, group=number) for number, (name, share) in enumerate(zip(names(len(shares)), shares)))


def label(piece: str) -> str:
    """A token, as it is shown, as a row or column is called."""
    return piece.strip() or "␣"
