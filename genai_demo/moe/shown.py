"""What the runs draw of tokens and experts. Experts are counted from 1, and each has its colour."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from genai_demo.core.frames import Tok
from genai_demo.language.model import LanguageModel, ids_of
from genai_demo.language.shown import piece
from genai_demo.moe.options import LONGEST
from genai_demo.moe.routing import Routed


def tensor(model: LanguageModel, text: str) -> Tensor:
    """The tokens of a text, (1, n). Raises DemoError where it is empty or too long."""
    return torch.tensor([ids_of(model, text, chat=False, most=LONGEST)], device=model.network.device)


def names(count: int) -> tuple[str, ...]:
    """What experts are called."""
    return tuple(f"expert {number}" for number in range(1, count + 1))


def pieces(model: LanguageModel, ids: Sequence[int]) -> list[Tok]:
    """A text's tokens as they are shown, once for all layers."""
    return [Tok(piece(model, number), id=number) for number in ids]


def coloured(text: Sequence[Tok], at: Routed) -> tuple[Tok, ...]:
    """Tokens in the colour of the expert that counts most for each; one with no room left is struck out."""
    return tuple(
        Tok(tok.text, weights[0], "" if any(kept) else "off", tok.id, said(index, weights, kept), group=index[0])
        for tok, index, weights, kept in zip(
            text, at.index.tolist(), at.weights.float().tolist(), at.kept.tolist(), strict=True
        )
    )


def said(index: Sequence[int], weights: Sequence[float], kept: Sequence[bool]) -> str:
    """The experts of a token, with how much each counts."""
    return ", ".join(
        f"expert {expert + 1}: {f'{weight:.2f}' if room else 'no room'}"
        for expert, weight, room in zip(index, weights, kept, strict=True)
    )


def loads(load: Tensor) -> tuple[Tok, ...]:
    """load (e,): share of all choices that each expert got, in the experts' order."""
    shares = (load / load.sum()).tolist()
    return tuple(Tok(name, share, group=number) for number, (name, share) in enumerate(zip(names(len(shares)), shares)))


def label(piece: str) -> str:
    """A token, as it is shown, as a row or column is called."""
    return piece.strip() or "␣"
