"""Dance tunes in bars of 4/4 and 2/4 from three old books, as music21 carries them in ABC. Only training needs them.

    oneills    O'Neill's Music of Ireland, Chicago 1903 (written down by Henrik Norbeck, Bob Safranek and others)
    aird       Aird's Airs, Glasgow 1778 to 1801 (Jack Campin)
    ryan       Ryan's Mammoth Collection, Boston 1883 (Ray Davies)

The tunes are in the public domain; the files come with music21, which may give them on by leave of those who wrote
them down. Its Essen folksongs, which are for non-commercial use only, are left alone. From PyPI, into the cache folder.

A melody is a row of steps, 16 to a bar: REST, HOLD (what sounds goes on) or a pitch. Tunes are moved by up to half an
octave so that their key has neither sharps nor flats.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from genai_demo.core.errors import DemoError
from genai_demo.core.home import home, making, whole
from genai_demo.inputs import abc
from genai_demo.inputs.abc import Tune

BAR = 16  # steps
REST, HOLD, FIRST = 0, 1, 2  # FIRST: the token of the lowest pitch
LOWEST, HIGHEST = 48, 95  # pitches, as in MIDI: C3 to B6
VOCABULARY = FIRST + HIGHEST - LOWEST + 1

VERSION = "10.5.1"
BOOKS = {"oneills": "oneills1850", "aird": "airdsAirs", "ryan": "ryansMammoth"}
METERS = (Fraction(1), Fraction(1, 2))
ONE_IN = 10  # tunes held out, by their titles
Split = Literal["train", "held out"]


@dataclass(frozen=True, slots=True)
class Melody:
    """steps (n * BAR,) of VOCABULARY: whole bars that follow each other in one tune; title: of the tune."""

    title: str
    book: str
    steps: np.ndarray


def load(split: Split) -> list[Melody]:
    """The melodies of that half; tunes of one title are in the same half. Raises DemoError."""
    return [one for one in _all() if held(one.title) == (split == "held out")]


def _all() -> Iterator[Melody]:
    """All melodies; once read they are kept beside the books, for reading them takes a while."""
    kept = home() / "data" / "tunes" / "melodies.npz"
    if not kept.exists():
        found = [one for book in BOOKS for tune in abc.tunes(_text(book)) for one in melodies(tune, book)]
        with whole(kept) as partial, partial.open("wb") as file:
            np.savez_compressed(
                file,
                steps=np.concatenate([one.steps for one in found]).astype(np.uint8),
                ends=np.cumsum([len(one.steps) for one in found]),
                titles=[one.title for one in found],
                books=[one.book for one in found],
            )
    with np.load(kept) as rows:
        parts = np.split(rows["steps"].astype(np.int64), rows["ends"][:-1])
        yield from (
            Melody(str(title), str(book), part) for title, book, part in zip(rows["titles"], rows["books"], parts)
        )


def melodies(tune: Tune, book: str) -> Iterator[Melody]:
    """The rows of whole bars of a tune; none where it has another meter or pitches too high or too low."""
    if tune.meter not in METERS or not tune.notes:
        return
    shift = to_white_keys(tune.sharps)
    pitches = [note.pitch + shift for note in tune.notes]
    if min(pitches) < LOWEST or max(pitches) > HIGHEST:
        return
    steps = stepped(tune, shift)
    for start, stop in _rows(tune):
        yield Melody(tune.fields.get("T", "").strip(), book, _begun(steps, start, stop))


def to_white_keys(sharps: int) -> int:
    """Semitones, -5 to 6, from a key of so many sharps to the one without any."""
    return (5 - sharps * 7) % 12 - 5


def stepped(tune: Tune, shift: int) -> np.ndarray:
    """The whole tune in steps; of two notes in one step the first."""
    step = tune.meter / BAR
    found = np.full(round(tune.end / step) + 1, HOLD)
    end = Fraction(0)
    for note in tune.notes:
        if note.at > end and (place := round(end / step)) < round(note.at / step):
            found[place] = REST
        place = round(note.at / step)
        if found[place] < FIRST:
            found[place] = FIRST + note.pitch + shift - LOWEST
        end = max(end, note.at + note.length)
    return found


def _begun(steps: np.ndarray, start: int, stop: int) -> np.ndarray:
    """A part of it; what sounds at its beginning begins there."""
    part = steps[start:stop].copy()
    if part[0] == HOLD:
        before = steps[:start][steps[:start] != HOLD]
        part[0] = before[-1] if len(before) else REST
    return part


def _rows(tune: Tune) -> Iterator[tuple[int, int]]:
    """(first step, last step + 1) of whole bars in a row. Two parts of a bar with a repeat between them are one."""
    edges = [Fraction(0), *(at for at in tune.bars if at)]
    bars: list[tuple[Fraction, Fraction]] = []
    for start, stop in itertools.pairwise(edges):
        if bars and bars[-1][1] == start and bars[-1][1] - bars[-1][0] + stop - start == tune.meter:
            bars[-1] = (bars[-1][0], stop)
        elif stop > start:
            bars.append((start, stop))
    begun: Fraction | None = None
    for k, (start, stop) in enumerate(bars):
        if stop - start != tune.meter:
            continue
        if begun is None or bars[k - 1][1] - bars[k - 1][0] != tune.meter:
            begun = start
        if k + 1 == len(bars) or bars[k + 1][1] - bars[k + 1][0] != tune.meter:
            step = tune.meter / BAR
            yield round(begun / step), round(stop / step)


def held(title: str) -> bool:
    """Whether tunes of that title are kept from training. Spelling, articles and the kind of dance do not count."""
    words = re.sub(r"--.*|\bthe\b|\breel\b|\bhornpipe\b|[^a-z ]", "", title.lower()).split()
    return int(hashlib.sha256("".join(sorted(words)).encode()).hexdigest(), 16) % ONE_IN == 0


def windows(found: list[Melody], bars: int) -> np.ndarray:
    """(n, bars * BAR) int64: every so many bars that follow each other, each once, without those that say little."""
    rows = [
        _begun(one.steps, k, k + bars * BAR)
        for one in found
        for k in range(0, len(one.steps) - bars * BAR + 1, BAR)
        if (one.steps[k : k + bars * BAR] >= FIRST).sum() >= 2 * bars
    ]
    return np.unique(np.array(rows, np.int64), axis=0)


def _text(book: str) -> str:
    kept = home() / "data" / "tunes" / f"{book}.abc"
    if not kept.exists():
        with making("tunes") as scratch:
            _keep(_fetched(scratch))
    return kept.read_text()


def _fetched(scratch: Path) -> Path:
    """The wheel. Raises DemoError."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    try:
        command += ["--dest", str(scratch), f"music21=={VERSION}"]
        subprocess.run(command, check=True, capture_output=True, timeout=1800)
        return next(scratch.glob("*.whl"))
    except (OSError, subprocess.SubprocessError, StopIteration) as error:
        raise DemoError(
            f"the Python package music21 {VERSION} could not be fetched ({type(error).__name__}); check the network"
        ) from error


def _keep(wheel: Path) -> None:
    """Writes each book as one file into the cache folder."""
    with zipfile.ZipFile(wheel) as inside:
        names = sorted(inside.namelist())
        for book, folder in BOOKS.items():
            parts = [n for n in names if n.startswith(f"music21/corpus/{folder}/") and n.endswith(".abc")]
            with whole(home() / "data" / "tunes" / f"{book}.abc") as partial:
                partial.write_text("\n\n".join(inside.read(name).decode("utf-8", "replace") for name in parts))
