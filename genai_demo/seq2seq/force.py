"""A given translation scored piece by piece, beside another one or beside what the model writes by itself.

Teacher forcing (Williams & Zipser 1989): each piece is asked for behind the right ones before it, all in one pass. What
it writes by itself stands behind its own pieces, right or wrong (Ranzato et al. 2016, "exposure bias").
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from genai_demo.core.frames import Tok, curve, number, prose, ranked, tokens
from genai_demo.core.frames_text import TokKind
from genai_demo.language.text import refuse_empty
from genai_demo.seq2seq.decode import forced, ranking, unlike
from genai_demo.seq2seq.model import Translator
from genai_demo.seq2seq.options import ForceOptions
from genai_demo.seq2seq.write import likeliest, moments

CHART = "log-probability so far"


@dataclass(frozen=True, slots=True, eq=False)
class ForceStep:
    """One place. forced: what it would have written behind the given pieces; right: share of it that is given.

    one, two: log-probability of each translation up to here; that of the shorter one then stays.
    """

    index: int
    total: int
    said: str = prose("what is shown")
    given: tuple[Tok, ...] = tokens("the given translation", grows=True)
    forced: tuple[Tok, ...] = tokens("forced: its choice behind the given pieces", grows=True)
    beside: tuple[Tok, ...] = tokens("free: its choice behind its own pieces", grows=True)
    choices: tuple[Tok, ...] = ranked("here, forced", unit="probability")
    others: tuple[Tok, ...] = ranked("here, running free", unit="probability")
    one: float = curve("given", unit="nats", chart=CHART, digits=2)
    two: float = curve("free", unit="nats", chart=CHART, digits=2)
    right: float = number("forced, as given", unit="of the places", digits=2)
    whole: float = number("all places of the given one, in one pass", unit="ms", digits=1, measured=True)


@torch.inference_mode()
def force(model: Translator, options: ForceOptions, *, seed: int) -> Iterator[ForceStep]:
    """A frame a place. Nothing is random."""
    ids = model.encode(options.task, options.text)
    refuse_empty(options.given)
    given = model.written(options.given)
    own = not options.other.strip()
    beside = greedy(model, ids) if own else model.written(options.other)
    started = time.perf_counter()
    first = forced(model, ids, given)
    whole = 1000 * (time.perf_counter() - started)
    second, odd = forced(model, ids, beside), unlike(model, options.text, ids)
    guesses = first.argmax(1).tolist()
    one = two = right = 0.0
    pairs = list(itertools.zip_longest(given, beside))
    for i, (a, b) in enumerate(pairs):
        one += 0.0 if a is None else float(first[i, a])
        two += 0.0 if b is None else float(second[i, b])
        right += a is not None and guesses[i] == a
        yield ForceStep(
            i,
            len(pairs),
            odd or said(given[:i], beside[:i], a, b, own),
            _put(model, first, i, a),
            () if a is None else _put(model, first, i, guesses[i], "" if guesses[i] == a else "best"),
            _put(model, second, i, b),
            () if a is None else ranking(model, first[i], options.top, a),
            () if b is None else ranking(model, second[i], options.top, b),
            one,
            two,
            right / min(i + 1, len(given)),
            whole,
        )


def _put(model: Translator, chances: Tensor, place: int, piece: int | None, kind: TokKind = "") -> tuple[Tok, ...]:
    """A piece with its probability by log-probabilities (t, v); nothing for the end, or where there is none."""
    if piece is None or piece == model.end:
        return ()
    return (Tok(model.piece(piece), float(chances[place, piece].exp()), kind, piece),)


def greedy(model: Translator, ids: list[int]) -> list[int]:
    """What the model writes by itself, the likeliest piece at each step, END last where it comes to one."""
    *_, last = moments(model, ids, model.longest, likeliest)
    return list(last.pieces)


def said(before: list[int], other: list[int], a: int | None, b: int | None, own: bool) -> str:
    """What a frame shows."""
    if a is None or b is None:
        return "One of the two has ended; the score of the other still falls, as each piece costs something."
    if before == other and a == b:
        return "Both have the same piece here, behind the same pieces: it costs both the same."
    if before == other:
        return "Here they part: the same pieces lie before, and each takes another one. The bars say what it costs."
    free = "its own pieces" if own else "the pieces of the other one"
    return f"The given one is scored behind the given pieces, the one beside it behind {free}."
