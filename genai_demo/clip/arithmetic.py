"""A - B + C in the space of pictures and words: the nearest pictures of what comes out.

As Mikolov et al. 2013 did with words. The result is brought to length 1: a direction is searched, not a place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.clip import features
from genai_demo.clip.library import library
from genai_demo.clip.model import Clip
from genai_demo.clip.options import TEXT, ArithmeticOptions
from genai_demo.clip.pictures import Picture, is_picture, one, sheet
from genai_demo.clip.search import COLUMNS, ranking
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, carried, curve, number, pictures, prose, ranked


@dataclass(frozen=True, slots=True, eq=False)
class SumStep:
    """A + amount (C - B). terms (n, s, s, 3): those of A, B, C that are pictures; found (k, s, s, 3)."""

    index: int
    total: int
    said: str = prose("the sum")
    terms: np.ndarray | None = pictures("pictures in the sum")
    found: np.ndarray = pictures("nearest to the sum", columns=COLUMNS)
    best: tuple[Tok, ...] = ranked("cosine to the sum", unit="cosine", pick=True, long=True)
    amount: float = number("amount", digits=2)
    nearest: float = curve("cosine of the nearest")
    to_start: float = curve("cosine to A", chart="the sum and its parts")
    to_minus: float | None = curve("cosine to B", chart="the sum and its parts")
    to_plus: float | None = curve("cosine to C", chart="the sum and its parts")
    names: tuple[str, ...] = carried()


@dataclass(frozen=True, slots=True)
class Term:
    """name: as said; vector (d,) of length 1; picture: where it is one."""

    name: str
    vector: np.ndarray
    picture: Picture | None


def term(model: Clip, text: str, name: str) -> Term | None:
    """None where the text is empty. Raises DemoError where it is no picture that is there, or too long."""
    text = text.strip()
    if not text:
        return None
    if is_picture(text):
        picture = one(text, features.side(model))
        return Term(picture.name, features.see(model, [picture])[0], picture)
    if len(text) > TEXT:
        raise DemoError(f"{name} has {len(text)} characters; the limit of words is {TEXT}, shorten it")
    return Term(f"“{text}”", features.read(model, [text])[0], None)


def arithmetic(model: Clip, options: ArithmeticOptions, *, seed: int) -> Iterator[SumStep]:
    """The sum, from A alone to A - B + C; the seed draws the scenes that are searched."""
    a, b, c = (term(model, getattr(options, name), name) for name in ("start", "minus", "plus"))
    if a is None:
        raise DemoError("start is empty; write words or a picture to begin with")
    among = library(model, options.library, options.pictures, seed)
    among.grow(model, among.count)
    drawn = [t.picture for t in (a, b, c) if t and t.picture]
    said = a.name + (f" - {b.name}" if b else "") + (f" + {c.name}" if c else "")
    for i in range(options.steps):
        amount = options.amount * (i / (options.steps - 1) if options.steps > 1 else 1)
        total = features.unit(a.vector + amount * ((c.vector if c else 0) - (b.vector if b else 0)))
        scores, places = among.search(total, options.k, among.count)
        near = among.labels(places)
        yield SumStep(
            i,
            options.steps,
            said,
            sheet(drawn) if drawn else None,
            among.sheet(places),
            ranking(near, scores),
            amount,
            float(scores[0]),
            float(total @ a.vector),
            float(total @ b.vector) if b else None,
            float(total @ c.vector) if c else None,
            tuple(name for name, _ in near),
        )
