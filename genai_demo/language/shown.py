"""Tokens as a person sees them: running text, candidates with their bars, a token that was taken beside its rivals.

ids: token numbers; logits (vocabulary,) float32 of one place. All give Tok, which frames draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch import Tensor

from genai_demo.core.frames import Tok
from genai_demo.core.frames_text import TokKind
from genai_demo.language.engines import Choice, Piece
from genai_demo.language.model import LanguageModel
from genai_demo.language.text import visible

WINDOW = 48  # tokens of a text that are drawn at once


def piece(model: LanguageModel, number: int) -> str:
    """A token as it is shown."""
    return visible(model.piece(number))


def toks(model: LanguageModel, ids: Iterable[int], kind: TokKind = "") -> tuple[Tok, ...]:
    """Tokens as running text."""
    return tuple(Tok(piece(model, number), kind=kind, id=number) for number in ids)


def prompt(model: LanguageModel, ids: Sequence[int]) -> tuple[Tok, ...]:
    """The text that is gone on with: its last WINDOW tokens, and how many are before them."""
    left_out = len(ids) - WINDOW
    before = (Tok("… ", kind="prompt", note=f"{left_out} tokens before this are not drawn"),) if left_out > 0 else ()
    return (*before, *toks(model, ids[-WINDOW:], "prompt"))


def best(model: LanguageModel, logits: Tensor, count: int) -> tuple[Tok, ...]:
    """The `count` likeliest tokens, with their probabilities."""
    chances, ids = logits.softmax(0).topk(min(count, len(logits)))
    return tuple(Tok(piece(model, i), p, id=i) for p, i in zip(chances.tolist(), ids.tolist()))


def these(model: LanguageModel, logits: Tensor, ids: Sequence[int]) -> tuple[Tok, ...]:
    """Those tokens, in that order, with their probabilities; the likeliest of the vocabulary is marked as picked."""
    chances, top = logits.softmax(0), int(logits.argmax())
    return tuple(
        Tok(piece(model, i), p, "picked" if i == top else "", i) for p, i in zip(chances[list(ids)].tolist(), ids)
    )


def taken(one: Piece) -> Tok:
    """A token of an engine's answer, its probability as its shade."""
    return _tok(one.taken)


def rivals(one: Piece) -> tuple[Tok, ...]:
    """The likeliest in a token's place, the one that was taken marked, and put last where it is not among them."""
    among = list(one.top)
    if not any(_same(other, one.taken) for other in among):
        among.append(one.taken)
    return tuple(_tok(other, "picked" if _same(other, one.taken) else "") for other in among)


def _tok(choice: Choice, kind: TokKind = "") -> Tok:
    return Tok(choice.shown, choice.probability, kind, choice.id)


def _same(one: Choice, other: Choice) -> bool:
    return one.id == other.id if one.id is not None else one.shown == other.shown
