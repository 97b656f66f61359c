"""Fair turns: the runs of all visitors share a few slots, and nobody waits long for what is short.

    ticket = schedule.submit(recipe)          # joins an equal recipe that is computed now, or was a moment ago
    for frame in ticket: ...                  # at the reader's own pace; a slow reader holds no slot
    ticket.close()                            # who leaves last stops the computation at its next frame

A slot computes one frame after the other of the job that is worth most: the one with the least left to do, by an
estimate learnt from earlier runs, less what it has waited (shortest remaining time first, with aging, so that a long
job gives way but never starves). Knows nothing of the web: pages/parts/stream.py submits the runs of all pages and
programs to it, the deck has one of its own, and so has each worker of a cluster.
"""

from __future__ import annotations

import contextvars
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from cachetools import LRUCache

from genai_demo.core import backend, limits, waits
from genai_demo.core.caches import Cache, weigh
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe

SLOTS = 2  # frames that are computed at the same time
AGING = 0.06  # seconds of work that a second of waiting is worth
PATIENCE_S = 0.5  # how long a reader who can do something else meanwhile waits for a frame
LEARNT = 2000  # estimates that are remembered
UNKNOWN_S = 2.0  # what a run of which nothing is known is taken to need
KEPT_BYTES = 60_000_000  # frames of finished runs that are kept for who asks the same again
PRIVATE = "private "  # how the key of such a job begins; a recipe's is JSON
LEARN = 0.3  # how much the newest measurement counts in an estimate

Start = Callable[[], Iterator[Any]]


class Estimates:
    """Seconds that a recipe will compute, learnt from what earlier ones took.

    Best is what the same options took with another seed. Else a run says itself how its cost grows with its options
    (`size`); what is learnt is the seconds for a unit of that.
    """

    def __init__(self) -> None:
        self._each: LRUCache[str, float] = LRUCache(LEARNT)
        self._lock = threading.Lock()

    def of(self, recipe: Recipe, size: float) -> float:
        """Seconds, UNKNOWN_S where the run was never measured."""
        alike, kind = _names(recipe)
        with self._lock:
            if (same := self._each.get(alike)) is not None:
                return same
            each = self._each.get(kind)
        return UNKNOWN_S if each is None else each * max(size, 1e-9)

    def learn(self, recipe: Recipe, size: float, seconds: float) -> None:
        """A finished run took `seconds`."""
        with self._lock:
            for name, now in zip(_names(recipe), (seconds, seconds / max(size, 1e-9)), strict=True):
                before = self._each.get(name, now)
                self._each[name] = before + LEARN * (now - before)


class Before(NamedTuple):
    """Who goes first: so many jobs, which take so many seconds together, about."""

    jobs: int
    seconds: float

    @property
    def text(self) -> str:
        """As a visitor is told."""
        if not self.jobs:
            return "yours is next"
        who = "one run goes" if self.jobs == 1 else f"{self.jobs} runs go"
        return f"{who} before yours, for about {rounded(self.seconds)} s"


def rounded(seconds: float) -> int:
    """Whole seconds, from ten on in steps of five: what is an estimate need not change at every look."""
    return max(1, round(seconds)) if seconds < 10 else 5 * round(seconds / 5)


def _names(recipe: Recipe) -> tuple[str, str]:
    """What a recipe is called whatever its seed, and what a run is called whatever its options."""
    return replace(recipe, seed=0, versions={}).to_json(), f"{recipe.run} {recipe.model}"


@dataclass(eq=False)
class Job:
    """One computation, read by everybody who asked for it. Its fields are guarded by the schedule's lock.

    changed: told of each new frame and of the end, under that lock; waits: what the run waits for, as it says; bytes:
    what its frames take, once all are there.
    """

    key: str
    recipe: Recipe
    who: str
    frames: Iterator[Any]
    estimate: float
    size: float
    changed: threading.Condition
    waits: waits.Waits = field(default_factory=waits.Waits)
    asked: float = field(default_factory=time.monotonic)
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    made: list[Any] = field(default_factory=list)
    readers: int = 0
    spent: float = 0.0
    bytes: int = 0
    done: bool = False
    running: bool = False
    error: Exception | None = None

    @property
    def private(self) -> bool:
        """Whether it is one visitor's own: it is not kept, and may yield what can't be weighed."""
        return self.key.startswith(PRIVATE)

    @property
    def left(self) -> float:
        """Seconds that it still needs, about.

        Past what was learnt it is slower than it was, as all are in a crowd: at most as long again. Of a run that is
        not known its frames tell, and while there are none, as long again and again.
        """
        known = self.estimate != UNKNOWN_S
        if known and self.spent < self.estimate:
            return self.estimate - self.spent
        again = self.spent if known and self.made else max(self.estimate - self.spent, 2 * self.spent)
        to_come = getattr(self.made[-1], "total", 0) - len(self.made) if self.made else -1
        if to_come < 0:
            return again
        by_frames = self.spent / len(self.made) * to_come
        return min(by_frames, again) if known else by_frames

    def worth(self, now: float) -> float:
        """What is left of it, in seconds, less its age: the smallest goes first."""
        return self.left - AGING * (now - self.asked)


class Ticket:
    """A reader of a job: iterate it for the frames, from the first on. Close it, or use it as a context, to leave.

    shared: the job was asked for by somebody before; its frames, with the times measured in them, are those of then.
    """

    def __init__(self, schedule: Schedule, job: Job, shared: bool) -> None:
        self._schedule, self._job, self.shared = schedule, job, shared
        self._left = False

    def __iter__(self) -> Iterator[Any]:
        return (frame for frame in self.frames(None) if frame is not None)

    def frames(self, patience: float | None = PATIENCE_S) -> Iterator[Any]:
        """The frames from the first on, and None whenever `patience` seconds have passed without one."""
        at = 0
        while (found := self._schedule.wait(self._job, at, patience)) is not False:
            yield self._job.made[at] if found else None
            at += bool(found)

    def __enter__(self) -> Ticket:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Leave; the last who does so stops the computation at its next frame."""
        if not self._left:
            self._left = True
            self._schedule.leave(self._job)

    @property
    def waiting(self) -> Before | None:
        """The jobs that go before this one; None once it has begun."""
        return self._schedule.before(self._job)

    @property
    def done(self) -> bool:
        """Whether nothing more is computed: all its frames are there, or it failed."""
        return self._job.done

    @property
    def newest(self) -> Any:
        """The frame computed last; None where there is none yet."""
        return self._job.made[-1] if self._job.made else None

    @property
    def told(self) -> waits.Told | None:
        """What the run says that it waits for."""
        return self._job.waits.told()

    @property
    def seconds(self) -> float:
        """Seconds computed so far, by whichever thread, without waiting."""
        return self._job.spent


class Schedule:
    """Slots that compute the frames of many jobs in turns. One serves a whole program; threads end with it.

    slots: frames that are computed at the same time, in this process; a backend elsewhere may take more. most_waiting:
    jobs that it takes in all; None: as many as RUNS_WAITING says.
    """

    def __init__(self, slots: int = SLOTS, *, most_waiting: int | None = None, kept_bytes: int = KEPT_BYTES) -> None:
        self._slots, self._most_waiting = slots, most_waiting
        self.estimates = Estimates()
        self._jobs: dict[str, Job] = {}  # those not finished yet, by key, in the order they came
        self._kept: Cache[str, Job] = Cache("finished runs", kept_bytes, lambda job: job.bytes)
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)  # a job came or may go on: for the slots
        self._workers = 0
        self._private = itertools.count()

    @property
    def slots(self) -> int:
        """How many frames are computed at the same time. Raises DemoError where the setting of the backend is wrong."""
        return backend.slots(self._slots)

    def submit(
        self, recipe: Recipe, start: Start, *, who: str = "", private: bool = False, size: float = 1.0
    ) -> Ticket:
        """A place in the queue for the frames that start() gives; they are computed in this caller's context.

        recipe: complete, so that equal results have equal recipes; who: a visitor, "" for nobody; private: the result
        is this visitor's own and is shared with none; size: how much work it is, in the run's own measure.
        Raises DemoError where too many wait.
        """
        key = f"{PRIVATE}{next(self._private)}" if private else recipe.to_json()
        with self._changed:
            job = self._jobs.get(key) or self._kept.get(key)
            shared = job is not None
            if job is None:
                self._check_room(who)
                estimate = self.estimates.of(recipe, size)
                job = Job(key, recipe, who, start(), estimate, size, threading.Condition(self._lock))
                job.context.run(waits.current.set, job.waits)
                self._jobs[key] = job
                self._grow()
                self._changed.notify()
            job.readers += 1
            job.waits.left = False
        return Ticket(self, job, shared)

    def wait(self, job: Job, at: int, patience: float | None) -> bool | None:
        """Until frame number `at` is there (True), there is none (False) or `patience` seconds have passed (None).

        Raises what the run raised.
        """
        with self._lock:
            if not job.changed.wait_for(lambda: len(job.made) > at or job.done, patience):
                return None
            if len(job.made) > at:
                return True
            if job.error is not None:
                raise job.error
            return False

    def leave(self, job: Job) -> None:
        """One reader less."""
        with self._changed:
            job.readers -= 1
            job.waits.left = job.readers == 0
            left = job.waits.left and not job.done and not job.running
            if left:
                self._finish(job)
        if left:
            _close(job)

    def before(self, job: Job) -> Before | None:
        """How many jobs go before this one, and the seconds they have left, shared among the slots."""
        now = time.monotonic()
        with self._changed:
            if job.done or job.running or job.made:
                return None
            mine = job.worth(now)
            ahead = [one for one in self._jobs.values() if one is not job and (one.running or one.worth(now) < mine)]
            left = sum(max(one.left, 0.1) for one in ahead)
        return Before(len(ahead), left / self.slots)

    def _check_room(self, who: str) -> None:
        waiting = len(self._jobs)
        most, each = self._most_waiting or limits.RUNS_WAITING.value, limits.RUNS_EACH.value
        if waiting >= most:
            left = sum(max(job.left, 0.1) for job in self._jobs.values()) / self.slots
            raise DemoError(
                f"{waiting} runs wait already, for about {left:.0f} s; the limit is {most}, try again in a moment"
            )
        if who and sum(job.who == who for job in self._jobs.values()) >= each:
            raise DemoError(f"{each} runs of yours are computed or wait; the limit is {each}, stop one first")

    def _grow(self) -> None:
        """Threads start as they are needed and stay, as many as there are slots."""
        if self._workers < min(self.slots, len(self._jobs)):
            self._workers += 1
            threading.Thread(target=self._work, name=f"slot {self._workers}", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._changed:
                while (job := self._next()) is None:
                    self._changed.wait()
                job.running = True
            began = time.monotonic()
            frame, error = _one(job)
            took = time.monotonic() - began
            if frame is None and error is None and not job.private:
                error = _weighed(job)
            with self._changed:
                job.running = False
                job.spent = job.spent + took if (there := job.waits.computed) is None else there
                if frame is not None:
                    job.made.append(frame)
                over = frame is None or job.readers == 0
                if over:
                    job.error = error
                    self._finish(job, whole=frame is None and error is None)
                job.changed.notify_all()
                self._changed.notify()
            if over:
                _close(job)

    def _next(self) -> Job | None:
        """The job worth most that waits; a visitor has one at a time."""
        now = time.monotonic()
        busy = {job.who for job in self._jobs.values() if job.running and job.who}
        free = [job for job in self._jobs.values() if not job.running and job.who not in busy]
        return min(free, key=lambda job: job.worth(now), default=None)

    def __len__(self) -> int:
        """Jobs that are computed or wait."""
        return len(self._jobs)

    def counts(self) -> tuple[int, int]:
        """(jobs that have begun, jobs that have not)."""
        with self._lock:
            begun = sum(job.running or bool(job.made) for job in self._jobs.values())
            return begun, len(self._jobs) - begun

    def _finish(self, job: Job, *, whole: bool = False) -> None:
        """Out of the queue; a whole result is remembered, and what it took is learnt."""
        job.done = True
        job.changed.notify_all()
        self._jobs.pop(job.key, None)
        if whole:
            self.estimates.learn(job.recipe, job.size, job.spent)
            if not job.private:
                self._kept.put(job.key, job)


def _one(job: Job) -> tuple[Any, Exception | None]:
    """The job's next frame, or None at its end, and what went wrong."""
    try:
        return job.context.run(next, job.frames, None), None
    except Exception as error:
        return None, error


def _close(job: Job) -> None:
    close = getattr(job.frames, "close", None)
    if close:
        job.context.run(close)


def _weighed(job: Job) -> Exception | None:
    """The job is told what its frames take; what went wrong. A frame that writes itself to tell it does so here."""
    try:
        job.bytes = sum(getattr(frame, "bytes", None) or weigh(frame) for frame in job.made)
    except Exception as error:
        return error
    return None
