"""A decoder goes on with the melody that was given, step after step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import carried, curve, number, pictures, prose, ranked
from genai_demo.core.frames_text import Tok
from genai_demo.data.tunes import BAR, HOLD, REST, VOCABULARY
from genai_demo.hybrids.music import melody, roll
from genai_demo.hybrids.music.compose import LISTED, named
from genai_demo.hybrids.music.decoder import BARS, STEPS, TuneDecoder
from genai_demo.hybrids.music.melody import Given
from genai_demo.hybrids.music.options import ContinueOptions
from genai_demo.language.samplers import Candidates

EVERY = 4  # steps from one frame to the next


@dataclass(frozen=True, slots=True, eq=False)
class GoneOn:
    """So far it is said."""

    index: int
    total: int
    roll: np.ndarray = pictures("melody", columns=1)
    said: str = prose("what happens")
    chances: tuple[Tok, ...] = ranked("the next step", unit="probability")
    sure: float | None = curve("the likeliest token", unit="%", chart="how sure it is", digits=0)
    bar: int = number("bar", digits=0)
    notes: int = number("notes", digits=0)
    again: float = number("new bars that stood before", unit="%", digits=0)
    in_scale: float = number("notes in the scale", unit="%", digits=0)
    heard: dict[str, Any] = carried()


def go_on(model: TuneDecoder, options: ContinueOptions, *, seed: int) -> Iterator[GoneOn]:
    """A frame for what was given, and one for every EVERY steps that come.

    They are said to the end before they are drawn: pictures in between would push the weights out of the processor's
    cache.
    """
    given = melody.read(options.melody, whole=1)
    begun = _end(given.steps)
    whole = -(-begun // BAR)
    until = (whole + options.bars) * BAR
    if until > STEPS:
        raise DemoError(f"the melody has {whole} bars; with {options.bars} more it has over {BARS}, add fewer")
    known = torch.from_numpy(given.known[:begun]).to(next(model.parameters()).device)
    total = -(-(until - begun) // EVERY) + 1
    steps = np.full(until, HOLD)
    steps[:begun] = given.steps[:begun]
    own = melody.moved(np.arange(VOCABULARY), -given.shift)  # a token in the visitor's key
    yield _frame(0, total, steps, begun, begun, given, ())
    index = 0
    said = list(model.spoken(known, until, temperature=options.temperature, share=options.top_p, seed=seed))
    for place, (token, left) in enumerate(said, begun):
        steps[place] = own[token]
        if (place - begun) % EVERY == EVERY - 1 or place == until - 1:
            index += 1
            yield _frame(index, total, steps, place + 1, begun, given, listed(token, left, own))


def _end(steps: np.ndarray) -> int:
    """Where what is given ends: silence at its end does not count."""
    silent = np.flatnonzero(steps != HOLD)[-1]
    return int(silent) if steps[silent] == REST else len(steps)


def _frame(
    index: int, total: int, steps: np.ndarray, far: int, begun: int, given: Given, chances: tuple[Tok, ...]
) -> GoneOn:
    shown = steps.copy()
    if far < len(shown):
        shown[far] = REST
    return GoneOn(
        index,
        total,
        roll.drawn(shown, given=begun, now=[far] if index + 1 < total else [])[None],
        _said(index, total, begun),
        chances,
        100 * (chances[0].share or 0.0) if chances else None,
        (far - 1) // BAR + 1,
        len(melody.notes(shown)),
        100 * repeated(shown[:far], begun),
        melody.in_scale(shown, given.shift),
        melody.heard(shown),
    )


def listed(token: int, left: Candidates, own: np.ndarray) -> tuple[Tok, ...]:
    """The likeliest tokens in the visitor's key, and the one that was drawn. own: each token in that key."""
    ids, chances = left.ids.tolist(), left.probabilities.tolist()
    rows = [k for k in range(len(ids)) if k < LISTED or ids[k] == token]
    return tuple(Tok(named(int(own[ids[k]])), chances[k], kind="picked" if ids[k] == token else "") for k in rows)


def repeated(steps: np.ndarray, begun: int) -> float:
    """The share of the whole bars behind the beginning that stand, note for note, somewhere before."""
    bars = [steps[k : k + BAR].tobytes() for k in range(0, len(steps) - BAR + 1, BAR)]
    new = range(-(-begun // BAR), len(bars))
    return sum(bars[k] in bars[:k] for k in new) / len(new) if len(new) else 0.0


def _said(index: int, total: int, begun: int) -> str:
    if not index:
        return f"Grey is what was given, {begun} steps of a sixteenth. The decoder reads them as it would read a text."
    if index + 1 < total:
        return (
            "Each step is a token: a new note, hold on, or rest. It is drawn from the chances, and read with the rest."
        )
    return (
        "Blue is what the decoder added, step by step, without a plan for eight bars: whole bars hardly ever come back."
    )
