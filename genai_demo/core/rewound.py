"""A training that can be paused, rewound and branched: a line of frames and states, of which those known cost nothing.

What was computed is kept for a while in a cache under a digest of everything that led to it, so that a recipe that
begins as another did gets there at once. Losing it costs time, never a bit of the result.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from genai_demo.core.caches import Cache
from genai_demo.core.changes import Changing, Plan, frame_steps, in_force, last_change, segments
from genai_demo.core.errors import DemoError

KEPT_EVERY = 40  # steps between two states that are kept
Moments = Cache[tuple[Any, ...], Any]  # frames and states; nobody changes them


class Runaway(DemoError):
    """A training that diverges at `step`; good: the last step at which it was well and its state was kept.

    remedy: what to change, as "lower learning_rate from 10".
    """

    def __init__(self, step: int, good: int, why: str, remedy: str) -> None:
        super().__init__(f"training ran away at step {step}: {why}; {remedy}")
        self.step, self.good, self.why = step, good, why


class Learner(Protocol):
    """Something in training, whose state is all that decides how it goes on."""

    step: int

    def advance(self, data: Any, now: Any) -> None:
        """One step with the settings of now. Raises Runaway where that can't go well."""

    def state(self) -> dict[str, Any]:
        """A copy of what decides how the training goes on."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state, which stays as it is."""


L = TypeVar("L", bound=Learner)
F = TypeVar("F")


class Line(Generic[L, F]):
    """One training, as far as it is asked for: frames and states that are known are taken from `moments`.

    fixed: names of the options, besides settings, that the training depends on; shown: what the frames depend on as
    well; begin() makes the training at step 0; look(training, settings, before) its frame, `before` being the step of
    the frame before; kind(before, step): which kind of frame that is, where there are several.
    """

    def __init__(
        self,
        moments: Moments,
        plan: Plan,
        names: list[str],
        shown: Any,
        data: Any,
        begin: Callable[[], L],
        look: Callable[[L, Any, int], F],
        kind: Callable[[int, int], Any] = lambda before, step: None,
    ) -> None:
        self.moments, self.plan, self.names, self.shown, self.data = moments, plan, names, shown, data
        self.begin, self.look, self.kind = begin, look, kind
        self.learner: L | None = None

    def name(self, step: int) -> str:
        """What the first `step` steps depend on, as a digest: a change counts once a step was made with it."""
        return self.names[in_force(self.plan, max(0, step - 1))]

    def settings(self, step: int) -> Any:
        """What held in the last of the first `step` steps."""
        return self.plan[in_force(self.plan, max(0, step - 1))].settings

    def key(self, before: int, step: int) -> tuple[Any, ...]:
        """What the frame after `step` steps is kept under."""
        return "frame", self.name(step), self.shown, self.kind(before, step), before, step

    def knows(self, before: int, step: int) -> bool:
        """Whether that frame costs nothing."""
        return self.moments.get(self.key(before, step)) is not None

    def frame(self, before: int, step: int) -> F:
        """The frame after `step` steps, the one before it being after `before`."""
        key = self.key(before, step)
        found: F | None = self.moments.get(key)
        if found is None:
            found = self.look(self.reach(step), self.settings(step), before)
            self.moments.put(key, found)
        return found

    def reach(self, step: int) -> L:
        """The training after `step` steps, gone on from the nearest state that is known."""
        learner, self.learner = self.learner, None  # what fails on the way is never kept
        for nearest in range(step, -1 if learner is None else learner.step, -1):
            state = self.moments.get(("state", self.name(nearest), nearest))
            if state is not None:
                learner = learner or self.begin()
                learner.restore(state)
                break
        learner = learner or self.begin()
        while learner.step < step:
            learner.advance(self.data, self.plan[in_force(self.plan, learner.step)].settings)
            if learner.step % KEPT_EVERY == 0:
                self.keep(learner)
        self.learner = learner
        return learner

    def keep(self, learner: L | None) -> None:
        """Keep the state of a training, so that others can go on from it."""
        if learner is not None:
            key = ("state", self.name(learner.step), learner.step)
            if self.moments.get(key) is None:
                self.moments.put(key, learner.state())


def digests(options: Changing, plan: Plan, seed: int, fixed: Iterable[str]) -> list[str]:
    """For each segment of the plan a digest of all that a training depends on up to its end."""
    told: list[Any] = [seed, {name: getattr(options, name) for name in fixed}]
    found = []
    for start, settings in plan:
        told.append([start, settings.model_dump(exclude={"every"})])
        if len(told) > 3 and told[-1][1] == told[-2][1]:
            told.pop()  # nothing that matters was changed
        found.append(hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest())
    return found


class Moment(NamedTuple, Generic[F]):
    """A frame in its place; other: that of the training without the last change, where it is shown beside.

    known: computed before. runaway: why this is the last good checkpoint again, and the end.
    """

    at: int
    total: int
    frame: F
    other: F | None
    known: bool
    runaway: Runaway | None = None


def moments(options: Changing, line: Callable[[Plan], Line[L, F]]) -> Iterator[Moment[F]]:
    """The frames of a training with rewind and branches; line(plan) makes its line. With `beside` also the other one's.

    Where the training runs away it goes back to the last good checkpoint, and ends. What was learnt is kept also where
    the reader leaves early.
    """
    at = -1
    alone = options.model_copy(update={"beside": False})
    for tried in (options, alone) if options.beside else (alone,):  # what the other one does is no reason to stop
        try:
            for moment in _moments(tried, line):
                if moment.at > at:
                    at = moment.at
                    yield moment
            return
        except Runaway as runaway:
            ran = runaway
    yield Moment(at + 1, at + 2, line(segments(options)).frame(ran.good, ran.good), None, False, ran)


def _moments(options: Changing, line: Callable[[Plan], Line[L, F]]) -> Iterator[Moment[F]]:
    """`moments`, up to where one of the trainings runs away."""
    wanted, change = frame_steps(options), last_change(options)
    lines = [line(segments(options))]
    if options.beside and change is not None:
        lines.append(line(segments(options, without_last=True)))
    try:
        for index, (before, step) in enumerate(pairwise([0, *wanted])):
            shown = lines if change is not None and step > change else lines[:1]
            known = all(each.knows(before, step) for each in shown)
            frame, *others = (each.frame(before, step) for each in shown)
            yield Moment(index, len(wanted), frame, others[0] if others else None, known)
    finally:
        for each in lines:
            each.keep(each.learner)


def alarm(ran: Runaway, remedy: str) -> str:
    """What a frame says that is the last good checkpoint again; remedy: what to change, in words."""
    return (
        f"Stopped at step {ran.step}: {ran.why}. This is step {ran.good} again, the last good checkpoint; {remedy}, "
        "and press Branch here."
    )


def placed(frame: Any, kind: type[Any], **fields: Any) -> Any:
    """A frame of that kind, with some fields set."""
    return kind(**{field.name: getattr(frame, field.name) for field in dataclasses.fields(frame)} | fields)


def copied(state: Any) -> Any:
    """A state with tensors of its own (copy.deepcopy takes six times as long)."""
    if isinstance(state, dict):
        return {name: copied(part) for name, part in state.items()}
    if isinstance(state, list):
        return [copied(part) for part in state]
    return state.clone() if hasattr(state, "clone") else state
