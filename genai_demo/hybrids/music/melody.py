"""Melodies as visitors give them, as text in ABC, and as the networks know them: steps, moved into the key they learnt.

A step is a sixteenth, a bar of 2/4 has as many as one of 4/4. See genai_demo.data.tunes for the tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from genai_demo.core.errors import DemoError
from genai_demo.data.tunes import BAR, FIRST, HIGHEST, HOLD, LOWEST, REST, stepped
from genai_demo.inputs import abc
from genai_demo.inputs.abc import Tune

MOST_BARS, FEWEST_NOTES = 8, 2
LONGEST = 1500  # characters of a melody
STEP_S = 0.125  # seconds, as it is heard: 120 quarters a minute
MIDDLE = 74  # the mean pitch of the tunes that were learnt, in the key without sharps and flats
SCALE = (0, 2, 4, 5, 7, 9, 11)
Notes = list[tuple[int, int, int]]  # (first step, steps, pitch)


@dataclass(frozen=True, slots=True)
class Given:
    """steps (n * BAR,): as it was given; shift: semitones to the key that the networks learnt."""

    steps: np.ndarray
    shift: int

    @property
    def bars(self) -> int:
        return len(self.steps) // BAR

    @property
    def known(self) -> np.ndarray:
        """The steps in that key."""
        return moved(self.steps, self.shift)


def read(text: str, name: str = "melody", most: int = MOST_BARS, whole: int = 2) -> Given:
    """The melody in whole pairs of bars, the last filled with silence. Raises DemoError, one sentence."""
    tune = abc.read(text)
    _judge(tune, name)
    tune.meter = tune.meter if tune.meter in (Fraction(1), Fraction(1, 2)) else Fraction(1)
    found = stepped(tune, 0)
    kept, written = int((found >= FIRST).sum()), len(tune.notes)
    if kept < written:
        raise DemoError(f"{name} has {_many(written - kept, 'note')} too short; make none shorter than a sixteenth, C/")
    end = round(tune.end / (tune.meter / BAR))
    bars = -(-end // BAR)
    if bars > most:
        raise DemoError(f"{name} has {bars} bars; the limit is {most}, shorten it")
    steps = np.full(-(-bars // whole) * whole * BAR, HOLD)
    steps[:end] = found[:end]
    silent = round((tune.notes[-1].at + tune.notes[-1].length) / (tune.meter / BAR))
    if silent < len(steps):
        steps[silent] = REST
    if steps[0] == HOLD:
        steps[0] = REST
    return Given(steps, to_known(steps))


def _judge(tune: Tune, name: str) -> None:
    """Raises DemoError where it is no melody."""
    if tune.chords:
        raise DemoError(f"{name} has {_many(tune.chords, 'chord')}, as in [CEG]; write one note at a time")
    if len(tune.notes) < FEWEST_NOTES:
        had = ("no note", "1 note")[len(tune.notes)]
        raise DemoError(f"{name} has {had}; give at least {FEWEST_NOTES}, as in C2 D2 E4")
    outside = [note.pitch for note in tune.notes if not LOWEST <= note.pitch <= HIGHEST]
    if outside:
        raise DemoError(f"{name} has {_many(len(outside), 'note')} too high or too low; stay between C, and b'")


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def moved(steps: np.ndarray, by: int) -> np.ndarray:
    """All pitches moved by so many semitones; one that would leave the range by an octave less."""
    pitches = steps - FIRST + LOWEST + by
    pitches = np.where(pitches > HIGHEST, pitches - 12, np.where(pitches < LOWEST, pitches + 12, pitches))
    return np.where(steps >= FIRST, pitches - LOWEST + FIRST, steps)


def to_known(steps: np.ndarray) -> int:
    """The semitones after which most notes need neither sharp nor flat, and lie where the tunes do."""
    pitches = steps[steps >= FIRST] - FIRST + LOWEST
    found = np.bincount(pitches % 12, minlength=12).tolist()
    best = max(range(-5, 7), key=lambda by: (sum(found[(tone - by) % 12] for tone in SCALE), -abs(by)))
    octaves = [best + 12 * k for k in (-2, -1, 0, 1, 2)]
    return min(octaves, key=lambda by: (((pitches + by < LOWEST) | (pitches + by > HIGHEST)).sum(), _far(pitches, by)))


def _far(pitches: np.ndarray, by: int) -> float:
    return abs(float(pitches.mean()) + by - MIDDLE)


def notes(steps: np.ndarray) -> Notes:
    """What sounds, in order."""
    tokens: list[int] = steps.tolist()
    at = [place for place, token in enumerate(tokens) if token != HOLD]
    ends = zip(at, [*at[1:], len(tokens)])
    return [(start, stop - start, tokens[start] - FIRST + LOWEST) for start, stop in ends if tokens[start] >= FIRST]


def text(found: Notes) -> str:
    """The melody in ABC."""
    parts: list[tuple[int | None, int]] = []
    end = 0
    for at, length, pitch in found:
        if at > end:
            parts.append((None, at - end))
        parts.append((pitch, length))
        end = at + length
    return abc.written(parts)


def heard(steps: np.ndarray) -> dict[str, object]:
    """What a page needs to play it: notes in steps, how many steps there are, how long one is."""
    found = notes(steps)
    return {"notes": found, "steps": len(steps), "step_s": STEP_S, "abc": text(found)}


def in_scale(steps: np.ndarray, shift: int) -> float:
    """The share of its notes, in %, that belong to the scale of the key that it is moved out of."""
    pitches = [pitch for *_, pitch in notes(steps)]
    return 100 * (sum((pitch + shift) % 12 in SCALE for pitch in pitches) / len(pitches)) if pitches else 0.0


def apart(one: np.ndarray, other: np.ndarray) -> int:
    """In how many steps two melodies of one length differ."""
    return int((one != other).sum())
