"""A long day: 10,000 runs by 5,000 sessions. Each opens a page and asks for two runs of it, mostly as others did.

SOAK_RUNS (10000) and SOAK_SESSIONS (5000) say how many; SOAK_AT_ONCE (12) sessions are there at the same time. Of the
runs a share FRESH has a seed of its own and is computed; the others have one of SEEDS and are computed once, or again
when they were forgotten. After the first WARM of the sessions all is loaded and every cache is full: from then on
memory is to stay. At the end each recipe is computed once more, here, alone, and the frames of every answer are
compared by hash.
"""

from __future__ import annotations

import collections
import hashlib
import itertools
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil

from benchmarks import Row
from benchmarks.classroom import LIMITS, Caller, film, served, serving, together
from benchmarks.keeping import Told
from benchmarks.kinds import Kinds, every, page_of, quiet
from genai_demo import Recipe, run
from genai_demo.core.frames import pack

RUNS, SESSIONS, AT_ONCE = (
    int(os.environ.get(f"SOAK_{name}", usual))
    for name, usual in (("RUNS", 10_000), ("SESSIONS", 5_000), ("AT_ONCE", 12))
)
FRESH, SEEDS, WARM = 0.25, 2, 0.2
DEAR_S = 0.25  # a run that takes longer alone is asked at its smallest: there are ten thousand
MOST = 1.1  # memory at its highest after the warm-up, against that at the end of it
MEDIAN_S, NINETY_FIVE_S = 3.0, 12.0  # what a class may wait (classroom.py)
PARTS = 20  # looks at the memory
SETTLE_S = 12.0  # after the last answer: closed connections are noticed, threads that have nothing to do end


@dataclass(frozen=True, slots=True)
class Look:
    """What the process of the app holds: resident MB, threads, open files, children, files in its temporary folder."""

    mb: float
    threads: int
    open: int
    children: int
    files: int

    def more(self, before: Look) -> str:
        """What is there that was not, as "2 threads"; "none"."""
        counts = {
            name: getattr(self, name) - getattr(before, name) for name in ("threads", "open", "children", "files")
        }
        return ", ".join(f"{count} {name}" for name, count in counts.items() if count > 0) or "none"


@dataclass
class Soaked:
    """What came of it. answers: recipe as JSON -> the hashes of the frames that were given for it, and how often."""

    waits: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    answers: dict[str, collections.Counter[str]] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, took: float, recipe: str, found: str) -> None:
        """One run is there."""
        with self.lock:
            self.waits.append(took)
            self.answers.setdefault(recipe, collections.Counter())[found] += 1


def rows() -> list[Row]:
    """Waits and refusals, what is left, and answers that are not those of a quiet machine."""
    with tempfile.TemporaryDirectory() as folder, served(TMPDIR=folder) as base:
        kinds, process, began = every(base, DEAR_S), serving(), time.monotonic()
        done = soaked(base, kinds, process, Path(folder))
        minutes = (time.monotonic() - began) / 60
    unlike = unlike_alone(done.answers)
    warm, last = done.looks[int(WARM * PARTS)], done.looks[-1]
    highest = max(one.mb for one in done.looks[int(WARM * PARTS) :])
    waits = sorted(done.waits)
    ninety_five = waits[int(0.95 * (len(waits) - 1))]
    what = f"soak: {RUNS:,} runs by {SESSIONS:,} sessions in {minutes:.0f} min"
    return [
        (f"{what}, refused (none)", str(len(done.refused)), kinds.told, None),
        (f"{what}, memory after warm-up (at most {MOST})", f"{highest:.0f} MB", f"{warm.mb:.0f} MB", highest / warm.mb),
        (f"{what}, threads, files, processes left (none)", last.more(warm), "none", None),
        (f"{what}, median (under {MEDIAN_S:.0f} s)", f"{statistics.median(waits):.1f} s", "-", None),
        (f"{what}, 95 % (under {NINETY_FIVE_S:.0f} s)", f"{ninety_five:.1f} s", "-", None),
        (f"{what}, answers unlike a quiet machine's (none)", str(unlike), f"{len(done.answers):,} recipes", None),
    ]


def told(found: list[Row]) -> Told:
    """For the README."""
    refused, memory, left, median, ninety_five, unlike = found
    what = refused[0].partition(": ")[2].rpartition(", ")[0]
    return (
        f"{what}, {AT_ONCE} at a time: {refused[2]}; one in {1 / FRESH:.0f} with a seed of its own",
        f"{refused[1]} refused; memory {memory[2]} when warm, at most {memory[1]} later; threads, files, processes "
        f"left: {left[1]}; waits {median[1]} (median), {ninety_five[1]} (95 %); answers unlike a quiet machine's: "
        f"{unlike[1]}, of {unlike[2]}",
    )


def soaked(base: str, kinds: Kinds, process: psutil.Process, folder: Path) -> Soaked:
    """All sessions, AT_ONCE at a time, with a look at the process after each part of them and when they have gone."""
    found, ask, opened = Soaked(), Caller(base, kinds.kinds), httpx.Client(base_url=base, timeout=120, limits=LIMITS)
    numbers, began, part = itertools.count(), time.monotonic(), max(1, SESSIONS // PARTS)

    def look() -> None:
        files = sum(path.is_file() for path in folder.rglob("*"))
        seen = process.num_threads(), process.num_fds(), len(process.children(recursive=True)), files
        found.looks.append(Look(process.memory_info().rss / 1e6, *seen))
        tell = f"{len(found.waits):,} runs in {time.monotonic() - began:.0f} s, {len(found.refused)} refused"
        print(f"{tell}; {found.looks[-1]}", file=sys.stderr, flush=True)

    def sessions() -> None:
        while (number := next(numbers)) < SESSIONS:
            if number and number % part == 0:
                look()
            session(number, ask, opened, found)

    look()
    together([sessions] * AT_ONCE)
    opened.close()
    ask.client.close()
    ask = Caller(base, kinds.kinds[:1])
    quiet(ask, 60)
    ask.client.close()
    time.sleep(SETTLE_S)
    look()
    return found


def session(number: int, ask: Caller, opened: httpx.Client, found: Soaked) -> None:
    """One visitor: a page, and its share of the runs, of that page where it has others."""
    rng = random.Random(number)
    kind = number % len(ask.kinds)
    name = ask.kinds[kind][0]
    mates = [i for i, (other, _) in enumerate(ask.kinds) if page_of(other) == page_of(name)]
    share = RUNS * (number + 1) // SESSIONS - RUNS * number // SESSIONS
    try:
        opened.get(f"/{page_of(name)}").raise_for_status()
    except httpx.HTTPError as error:
        found.refused.append(str(error))
    for one in [kind, *rng.choices(mates, k=share)][:share]:
        fresh = rng.random() < FRESH
        seed = rng.randrange(1000, 2**31 - 1) if fresh else 100 + rng.randrange(SEEDS)
        began = time.monotonic()
        try:
            last = ask.answer(one, seed, f"soak{number}")
            took, shown = time.monotonic() - began, film(last)
            found.answered(took, shown["recipe"], hashed(shown["frames"]))
        except (RuntimeError, httpx.HTTPError, KeyError, ValueError) as error:
            found.refused.append(str(error))
            print(f"{ask.kinds[one][0]} {seed}: {type(error).__name__} {error!s:.200}", file=sys.stderr)


def hashed(frames: list[dict[str, Any]]) -> str:
    """SHA-256 of packed frames, without what was measured."""
    told = hashlib.sha256()
    for frame in frames:
        numbers = [one for one in frame.get("numbers", []) if not one.get("measured")]
        told.update(orjson.dumps({**frame, "numbers": numbers}, option=orjson.OPT_SORT_KEYS))
    return told.hexdigest()


def unlike_alone(answers: dict[str, collections.Counter[str]]) -> int:
    """How many answers are not those of the same recipe, computed here, with nothing else at work."""
    wrong, began = 0, time.monotonic()
    for done, (recipe, found) in enumerate(answers.items()):
        mine = hashed(list(_packed(recipe)))
        if others := sum(count for one, count in found.items() if one != mine):
            wrong += others
            print(f"unlike: {others} of {found.total()} answers to {recipe[:300]}", file=sys.stderr)
        if done % 500 == 0:
            so_far = f"{done:,} of {len(answers):,} recipes computed again in {time.monotonic() - began:.0f} s"
            print(so_far, file=sys.stderr, flush=True)
    return wrong


def _packed(recipe: str) -> Iterator[dict[str, Any]]:
    for frame in run(Recipe.from_json(recipe)):
        yield orjson.loads(orjson.dumps(pack(frame), option=orjson.OPT_SERIALIZE_NUMPY, default=str))
