"""Options of the run gan/points, and what a visitor changes on the way: "400: lr_d=0.01; 600: only=d; 601: only=both".

A change holds from the step after it. Since changes are options like any other, the whole training follows from its
recipe: going on is the same recipe with more steps, rewinding one with fewer, a branch one with one more change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, Self

from pydantic import model_validator

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.options import Options, option

# Written out, since a page reads the options without PyTorch; tests hold them equal to OBJECTIVES and lab.DATA.
Objective = Literal["original", "non-saturating", "least squares", "hinge", "wasserstein", "wgan-gp"]
PointSet = Literal["ring", "grid", "moons", "spiral", "checkerboard", "swiss roll", "drawn"]

MOST_STEPS = 6000
MOST_FRAMES = 600
MOST_CHANGES = 40
FORM = "write them as 400: lr_d=0.01, objective=hinge; 600: only=d"


class Settings(Options):
    """What can be changed while it trains. wgan-gp alone uses penalty, wasserstein alone clip."""

    objective: Objective = option("non-saturating", "What discriminator and generator each minimise")
    only: Literal["both", "d", "g"] = option(
        "both", "Who trains: both, the discriminator (d) or the generator (g)", more=True
    )
    lr_d: float = option(2e-3, "Learning rate of the discriminator", at_least=1e-6, at_most=10)
    lr_g: float = option(1e-3, "Learning rate of the generator", at_least=1e-6, at_most=10)
    d_steps: int = option(1, "Steps of the discriminator before each step of the generator", at_least=0, at_most=10)
    clip: float = option(
        0.1, "Wasserstein only: largest size of a weight of the critic", at_least=1e-3, at_most=1, more=True
    )
    penalty: float = option(
        0.1, "WGAN-GP only: weight of the penalty on the critic's slope", at_least=0, at_most=100, more=True
    )
    every: int = option(
        40,
        "Training steps from one frame to the next; 1 is slow motion",
        at_least=1,
        at_most=200,
        unit="steps",
        more=True,
    )


class PointsOptions(Settings):
    data: PointSet = option("ring", "Which points it learns; drawn takes those you draw")
    points: str = option("", "Your own points, as the pad writes them", longest=2100)
    steps: int = option(1600, "The last training step", at_least=1, at_most=MOST_STEPS)
    changes: str = option(
        "", "What is changed after how many steps, as 400: lr_d=0.01; 600: only=d", longest=2000, more=True
    )
    beside: bool = option(False, "Also show the same training without the last change, from that change on")
    optimiser: Literal["adam", "rmsprop", "sgd"] = option("adam", "How both follow their gradients", more=True)
    momentum: float = option(
        0.5, "Share of the last direction that is kept (for adam: beta 1)", at_least=0, at_most=0.99, more=True
    )
    latent: int = option(2, "How many random numbers the generator is given for a point", at_least=1, at_most=16)
    prior: Literal["normal", "uniform"] = option(
        "normal", "Where they come from: N(0, 1), or evenly from -1 to 1", more=True
    )
    width: int = option(64, "Units in each hidden layer", at_least=4, at_most=128, more=True)
    depth: int = option(2, "Hidden layers of either network", at_least=1, at_most=4, unit="layers", more=True)
    batch_size: int = option(256, "Points in a training step", at_least=8, at_most=512, more=True)
    samples: int = option(400, "How many points to make for a frame", at_least=10, at_most=1000, more=True)

    @model_validator(mode="after")
    def _readable(self) -> Self:
        """Raises DemoError where the changes can't be read."""
        segments(self)
        return self


class Segment(NamedTuple):
    """These settings hold for the steps after `start`."""

    start: int
    settings: Settings


def segments(options: PointsOptions, *, without_last: bool = False) -> tuple[Segment, ...]:
    """What holds when; the first starts at 0. without_last: without the last change that is made before `steps`.

    Raises DemoError where the changes can't be read.
    """
    now = Settings.model_construct(**{name: getattr(options, name) for name in Settings.model_fields})
    found = [Segment(0, now)]
    changes = list(_changes(options.changes))
    if without_last:
        last = last_change(options)
        changes = [(start, values) for start, values in changes if start != last]
    for start, values in changes:
        now = _changed(now, start, values)
        found.append(Segment(start, now))
    return tuple(found)


def last_change(options: PointsOptions) -> int | None:
    """The step after which the last change is made that is seen before `steps`; None where there is none."""
    return max((start for start, _ in _changes(options.changes) if start < options.steps), default=None)


def in_force(plan: tuple[Segment, ...], done: int) -> int:
    """Which segment the step after `done` steps belongs to: its place in the plan."""
    return max(i for i, segment in enumerate(plan) if segment.start <= done)


def frame_steps(options: PointsOptions) -> list[int]:
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


def _changes(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(after how many steps, name -> value as text) for each entry, in order. Raises DemoError."""
    entries = [entry.strip() for entry in text.split(";") if entry.strip()]
    if len(entries) > MOST_CHANGES:
        raise DemoError(f"changes has {len(entries)} entries; the limit is {MOST_CHANGES}, leave some out")
    before = -1
    for entry in entries:
        place, _, rest = entry.partition(":")
        place = place.strip()
        if not (place.isascii() and place.isdigit() and len(place) <= 9) or not rest.strip():
            raise DemoError(f"changes has {shown(entry)}; {FORM}")
        start = int(place)
        if start >= MOST_STEPS:
            raise DemoError(f"changes has one after {start} steps; choose one before {MOST_STEPS}")
        if start <= before:
            raise DemoError(f"changes has {start} after {before}; put them in order, one entry for each step")
        before = start
        yield start, _values(entry, rest)


def _values(entry: str, rest: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            raise DemoError(f"changes has {shown(entry)}; {FORM}")
        if name not in Settings.model_fields:
            raise DemoError(f"changes has {shown(name)}; what can change is {', '.join(Settings.model_fields)}")
        if name in values:
            raise DemoError(f"changes has {name} twice after the same step; give it once")
        values[name] = value
    return values


def _changed(now: Settings, start: int, values: dict[str, str]) -> Settings:
    plain: dict[str, Any] = now.model_dump()
    try:
        return Settings.parse({**plain, **values})
    except DemoError as error:
        raise DemoError(f"changes, after {start} steps: {error}") from None


class Preset(NamedTuple):
    """options that go wrong, where to look, the options that cure it, and why they do. All tried with seeds 0 to 2."""

    options: dict[str, Any]
    look: str
    cure: dict[str, Any]
    why: str


PRESETS: dict[str, Preset] = {
    "mode collapse": Preset(
        {"lr_d": 2e-4, "lr_g": 5e-3, "steps": 800},
        "All points gather on one or two Gaussians, and the whole heap jumps on when the discriminator finds it.",
        {"lr_d": 0.01},
        "A discriminator that keeps up marks the heap as fake at once, so that only spreading out pays.",
    ),
    "oscillation": Preset(
        {"lr_d": 2e-3, "lr_g": 2e-3, "momentum": 0.9, "steps": 800},
        "The points swing across the data and back; losses and coverage rise and fall without settling.",
        {"momentum": 0.0},
        "Momentum carries each player on after the other has already answered (Gidel et al. 2019).",
    ),
    "vanishing gradient": Preset(
        {
            "objective": "original",
            "optimiser": "sgd",
            "lr_d": 0.3,
            "lr_g": 3e-3,
            "steps": 800,
            "changes": "0: only=d; 400: only=both",
        },
        "For 400 steps the discriminator trains alone: the pull on a fake falls to about a hundredth and the arrows "
        "are gone, so the generator hardly moves when its turn comes.",
        {"objective": "non-saturating"},
        "-log s(fake) has its largest slope where log(1 - s(fake)) has none (Goodfellow et al. 2014, section 3).",
    ),
}
