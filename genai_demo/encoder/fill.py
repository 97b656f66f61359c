"""Fill the gaps: one pass, and for each mask the words that could stand there (Devlin et al. 2018, "BERT")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from genai_demo.core.frames import Stage, Tok, number, prose, stages, tokens
from genai_demo.encoder.masked import MaskedModel, best, entropy, gaps
from genai_demo.encoder.model import unlike
from genai_demo.encoder.options import FillOptions

COLUMNS = 12  # gaps whose words are listed


@dataclass(frozen=True, slots=True, eq=False)
class FillStep:
    """All gaps at once. filled: the text with the likeliest word in each."""

    index: int
    total: int
    words: tuple[Stage, ...] = stages("what could stand there", unit="probability", pick="put in")
    filled: tuple[Tok, ...] = tokens("the likeliest word in each gap")
    said: str = prose("what is shown")
    gaps: int = number("gaps", digits=0)
    doubt: float = number("doubt, mean", unit="nats")


@torch.inference_mode()
def fill(model: MaskedModel, options: FillOptions, *, seed: int) -> Iterator[FillStep]:
    """One frame. Nothing is random."""
    ids = model.encode(options.text)
    places = gaps(model, ids)
    logits = model.at(ids, places)
    chances, top = logits.softmax(1).max(1)
    put = dict(zip(places, zip(top.tolist(), chances.tolist())))
    words = tuple(
        Stage(f"gap {k + 1}", _around(model, ids, place), best(model, row, options.top))
        for k, (place, row) in enumerate(zip(places[:COLUMNS], logits))
    )
    filled = tuple(
        Tok(model.piece(put[place][0]), put[place][1], "picked", put[place][0])
        if place in put
        else Tok(model.piece(number), kind="prompt", id=number)
        for place, number in enumerate(ids)
        if place in put or number not in model.control
    )
    yield FillStep(
        0, 1, words, filled, _said(model, options.text, ids, places), len(places), float(entropy(logits).mean())
    )


def _around(model: MaskedModel, ids: list[int], place: int) -> str:
    """What stands before and behind a gap."""
    before = "" if place <= 1 else model.piece(ids[place - 1]).strip()
    behind = "" if place + 2 >= len(ids) else model.piece(ids[place + 1]).strip()
    return f"{before} _ {behind}".strip()


def _said(model: MaskedModel, text: str, ids: list[int], places: list[int]) -> str:
    odd = unlike(model, text, ids)
    if odd:
        return odd
    if len(places) == len(ids) - 2:
        return "Everything is hidden: there is nothing to go by, and it names what is frequent at such places."
    more = f" The first {COLUMNS} gaps are listed." if len(places) > COLUMNS else ""
    if len(places) > 1:
        return f"All gaps are filled in one pass: the word in one does not know of the word in another.{more}"
    return (
        "One pass over the whole text, before the gap and behind it, gives every word of the vocabulary a probability."
    )
