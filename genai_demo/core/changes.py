"""What a visitor changes in the middle of a training: "400: lr_d=0.01; 600: only=d". Text in, settings by step out.

A change holds from the step after it. Since changes are options like any other, the whole training follows from its
recipe: going on is the same recipe with more steps, rewinding one with fewer, a branch one with one more change.

    class Settings(Changing): lr: float = option(...); every: int = option(...)      # what can be changed
    class PointsOptions(Settings): SETTINGS = Settings; steps: ...; changes: ...     # all options, validated
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeVar

from pydantic import model_validator

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.options import Options, option

MOST_STEPS = 6000
MOST_FRAMES = 600
MOST_CHANGES = 40
DENSE = 8  # steps after which a density is taken anew, where frames come closer together
SPAN = 400  # steps that are added by going on, and after a branch


def every(usual: int) -> Any:
    """The option `every` of a class of settings."""
    told = "Training steps from one frame to the next; 1 is slow motion"
    return option(usual, told, at_least=1, at_most=200, unit="steps", more=True)


def changes(example: str) -> Any:
    """The option `changes` of a class of all options; example: changes as a visitor would write them."""
    return option("", f"What is changed after how many steps, as {example}", longest=2000, more=True)


def beside() -> Any:
    """The option `beside` of a class of all options."""
    return option(False, "Also show the same training without the last change, from that change on")


class Changing(Options):
    """Options of a training that may be changed on the way; SETTINGS: the class of those that may."""

    SETTINGS: ClassVar[type[Changing]]
    EXAMPLE: ClassVar[str]  # changes as a visitor would write them
    if TYPE_CHECKING:  # every class of a whole training has them, in an order of its own
        steps: int
        every: int
        changes: str
        beside: bool

    @model_validator(mode="after")
    def _readable(self) -> Self:
        """Raises DemoError where the changes can't be read."""
        if "changes" in type(self).model_fields:
            segments(self)
        return self


C = TypeVar("C", bound=Changing)


class Preset(NamedTuple):
    """options that go wrong, where to look, the options that cure it, and why they do. All tried with seeds 0 to 2."""

    options: dict[str, Any]
    look: str
    cure: dict[str, Any]
    why: str


class Segment(NamedTuple):
    """These settings hold for the steps after `start`."""

    start: int
    settings: Any


Plan = tuple[Segment, ...]


def segments(options: Changing, *, without_last: bool = False) -> Plan:
    """What holds when; the first starts at 0. without_last: without the last change that is made before `steps`.

    Raises DemoError where the changes can't be read.
    """
    kind = options.SETTINGS
    now = kind.model_construct(**{name: getattr(options, name) for name in kind.model_fields})
    found = [Segment(0, now)]
    changes = list(_changes(options))
    if without_last:
        last = last_change(options)
        changes = [(start, values) for start, values in changes if start != last]
    for start, values in changes:
        now = _changed(now, start, values)
        found.append(Segment(start, now))
    return tuple(found)


def last_change(options: Changing) -> int | None:
    """The step after which the last change is made that is seen before `steps`; None where there is none."""
    return max((start for start, _ in _changes(options) if start < options.steps), default=None)


def in_force(plan: Plan, done: int) -> int:
    """Which segment the step after `done` steps belongs to: its place in the plan."""
    return max(i for i, segment in enumerate(plan) if segment.start <= done)


def frame_steps(options: Changing) -> list[int]:
    """After how many steps there is a frame: 0, each `every`, where something is changed, and the last.

    Raises DemoError where they are too many.
    """
    plan = segments(options)
    wanted = {0, options.steps}
    for (start, settings), end in zip(plan, [*(segment.start for segment in plan[1:]), options.steps], strict=True):
        end, every = min(end, options.steps), settings.every
        wanted |= {start, end, *range(start // every * every + every, end, every)}
    found = sorted(step for step in wanted if step <= options.steps)
    if len(found) > MOST_FRAMES:
        raise DemoError(
            f"{options.steps} steps make {len(found)} frames; the limit is {MOST_FRAMES}, raise every from "
            f"{options.every}, or have it small only where you look: changes as 400: every=1; 450: every=40"
        )
    return found


def dense(options: Changing, before: int, step: int) -> bool:
    """Whether the frame after `step` steps, the one before it being after `before`, has a density of its own.

    It is the dearest part of a frame, and a page goes on showing the last one: every DENSE steps are enough, beside
    the first frame, the last one, and where something is changed.
    """
    ends = {before, options.steps, *(start for start, _ in segments(options))}
    return step in ends or step // DENSE > before // DENSE


def go_on(options: C, at: int, steps: int = SPAN, **settings: Any) -> C:
    """The same training for some more steps, with settings from `at` on; what came after `at` is forgotten.

    Raises DemoError at the last step there can be.
    """
    different = {name: value for name, value in settings.items() if _differs(options, at, name, value)}
    return _longer(options, at, different, steps)


def branch(options: C, at: int, wanted: C) -> C:
    """From `at` on with the settings in which `wanted` differs, beside the training as it was.

    What came after `at` is forgotten. Raises DemoError where nothing differs, or something that can't be changed on
    the way.
    """
    ignored = {"steps", "changes", "beside", "points", "samples"}
    differs = [
        name
        for name in type(options).model_fields
        if name not in ignored and getattr(options, name) != getattr(wanted, name)
    ]
    changeable = options.SETTINGS.model_fields
    fixed = [name for name in differs if name not in changeable]
    if fixed:
        raise DemoError(f"{fixed[0]} can't change in the middle of a training; set it back, or train anew")
    different = {n: getattr(wanted, n) for n in differs if _differs(options, at, n, getattr(wanted, n))}
    if not different:
        raise DemoError(f"nothing to branch with at step {at}; change {', '.join(changeable)} first")
    return _longer(options, at, different, max(SPAN, options.steps - at)).model_copy(update={"beside": True})


def _longer(options: C, at: int, changes: dict[str, Any], steps: int) -> C:
    """The training up to `at`, then `steps` more with these changes. Raises DemoError at the last step there can be."""
    if at >= MOST_STEPS:
        raise DemoError(f"the training is at step {at}, the last there is; rewind, or train anew")
    kept = _before(options, at)
    entry = f"{at}: " + ", ".join(f"{name}={value}" for name, value in changes.items()) if changes else ""
    text = "; ".join(part for part in (kept.changes, entry) if part)
    plain = kept.model_dump() | {"changes": text, "steps": min(MOST_STEPS, at + steps), "beside": False}
    return type(options).parse(plain)


def _differs(options: Changing, at: int, name: str, value: Any) -> bool:
    """Whether a setting is another for the step after `at`, without changes made at `at` itself or later."""
    plan = segments(_before(options, at))
    return bool(getattr(plan[in_force(plan, at)].settings, name) != value)


def _before(options: C, at: int) -> C:
    """Without the changes made at `at` or later."""
    entries = [entry.strip() for entry in options.changes.split(";") if entry.strip()]
    kept = [entry for entry in entries if int(entry.split(":")[0]) < at]
    return options.model_copy(update={"changes": "; ".join(kept)})


def _changes(options: Changing) -> Iterator[tuple[int, dict[str, str]]]:
    """(after how many steps, name -> value as text) for each entry, in order. Raises DemoError."""
    entries = [entry.strip() for entry in options.changes.split(";") if entry.strip()]
    if len(entries) > MOST_CHANGES:
        raise DemoError(f"changes has {len(entries)} entries; the limit is {MOST_CHANGES}, leave some out")
    before = -1
    for entry in entries:
        place, _, rest = entry.partition(":")
        place = place.strip()
        if not (place.isascii() and place.isdigit() and len(place) <= 9) or not rest.strip():
            raise DemoError(f"changes has {shown(entry)}; write them as {options.EXAMPLE}")
        start = int(place)
        if start >= MOST_STEPS:
            raise DemoError(f"changes has one after {start} steps; choose one before {MOST_STEPS}")
        if start <= before:
            raise DemoError(f"changes has {start} after {before}; put them in order, one entry for each step")
        before = start
        yield start, _values(options, entry, rest)


def _values(options: Changing, entry: str, rest: str) -> dict[str, str]:
    values: dict[str, str] = {}
    changeable = options.SETTINGS.model_fields
    for part in rest.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            raise DemoError(f"changes has {shown(entry)}; write them as {options.EXAMPLE}")
        if name not in changeable:
            raise DemoError(f"changes has {shown(name)}; what can change is {', '.join(changeable)}")
        if name in values:
            raise DemoError(f"changes has {name} twice after the same step; give it once")
        values[name] = value
    return values


def _changed(now: Changing, start: int, values: dict[str, str]) -> Changing:
    plain: dict[str, Any] = now.model_dump()
    try:
        return type(now).parse({**plain, **values})
    except DemoError as error:
        raise DemoError(f"changes, after {start} steps: {error}") from None
