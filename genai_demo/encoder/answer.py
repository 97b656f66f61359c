"""Answer: the stretch of a text that answers a question best, found by where it begins and where it ends."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, number, prose, ranked, tokens
from genai_demo.encoder import span
from genai_demo.encoder.model import Encoder, unlike
from genai_demo.encoder.options import AnswerOptions

STEPS = ("words", "begins", "ends", "best span")
SAID = {
    "words": "Shaded by how near each word is to the question, by the encoder alone: that finds a place, no answer.",
    "begins": "A head that was trained reads question and text together: where does an answer begin?",
    "ends": "And where does it end? A stretch is as likely as its beginning times its end.",
}


@dataclass(frozen=True, slots=True, eq=False)
class AnswerStep:
    """One step on the way to the answer. text: the words of the text by what `step` names; nothing: probability that
    no stretch of the text answers, by begin and end."""

    index: int
    total: int
    said: str = prose("what is shown")
    text: tuple[Tok, ...] = tokens("the text; stronger: likelier", shade="share", unit="probability")
    found: tuple[Tok, ...] = ranked("stretches", unit="probability", long=True)
    begins: tuple[Tok, ...] = ranked("begins at", unit="probability")
    ends: tuple[Tok, ...] = ranked("ends at", unit="probability")
    step: str = number("shown")
    nothing: float = number("nothing here answers", unit="probability", digits=2)


@torch.inference_mode()
def answer(model: Encoder, options: AnswerOptions, *, seed: int) -> Iterator[AnswerStep]:
    """Four frames: nearness, begin, end, the best stretches. Nothing is random. Raises DemoError."""
    if not options.question.strip():
        raise DemoError("question is empty; ask something of the text")
    asked, ids = model.encode(options.question), model.encode(options.text)
    head = span.trained(model)
    q, c = span.read(model, asked), span.read(model, ids)
    begin, end = span.chances(head, q, c)
    best = span.spans(begin, end, options.top)
    none = math.exp(float(begin[0] + end[0]))
    near = span.matches(q, c)[len(q.ids) :, 1]
    shares = (near.clamp(0, 1), begin[1:].exp(), end[1:].exp(), _inside(len(c.ids), best))
    odd = unlike(model, f"{options.question} {options.text}", [*asked, *ids[1:-1]])
    for i, (step, share) in enumerate(zip(STEPS, shares, strict=True)):
        last = i + 1 == len(STEPS)
        yield AnswerStep(
            i,
            len(STEPS),
            odd or SAID.get(step) or verdict(best, none),
            _text(model, ids[1:-1], share, best[:1] if last and not refused(best, none) else ()),
            tuple(_row(model, ids, one, none) for one in best) if last else (),
            _places(model, ids, begin, options.top) if i else (),
            _places(model, ids, end, options.top) if i > 1 else (),
            step,
            none,
        )


def refused(best: Sequence[tuple[int, int, float]], none: float) -> bool:
    """Whether "nothing here" is likelier than the best stretch."""
    return not best or none >= math.exp(best[0][2])


def verdict(best: Sequence[tuple[int, int, float]], none: float) -> str:
    """What is said of the answer."""
    if refused(best, none):
        return "Nothing here answers it, says the head: that is likelier than any stretch. The best ones are listed."
    return "The likeliest stretch is marked. The text says it, the head only points: it can't know whether it is true."


def _inside(count: int, best: Sequence[tuple[int, int, float]]) -> Tensor:
    """(t,) for each token the probability of the likeliest listed stretch that it lies in."""
    share = torch.zeros(count)
    for first, last, chance in reversed(best):
        share[first:last] = math.exp(chance)
    return share


def _text(
    model: Encoder, ids: Sequence[int], share: Tensor, marked: Sequence[tuple[int, int, float]]
) -> tuple[Tok, ...]:
    inside = {place for first, last, _ in marked for place in range(first, last)}
    return tuple(
        Tok(model.piece(token), float(p), "best" if place in inside else "", token)
        for place, (token, p) in enumerate(zip(ids, share.tolist(), strict=True))
    )


def _row(model: Encoder, ids: Sequence[int], one: tuple[int, int, float], none: float) -> Tok:
    first, last, chance = one
    words = "".join(map(model.piece, ids[1 + first : 1 + last])).strip()
    return Tok(words, math.exp(chance), "" if math.exp(chance) > none else "off")


def _places(model: Encoder, ids: Sequence[int], chances: Tensor, top: int) -> tuple[Tok, ...]:
    """The likeliest tokens to begin or end at; the place for "nothing" is one of them."""
    values, places = chances.exp().topk(min(top, len(chances)))
    return tuple(
        Tok("nothing here" if not place else _shown(model, ids, place), value, "" if place else "off")
        for value, place in zip(values.tolist(), places.tolist(), strict=True)
    )


def _shown(model: Encoder, ids: Sequence[int], place: int) -> str:
    """A token, its word's other pieces and the one behind it: which of several it is."""
    return "".join(map(model.piece, ids[max(1, place - 1) : place + 2])).strip()
