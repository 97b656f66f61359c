"""Run vlm/rest: what each word of an answer rests on, by leaving patches out; attention beside it, and how far both
agree.

"Attention is not Explanation" (Jain & Wallace 2019): where it lies need not be what counts, and some patches draw it
whatever is asked (sinks, Xiao et al. 2023). drops (len(answer), n) in nats.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.frames import Tok, carried, number, pictures, prose, ranked, tokens
from genai_demo.vlm.answering import Answer, answer, ending, log_chances
from genai_demo.vlm.hiding import agreement, attention, covered, hidden_one_by_one, sinks
from genai_demo.vlm.looking import Looked, large, look, question
from genai_demo.vlm.maps import tinted
from genai_demo.vlm.model import Seer
from genai_demo.vlm.options import RestOptions

LISTED = 6  # patches that are named


@dataclass(frozen=True, slots=True, eq=False)
class RestStep:
    """One word of the answer; the last frame is of the whole of it. drops: of each patch, row by row, in nats."""

    index: int
    total: int
    names: tuple[str, ...]
    notice: str | None = prose("note")
    maps: np.ndarray = pictures("what it rests on", names="names", columns=4)
    answer: tuple[Tok, ...] = tokens("the answer; marked: what the maps are of")
    most: tuple[Tok, ...] = ranked("patches that count most", unit="nats", long=True)
    said: str = prose("what is shown")
    says: str = number("it says")
    chance: float = number("chance of it", unit="with all patches")
    least: float = number("chance of it", unit="without its patch")
    with_covered: float = number("agrees with the patch covered", unit="correlation")
    with_attention: float = number("agrees with attention, sinks masked", unit="correlation")
    with_sinks: float = number("agrees with attention as it is", unit="correlation")
    sinks: int = number("sinks", unit="patches", digits=0)
    answer_ms: float = number("time of one answer", unit="ms", digits=0, measured=True)
    patches_ms: float = number("of all patches left out", unit="ms", digits=0, measured=True)
    drops: tuple[float, ...] = carried()
    gone: tuple[int, ...] = carried()


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What is known of one answer. base (t,), hidden, covered (n, t): log-chances; looks (t, n); sunk (n,)."""

    found: Answer
    base: Tensor
    hidden: Tensor
    covered: Tensor
    looks: Tensor
    sunk: Tensor
    answer_ms: float
    patches_ms: float


def rest(seer: Seer, options: RestOptions, *, seed: int) -> Iterator[RestStep]:
    """A frame a word of the answer, then the whole of it. Nothing is random."""
    looked = look(seer, options.picture)
    gone = dropped(options.dropped, looked.patches.shape[1])
    prompt = question(seer, options.question)
    known = measured(seer, looked, prompt, gone)
    words = len(known.base)
    parts = [range(i, i + 1) for i in range(words)] if words > 1 else []
    for index, part in enumerate([*parts, range(words)]):
        yield _frame(seer, looked, known, part, (index, len(parts) + 1), gone)


def dropped(text: str, count: int) -> tuple[int, ...]:
    """Patches, counted from 0, of "43 44". Raises DemoError where one is none."""
    parts = text.replace(",", " ").split()
    for part in parts:
        if not (part.isascii() and part.isdigit() and len(part) < 6 and 1 <= int(part) <= count):
            raise DemoError(f"dropped has {shown(part)}; write numbers of patches from 1 to {count}, as in 43 44")
    found = tuple(sorted({int(part) - 1 for part in parts}))
    if len(found) == count:
        raise DemoError(f"all {count} patches are dropped; leave one of them")
    return found


def measured(seer: Seer, looked: Looked, prompt: Sequence[int], gone: tuple[int, ...]) -> Measured:
    """The answer, and what becomes of it without each patch."""
    begun = time.perf_counter()
    found = answer(seer, looked.patches, prompt, gone=gone)
    answered = time.perf_counter()
    given = ending(seer, found)
    base = log_chances(seer, looked.patches, prompt, given, gone)[0]
    between = time.perf_counter()
    hidden = hidden_one_by_one(seer, looked.patches, prompt, given, gone)
    done = time.perf_counter()
    side = math.isqrt(looked.patches.shape[1])
    again = torch.cat([seer.patches(part) for part in np.array_split(covered(looked.pixels, side), 4)])
    looks = attention(seer, looked.patches, prompt, given)
    return Measured(
        found,
        base,
        hidden,
        log_chances(seer, again, prompt, given, gone),
        looks,
        sinks(seer, looked.pixels, looked.patches),
        1000 * (answered - begun),
        1000 * (done - between),
    )


def _frame(
    seer: Seer, looked: Looked, known: Measured, part: range, at: tuple[int, int], gone: tuple[int, ...]
) -> RestStep:
    here = slice(part.start, part.stop)
    base = known.base[here].sum()
    drops = base - known.hidden[:, here].sum(1)
    cover = base - known.covered[:, here].sum(1)
    looks = known.looks[here].mean(0)
    masked = looks.masked_fill(known.sunk, 0)
    side = math.isqrt(len(drops))
    maps = [_square(one, side) for one in (drops, cover, masked)]
    best = int(drops.argmax())
    return RestStep(
        *at,
        ("the picture", "patch left out", "patch covered", "attention, sinks masked"),
        looked.notice or None,
        np.stack([large(looked.pixels), *(tinted(looked.pixels, one) for one in maps)]),
        _answer(seer, known.found, part),
        _most(drops, side),
        _said(drops, base, best, side),
        known.found.text,
        math.exp(base),
        math.exp(base - drops[best]),
        agreement(drops, cover),
        agreement(drops, masked),
        agreement(drops, looks),
        int(known.sunk.sum()),
        known.answer_ms,
        known.patches_ms,
        tuple(round(value, 5) for value in drops.tolist()),
        tuple(i + 1 for i in gone),
    )


def _square(values: Tensor, side: int) -> np.ndarray:
    return np.asarray(values.reshape(side, side).float().cpu().numpy())


def _answer(seer: Seer, found: Answer, part: range) -> tuple[Tok, ...]:
    """The answer's words, those that the maps are of pointed out."""
    return tuple(
        Tok(seer.language.piece(token).decode(errors="replace"), chance, "best" if i in part else "", token)
        for i, (token, chance) in enumerate(zip(found.ids, found.chances, strict=False))
    )


def _most(drops: Tensor, side: int) -> tuple[Tok, ...]:
    values, places = drops.topk(min(LISTED, len(drops)))
    top = max(float(values[0]), 1e-9)
    return tuple(
        Tok(f"{place + 1}: {where(place, side)}", max(0.0, value / top), value=value)
        for value, place in zip(values.tolist(), places.tolist(), strict=True)
    )


def where(place: int, side: int) -> str:
    """Row and column of a patch, from 1."""
    return f"row {place // side + 1}, column {place % side + 1}"


def _said(drops: Tensor, base: Tensor, best: int, side: int) -> str:
    return (
        f"Of {len(drops)} patches, the one in {where(best, side)} counts most: without it the chance falls from "
        f"{math.exp(base):.2f} to {math.exp(base - drops[best]):.2f}."
    )
