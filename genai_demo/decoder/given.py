"""What a visitor gives the runs that look inside: text as tokens; and tokens as a person sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok
from genai_demo.core.frames_text import TokKind
from genai_demo.language.model import LanguageModel
from genai_demo.language.text import clean, visible

WINDOW = 48  # tokens of a text that are drawn at once


def ids_of(model: LanguageModel, text: str, *, chat: bool, most: int, room: int = 0) -> list[int]:
    """The text's tokens, as a message to be answered or as it stands; `room`: tokens that will be added.

    Raises DemoError where there are none, or more than `most` or than the model's context holds.
    """
    check(text)
    ids = model.chat([{"role": "user", "content": text}]) if chat else model.encode(text)
    most = min(most, model.context - room)
    if len(ids) > most:
        raise DemoError(f"text makes {len(ids)} tokens; the limit here is {most}, shorten it")
    return ids


def check(text: str) -> None:
    """Raises DemoError where there is nothing to read."""
    if not clean(text).strip():
        raise DemoError("text is empty; write a few words")


def piece(model: LanguageModel, number: int) -> str:
    """A token as it is shown."""
    return visible(model.piece(number))


def toks(model: LanguageModel, ids: Iterable[int], kind: TokKind = "") -> tuple[Tok, ...]:
    """Tokens as running text."""
    return tuple(Tok(piece(model, number), kind=kind, id=number) for number in ids)


def best(model: LanguageModel, logits: Tensor, count: int) -> tuple[Tok, ...]:
    """The `count` likeliest tokens of logits (vocabulary,), with their probabilities."""
    chances, ids = logits.softmax(0).topk(min(count, len(logits)))
    return tuple(Tok(piece(model, i), p, id=i) for p, i in zip(chances.tolist(), ids.tolist()))


def these(model: LanguageModel, logits: Tensor, ids: Sequence[int]) -> tuple[Tok, ...]:
    """Those tokens, in that order, with their probabilities; the likeliest of the vocabulary is marked as picked."""
    chances, top = logits.softmax(0), int(logits.argmax())
    return tuple(
        Tok(piece(model, i), p, "picked" if i == top else "", i) for p, i in zip(chances[list(ids)].tolist(), ids)
    )


def divergence(true: Tensor, other: Tensor) -> float:
    """KL(true || other) in nats, of two rows of logits: what is lost by believing `other`. Never below 0."""
    p, q = (torch.log_softmax(logits.double(), dim=-1) for logits in (true, other))
    return max(0.0, float((p.exp() * (p - q)).sum()))
