"""Mend a text with gaps: written whole (Lewis et al. 2019, BART), or only what is missing (Raffel et al. 2019, T5).

In BART's manner a sign stands for a gap of any length, and the whole text is written. In T5's each gap has a sentinel
of its own, and they are written with what stood there.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, curve, matrix, number, prose, ranked, tokens
from genai_demo.language.text import clean, refuse_empty
from genai_demo.seq2seq.decode import ranking, unlike
from genai_demo.seq2seq.model import Translator
from genai_demo.seq2seq.options import GAP, MendOptions
from genai_demo.seq2seq.tasks import LEARNT_GAPS
from genai_demo.seq2seq.write import Moment, likeliest, moments, of_layer, put, shaded


@dataclass(frozen=True, slots=True, eq=False)
class MendStep:
    """One piece. attention as in TranslateStep; mended: the text with what has been put into its gaps so far."""

    index: int
    total: int
    pieces: tuple[str, ...]
    source: tuple[str, ...]
    said: str = prose("what happens")
    mended: tuple[Tok, ...] = tokens("the text, mended")
    written: tuple[Tok, ...] = tokens("what is written", grows=True)
    read: tuple[Tok, ...] = tokens("what is read, shaded where the new piece looks", unit="of the look", shade="share")
    choices: tuple[Tok, ...] = ranked("next piece", unit="probability")
    attention: np.ndarray = matrix("each piece looks at the text", rows="pieces", columns="source")
    surprise: float = curve("surprise", unit="nats")
    written_pieces: int = number("pieces written", digits=0)


@torch.inference_mode()
def mend(model: Translator, options: MendOptions, *, seed: int) -> Iterator[MendStep]:
    """A frame a piece. Nothing is random."""
    refuse_empty(options.text)
    parts = cut(clean(options.text))
    ids = gapped(model, parts, options.way)
    odd, source = unlike(model, " ".join(parts), ids), tuple(map(model.name, ids))
    for at in moments(model, ids, options.most, likeliest):
        look = of_layer(at.looks, options.layer)
        mended = by_sentinels(model, parts, at.pieces) if options.way == "spans" else ()
        if options.way == "repair" and at.ended:
            mended = compared(parts, model.text(at.pieces))
        yield MendStep(
            at.index,
            at.total,
            tuple(map(model.name, at.pieces)),
            source,
            odd or said(model, options, at, len(parts) - 1, mended),
            mended,
            put(model, at, ids, look),
            shaded(model, ids, look),
            ranking(model, at.chances, options.top, at.piece),
            look,
            -at.chance,
            at.index + 1,
        )


def cut(text: str) -> list[str]:
    """What stands before, between and behind the gaps; neighbouring gaps are one."""
    first, *rest = (" ".join(part.split()) for part in text.split(GAP))
    return [first, *(part for part in rest[:-1] if part), *rest[-1:]]


def gapped(model: Translator, parts: Sequence[str], way: str) -> list[int]:
    """What is read: the parts of a text with a sign in each gap between them. Raises DemoError."""
    gaps = len(parts) - 1
    signs = [model.mask] * gaps if way == "repair" else list(model.sentinels[:gaps])
    if not gaps:
        raise DemoError(f"text has no {GAP}; click a word to hide it, or write {GAP} in its place")
    if None in signs or (way == "spans" and not signs):
        raise DemoError("this model has no sign for such gaps; choose the other way, or another model")
    if len(signs) < gaps:
        raise DemoError(f"text has {gaps} gaps; it has signs for {len(model.sentinels)}, fill some")
    ids: list[int] = []
    for place, part in enumerate(parts):
        ids += model.segment(_spaced(part, first=not place, last=place == gaps, narrow=model.narrow))
        ids += [sign for sign in signs[place : place + 1] if sign is not None]
    return model.fitted(way, ids)


def _spaced(part: str, *, first: bool, last: bool, narrow: bool) -> str:
    """A part with the blanks around it that it was learnt with: the one trained here has them before signs too."""
    if narrow:
        return (f" {part}" if part else "") + ("" if last else " ")
    return f" {part}" if part and not first else part


def by_sentinels(model: Translator, parts: Sequence[str], pieces: Sequence[int]) -> tuple[Tok, ...]:
    """T5's way: a text whose gaps hold what is written behind their sentinels; an empty one is still GAP."""
    found: dict[int, list[int]] = {}
    place = -1
    for piece in pieces:
        if piece in model.sentinels:
            place = model.sentinels.index(piece)
        elif place >= 0 and piece != model.end:
            found.setdefault(place, []).append(piece)
    out: list[Tok] = []
    for gap, part in enumerate(parts):
        out += [Tok(f" {part}", kind="prompt")] if part else []
        if gap < len(parts) - 1:
            words = model.text(found.get(gap, []))
            out.append(Tok(f" {words}", kind="picked") if words else Tok(f" {GAP}"))
    return tuple(out)


def compared(parts: Sequence[str], written: str) -> tuple[Tok, ...]:
    """BART's way: the written text; what stands where a gap was is marked, and so is what was changed besides it."""
    words = [word for part in parts for word in (*part.split(), GAP)][:-1]
    new = written.split()
    out: list[Tok] = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, words, new, autojunk=False).get_opcodes():
        text = " ".join(new[c:d])
        if what == "equal":
            out.append(Tok(f" {text}", kind="prompt"))
        elif set(words[a:b]) == {GAP}:
            out.append(Tok(f" {text or GAP}", kind="picked"))
        else:
            lost = " ".join(words[a:b])
            out.append(Tok(f" {text or lost}", kind="best" if text else "off", note=f"read: {lost or 'nothing'}"))
    return tuple(out)


def said(model: Translator, options: MendOptions, at: Moment, gaps: int, mended: Sequence[Tok]) -> str:
    """What a frame shows."""
    if at.ended and any(tok.kind in ("best", "off") for tok in mended):
        return "Done, and it changed what was no gap: marked too. It copies from memory, piece by piece."
    if at.ended and any(tok.text == f" {GAP}" for tok in mended):
        return "It wrote its sign for the end, and left a gap empty."
    if at.ended:
        return "It wrote its sign for the end: every gap is filled. What it put in is marked."
    if at.cut:
        return "So many pieces were allowed, and it has not come to an end; More has the limit."
    if model.narrow and gaps > LEARNT_GAPS:
        return f"It has learnt with {LEARNT_GAPS} gaps at most; here are {gaps}."
    if options.way == "spans":
        return "Only what is missing is written: each gap's sign, then what stood there. Fewer pieces, less to learn."
    return "The whole text is written anew, gaps and all. One sign may stand for several words; it finds out how many."
