"""Fair turns: equal recipes are computed once, short runs overtake long ones, nobody starves, who leaves stops it."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.limits import RUNS_EACH
from genai_demo.core.recipe import Recipe
from genai_demo.core.schedule import UNKNOWN_S, Job, Schedule


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    index: int
    total: int
    x: np.ndarray


class Work:
    """A run of `steps` frames, each of which waits for `go` (a semaphore) where there is one."""

    def __init__(self, steps: int, *, go: threading.Semaphore | None = None, fail: bool = False) -> None:
        self.steps, self.go, self.fail = steps, go, fail
        self.started, self.made, self.closed = 0, 0, False

    def __call__(self) -> Iterator[Frame]:
        self.started += 1
        return self._frames()

    def _frames(self) -> Iterator[Frame]:
        try:
            for i in range(self.steps):
                if self.go:
                    assert self.go.acquire(timeout=20)
                if self.fail and i == 1:
                    raise DemoError("steps is too many; choose fewer")
                self.made += 1
                yield Frame(i, self.steps, np.zeros(100))
        finally:
            self.closed = True


def recipe(seed: int = 0, run: str = "toy/spin") -> Recipe:
    return Recipe(run, {}, seed)


def until(what: Any) -> None:
    for _ in range(400):
        if what():
            return
        time.sleep(0.02)
    raise AssertionError("it never came")


def test_frames_come_in_order_and_to_everybody_from_the_first_on() -> None:
    schedule, work = Schedule(), Work(5)
    first = schedule.submit(recipe(), work)
    again = schedule.submit(recipe(), work)
    assert [frame.index for frame in first] == [frame.index for frame in again] == [0, 1, 2, 3, 4]
    assert work.started == 1
    assert again.shared
    assert not first.shared


def test_what_was_just_computed_is_served_from_memory_until_other_things_need_the_room() -> None:
    schedule = Schedule(kept_bytes=5000)  # two frames with their overhead are 2,600 bytes
    works = [Work(2) for _ in range(3)]
    for seed, work in enumerate(works):
        list(schedule.submit(recipe(seed), work))
    list(schedule.submit(recipe(2), works[2]))
    assert works[2].started == 1
    list(schedule.submit(recipe(0), works[0]))
    assert works[0].started == 2, "the oldest had to go"


def test_frames_that_say_what_they_take_are_believed_and_one_that_cannot_fails_its_run_alone() -> None:
    class Small(Frame):
        @property
        def bytes(self) -> int:
            if self.total == 8:
                raise DemoError("can't be written")
            return 100

    schedule = Schedule(kept_bytes=1000)  # of which a frame by itself would take more
    started = list[int]()

    def start(index: int = 0) -> Iterator[Frame]:
        started.append(index)
        yield Small(index, index + 1, np.zeros(100_000))

    for seed in (0, 1, 0, 1):
        list(schedule.submit(recipe(seed), start))
    assert started == [0, 0]
    with pytest.raises(DemoError, match="can't be written"):
        list(schedule.submit(recipe(2), lambda: start(7)))
    assert len(list(schedule.submit(recipe(3), start))) == 1, "the slot goes on"


def test_what_belongs_to_one_visitor_is_never_shared() -> None:
    schedule, work = Schedule(), Work(2)
    for _ in range(2):
        list(schedule.submit(recipe(), work, private=True))
    assert work.started == 2


@pytest.mark.parametrize(
    ("estimate", "spent", "made", "total", "left"),
    [
        (1.0, 0.4, 2, 30, 0.6),  # as learnt
        (0.2, 0.3, 1, 30, 0.3),  # slower than it was, its first frame the dearest: as long again, not thirty times
        (0.2, 0.3, 29, 30, 0.3 / 29),  # nearly there
        (0.2, 0.3, 30, 30, 0.0),  # only its end is to come
        (0.2, 0.3, 5, 0, 0.3),  # it can't say how many there will be
        (0.2, 0.3, 0, 0, 0.6),
        (UNKNOWN_S, 0.3, 1, 30, 8.7),  # never seen: its frames tell
        (UNKNOWN_S, 0.0, 0, 0, UNKNOWN_S),
        (UNKNOWN_S, 3.0, 0, 0, 6.0),
    ],
)
def test_what_is_left_of_a_run(estimate: float, spent: float, made: int, total: int, left: float) -> None:
    frames = [Frame(i, total, np.zeros(1)) for i in range(made)]
    job = Job("", recipe(), "", iter(()), estimate, 1.0, threading.Condition(), made=frames, spent=spent)
    assert job.left == pytest.approx(left)


def test_what_is_one_visitors_own_is_not_weighed() -> None:
    """It may be anything, as a figure is, whose parts know the whole."""
    whole: dict[str, Any] = {}
    whole["whole"] = whole
    (only,) = Schedule().submit(recipe(), lambda: iter([whole]), private=True)
    assert only is whole


def test_a_short_run_overtakes_a_long_one_at_its_next_frame() -> None:
    schedule = Schedule(slots=1)
    schedule.estimates.learn(recipe(run="toy/long"), 1.0, 100.0)
    schedule.estimates.learn(recipe(run="toy/short"), 1.0, 0.1)
    go = threading.Semaphore(0)
    long, short = Work(50, go=go), Work(3)
    with schedule.submit(recipe(run="toy/long"), long):
        go.release()
        until(lambda: long.made == 1)
        reader = schedule.submit(recipe(run="toy/short"), short)
        go.release()  # the frame that is being computed ends; then the short one has its turn
        assert len(list(reader)) == 3
        assert long.made == 2


def test_a_long_run_is_not_put_off_for_ever() -> None:
    schedule = Schedule(slots=1)
    schedule.estimates.learn(recipe(run="toy/long"), 1.0, 0.4)
    schedule.estimates.learn(recipe(run="toy/short"), 1.0, 0.01)
    over = threading.Event()

    def one_after_the_other() -> None:
        for seed in range(100_000):
            if over.is_set():
                return
            list(schedule.submit(recipe(seed, "toy/short"), Work(1)))

    busy = threading.Thread(target=one_after_the_other)
    busy.start()
    try:
        assert len(list(schedule.submit(recipe(run="toy/long"), Work(3)))) == 3
    finally:
        over.set()
        busy.join()


def test_who_leaves_last_stops_it_at_its_next_frame() -> None:
    schedule, go = Schedule(slots=1), threading.Semaphore(0)
    work = Work(50, go=go)
    readers = [schedule.submit(recipe(), work) for _ in range(2)]
    go.release()
    until(lambda: work.made == 1)
    readers[0].close()
    readers[0].close()
    go.release()
    until(lambda: work.made == 2)
    assert not work.closed
    readers[1].close()
    go.release()
    until(lambda: work.closed)
    assert work.made <= 3
    assert len(list(schedule.submit(recipe(), Work(2)))) == 2, "half a result is not remembered"


def test_one_that_waits_can_be_left_too() -> None:
    schedule, go = Schedule(slots=1), threading.Semaphore(0)
    with schedule.submit(recipe(0), Work(2, go=go)):
        waiting = Work(2)
        reader = schedule.submit(recipe(1), waiting)
        assert reader.waiting is not None
        reader.close()
        go.release(2)
        assert len(list(schedule.submit(recipe(2), Work(1)))) == 1
        assert waiting.made == 0


def test_an_error_reaches_every_reader_and_is_forgotten() -> None:
    schedule = Schedule()
    readers = [schedule.submit(recipe(), Work(3, fail=True)) for _ in range(2)]
    for reader in readers:
        with pytest.raises(DemoError, match="choose fewer"):
            list(reader)
    assert len(list(schedule.submit(recipe(), Work(3)))) == 3


def test_a_visitor_has_one_run_at_a_time_and_may_wait_with_few_more() -> None:
    schedule, go = Schedule(slots=2), threading.Semaphore(0)
    works = [Work(1, go=go) for _ in range(RUNS_EACH.usual)]
    readers = [schedule.submit(recipe(seed), work, who="mine") for seed, work in enumerate(works)]
    until(lambda: readers[0].waiting is None)
    time.sleep(0.1)
    assert [reader.waiting is None for reader in readers] == [True, *[False] * (RUNS_EACH.usual - 1)]
    with pytest.raises(DemoError, match=f"the limit is {RUNS_EACH.usual}"):
        schedule.submit(recipe(9), Work(1), who="mine")
    other = schedule.submit(recipe(8), Work(1), who="another's")
    assert len(list(other)) == 1
    go.release(RUNS_EACH.usual)
    assert [len(list(reader)) for reader in readers] == [1] * RUNS_EACH.usual


def test_a_full_queue_says_how_full_it_is_and_for_how_long() -> None:
    schedule, go = Schedule(slots=1, most_waiting=2), threading.Semaphore(0)
    readers = [schedule.submit(recipe(seed), Work(1, go=go)) for seed in range(2)]
    with pytest.raises(DemoError, match=r"2 runs wait already, for about \d+ s; the limit is 2"):
        schedule.submit(recipe(7), Work(1))
    assert schedule.submit(recipe(1), Work(1)).shared, "an equal one needs no room"
    go.release(2)
    assert [len(list(reader)) for reader in readers] == [1, 1]


def test_frames_are_computed_in_the_context_of_who_asked() -> None:
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody")

    def start() -> Iterator[Frame]:
        for i in range(3):
            yield Frame(i, 3, np.array([ord(letter) for letter in name.get()]))

    def asked(by: str, seed: int) -> list[str]:
        name.set(by)
        return ["".join(map(chr, frame.x)) for frame in Schedule(slots=1).submit(recipe(seed), start)]

    assert contextvars.copy_context().run(asked, "ann", 1) == ["ann"] * 3
    assert contextvars.copy_context().run(asked, "ben", 2) == ["ben"] * 3


def test_threads_are_as_many_as_slots() -> None:
    before = threading.active_count()
    schedule = Schedule(slots=2)
    for seed in range(20):
        list(schedule.submit(recipe(seed), Work(2)))
    assert threading.active_count() <= before + 2
