"""Numbers and dates in words: a task with one right answer, and what becomes of it where texts are longer than learnt.

The network is the translator's in small; each place of what it reads has a vector that was learnt with that place, so
that nothing was ever learnt of a seventh digit (Lake & Baroni 2018; Kazemnejad et al. 2023).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.frames import Tok, matrix, prose, ranked, tokens
from genai_demo.seq2seq import tasks
from genai_demo.seq2seq.decode import ranking
from genai_demo.seq2seq.model import Translator
from genai_demo.seq2seq.options import LEARNT_DIGITS, YEAR_DIGITS, ExactOptions, What
from genai_demo.seq2seq.write import likeliest, moments, of_layer, put, shaded, written

LENGTHS: Mapping[What, Sequence[int]] = {"numbers": range(1, 10), "dates": range(2, 8)}  # digits, or those of the year
LEARNT: Mapping[What, Sequence[int]] = {"numbers": range(1, LEARNT_DIGITS + 1), "dates": (YEAR_DIGITS,)}


@dataclass(frozen=True, slots=True, eq=False)
class ExactStep:
    """One piece, and then one length tried. attention (t, s): of each piece so far to what was read."""

    index: int
    total: int
    pieces: tuple[str, ...]
    source: tuple[str, ...]
    said: str = prose("what happens")
    written: tuple[Tok, ...] = tokens("what is written", grows=True)
    read: tuple[Tok, ...] = tokens("what is read, shaded where the new piece looks", unit="of the look", shade="share")
    choices: tuple[Tok, ...] = ranked("next piece", unit="probability")
    lengths: tuple[Tok, ...] = ranked("right to the last word, by digits; what it has learnt is marked", unit="share")
    attention: np.ndarray = matrix("each piece looks at the text", rows="pieces", columns="source")


@dataclass(frozen=True, slots=True)
class Tried:
    """A text, what the model wrote, and what is right."""

    text: str
    wrote: str
    right: str


@torch.inference_mode()
def exact(model: Translator, options: ExactOptions, *, seed: int) -> Iterator[ExactStep]:
    """A frame a piece, then one for each length, of which `tried` are written that no training saw."""
    text = options.text.strip()
    ids, right = model.encode("words", text), tasks.right(text)
    if not right:
        raise DemoError(f"text is {shown(text)}; give a number of up to nine digits or a date as 2024-03-07")
    what: What = "dates" if "-" in text else "numbers"
    source, more = tuple(map(model.name, ids)), len(LENGTHS[what])
    for at in moments(model, ids, model.longest - 2, likeliest):
        look = of_layer(at.looks, options.layer)
        frame = ExactStep(
            at.index,
            at.total + more,
            tuple(map(model.name, at.pieces)),
            source,
            judged(model.text(at.pieces), right) if at.ended else "Piece by piece, the likeliest each time.",
            put(model, at, ids, look),
            shaded(model, ids, look),
            ranking(model, at.chances, options.top, at.piece),
            (),
            look,
        )
        yield frame
    rows: list[Tok] = []
    for digits in LENGTHS[what]:
        tried = tries(model, what, digits, options.tried, seed)
        hits = sum(one.wrote == one.right for one in tried)
        rows.append(Tok(f"{digits}", hits / len(tried), "best" if digits in LEARNT[what] else ""))
        told = said(what, digits, tried, hits)
        yield replace(
            frame, index=at.index + len(rows), total=at.index + 1 + more, said=told, written=(), lengths=tuple(rows)
        )


def tries(model: Translator, what: What, digits: int, count: int, seed: int) -> list[Tried]:
    """What it writes for so many texts of a length."""
    texts = tasks.unseen(what, digits, count, seed)
    wrote = written(model, [model.encode("words", text) for text in texts], 1)
    return [Tried(text, new, tasks.right(text)) for text, new in zip(texts, wrote, strict=True)]


def judged(wrote: str, right: str) -> str:
    """Whether the text is right."""
    return "It is right to the last word." if wrote == right else f"It is wrong; right is: {right}."


def said(what: What, digits: int, tried: Sequence[Tried], hits: int) -> str:
    """What came out of the texts of a length."""
    learnt = "" if digits in LEARNT[what] else ", a length it has not learnt with"
    of = f"{digits} digits" if what == "numbers" else f"a year of {digits} digits"
    text = f"{of}{learnt}: {hits} of {len(tried)} are right."
    wrong = next((one for one in tried if one.wrote != one.right), None)
    return text if wrong is None else f"{text} {wrong.text} became “{wrong.wrote}”."
