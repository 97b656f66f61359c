"""All families learn the same points with the same budget of time, in front of the visitor.

Each family is its own page's run on points, with that page's default options; only the number of training steps is set,
by what the budget buys. Points (n, 2) float32, in units of the data.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from genai_demo.compare.costs import families, seconds
from genai_demo.compare.options import RaceOptions
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Frame, Tok, curve, number, plane, prose, ranked
from genai_demo.core.options import Options
from genai_demo.core.registry import Laboratory
from genai_demo.core.run import find_run
from genai_demo.core.spec import resolve
from genai_demo.inputs.points import decode_points
from genai_demo.quality.laboratory import AXES, DISTANCE, LIMIT, SHOWN, task

COVERAGE, LIKELIHOOD = "coverage", "log-likelihood of a point"
LEAST_PLACES = 2  # of drawn points: one heap is learnt by all, and decides nothing
MOST_EVERY = 200  # steps from one frame to the next, in the runs that let one choose


@dataclass(frozen=True, slots=True, eq=False)
class RaceStep:
    """All families after the same share of their budgets.

    vae_made, gan_made, ...: what each makes now. flow_density, ebm_density (48, 48): p(x), row 0 at the top; the others
    have none here. *_far: MMD to 1,000 held-out points; *_cover: percent of those that some made point is near to.
    order: by distance, nearest first. Of the last frame also the table: one ranking for each column.
    """

    index: int
    total: int
    vae_real: np.ndarray | None = plane("VAE", "real", limit=LIMIT)
    vae_made: np.ndarray = plane("VAE", "generated", limit=LIMIT, axes=AXES)
    gan_real: np.ndarray | None = plane("GAN", "real", limit=LIMIT)
    gan_made: np.ndarray = plane("GAN", "generated", limit=LIMIT, axes=AXES)
    diffusion_real: np.ndarray | None = plane("Diffusion", "real", limit=LIMIT)
    diffusion_made: np.ndarray = plane("Diffusion", "generated", limit=LIMIT, axes=AXES)
    flow_density: np.ndarray | None = plane("Flow", "heat", limit=LIMIT)
    flow_real: np.ndarray | None = plane("Flow", "real", limit=LIMIT)
    flow_made: np.ndarray = plane("Flow", "generated", limit=LIMIT, axes=AXES)
    ebm_density: np.ndarray | None = plane("Energy", "heat", limit=LIMIT)
    ebm_real: np.ndarray | None = plane("Energy", "real", limit=LIMIT)
    ebm_made: np.ndarray = plane("Energy", "generated", limit=LIMIT, axes=AXES)
    said: str = prose("who leads")
    order: tuple[Tok, ...] = ranked("distance to the data, nearest first", unit="MMD")
    used: float = number("of the budget", unit="%", digits=0)
    vae_far: float = curve("VAE", unit="MMD", chart=DISTANCE, against="used")
    gan_far: float = curve("GAN", unit="MMD", chart=DISTANCE, against="used")
    diffusion_far: float = curve("diffusion", unit="MMD", chart=DISTANCE, against="used")
    flow_far: float = curve("flow", unit="MMD", chart=DISTANCE, against="used")
    ebm_far: float = curve("energy", unit="MMD", chart=DISTANCE, against="used")
    floor: float = curve("real points", unit="MMD", chart=DISTANCE, against="used")
    vae_cover: float = curve("VAE", unit="%", digits=1, chart=COVERAGE, against="used")
    gan_cover: float = curve("GAN", unit="%", digits=1, chart=COVERAGE, against="used")
    diffusion_cover: float = curve("diffusion", unit="%", digits=1, chart=COVERAGE, against="used")
    flow_cover: float = curve("flow", unit="%", digits=1, chart=COVERAGE, against="used")
    ebm_cover: float = curve("energy", unit="%", digits=1, chart=COVERAGE, against="used")
    precision: tuple[Tok, ...] = ranked("precision: made points that lie on data", unit="%")
    coverage: tuple[Tok, ...] = ranked("coverage: data that is reached", unit="%")
    nats: tuple[Tok, ...] = ranked("log-likelihood of a point, exact or at least", unit="nats")
    steps: tuple[Tok, ...] = ranked("training steps that the budget buys")
    size: tuple[Tok, ...] = ranked("parameters")
    passes: tuple[Tok, ...] = ranked("evaluations for a sample")
    spent: float = number("this took", unit="s", digits=1, measured=True)


@dataclass(slots=True)
class Runner:
    """One family under way. steps: its budget's; frame: its last one; fault: why it gave up, "" where it did not."""

    name: str
    title: str
    lab: Laboratory
    options: Options
    steps: int
    frames: Iterator[Frame]
    frame: Any = None
    fault: str = ""
    nats: float | None = field(default=None)

    def go(self, share: float) -> None:
        """Train on until this share of the steps; with all of it, to the run's end. A runaway stays where it was."""
        while share >= 1 or self.frame is None or self.frame.step < share * self.steps:
            try:
                found = next(self.frames, None)
            except DemoError as error:
                found, self.fault = None, str(error)
            if found is None:
                return
            self.frame = found
            if self.lab.nats or self.lab.bound:
                value = getattr(found, self.lab.nats or self.lab.bound)
                self.nats = value if self.lab.nats else -value


def race(options: RaceOptions, *, seed: int) -> Iterator[RaceStep]:
    """A frame at each of `moments` shares of the budget. Raises DemoError where the drawn points are too few."""
    started = time.perf_counter()
    if options.data == "drawn" and (places := len(np.unique(decode_points(options.points), axis=0))) < LEAST_PLACES:
        raise DemoError(f"points has {places} place; draw at least {LEAST_PLACES} that differ, or all families win")
    _, held, meter = task(options.data, options.points, options.samples, seed)
    runners = [runner_of(name, title, lab, options, seed) for name, (title, lab) in families().items()]
    shown = held[:SHOWN].numpy()
    try:
        for k in range(options.moments):
            for runner in runners:
                runner.go((k + 1) / options.moments)
            yield _look(runners, k, options, shown, meter.floor, time.perf_counter() - started)
    finally:
        for runner in runners:
            runner.frames.close()  # type: ignore[attr-defined]


def runner_of(name: str, title: str, lab: Laboratory, asked: RaceOptions, seed: int) -> Runner:
    """A family at the start, with as many steps as the budget buys, within what its page allows."""
    entry = find_run(lab.run)
    known = {one["name"]: one for one in entry.options.describe()}
    steps = round(asked.budget / seconds()[name])
    steps = min(max(steps, known[lab.steps]["minimum"]), known[lab.steps]["maximum"])
    given: dict[str, Any] = {lab.data: asked.data, "points": asked.points, lab.samples: asked.samples, lab.steps: steps}
    if "every" in known:
        given["every"] = min(MOST_EVERY, max(1, steps // asked.moments))
    options = entry.options.parse(given)
    return Runner(name, title, lab, options, steps, resolve(entry.start)(options, seed=seed))


def _look(
    runners: Sequence[Runner], k: int, asked: RaceOptions, shown: np.ndarray, floor: float, spent: float
) -> RaceStep:
    places: dict[str, Any] = {}
    for one in runners:
        places[f"{one.name}_real"] = shown if k == 0 else None
        places[f"{one.name}_made"] = one.frame.made
        places[f"{one.name}_far"], places[f"{one.name}_cover"] = one.frame.distance, one.frame.coverage
        if one.lab.nats:
            places[f"{one.name}_density"] = one.frame.density
    last = k + 1 == asked.moments
    order = sorted(runners, key=lambda one: (one.frame.distance, one.name))
    return RaceStep(
        index=k,
        total=asked.moments,
        said=_said(order, asked.bet, last),
        order=ranking({one.title: one.frame.distance for one in order}, least=True),
        used=100 * (k + 1) / asked.moments,
        floor=floor,
        spent=spent,
        **places,
        **(_table(runners) if last else dict.fromkeys(COLUMNS, ())),
    )


COLUMNS = ("precision", "coverage", "nats", "steps", "size", "passes")


def _table(runners: Sequence[Runner]) -> dict[str, tuple[Tok, ...]]:
    """A ranking for each column; who has no such number is left out."""
    by: dict[str, dict[str, float]] = {
        "precision": {one.title: one.frame.precision for one in runners},
        "coverage": {one.title: one.frame.coverage for one in runners},
        "nats": {
            f"{one.title}{', at least' if one.lab.bound else ''}": one.nats for one in runners if one.nats is not None
        },
        "steps": {one.title: one.steps for one in runners},
        "size": {one.title: resolve(one.lab.size)(one.options) for one in runners},
        "passes": {one.title: passes for one in runners if (passes := one.lab.passes(one.options))},
    }
    return {name: ranking(values, least=name == "passes") for name, values in by.items()}


def ranking(values: Mapping[str, float], *, least: bool = False) -> tuple[Tok, ...]:
    """The best first; bars are shares of the largest."""
    sure = {name: value for name, value in values.items() if math.isfinite(value)}
    longest = max((abs(value) for value in sure.values()), default=0.0) or 1.0
    order = sorted(sure.items(), key=lambda item: item[1] if least else -item[1])
    return tuple(
        Tok(name, max(0.0, value) / longest, "best" if place == 0 else "", value=value)
        for place, (name, value) in enumerate(order)
    )


def _said(order: Sequence[Runner], bet: str, last: bool) -> str:
    """Who leads, who gave up, and what became of the bet."""
    gone = " ".join(f"{one.title} stopped: {one.fault}." for one in order if one.fault)
    if not last:
        return f"{order[0].title} is nearest to the data so far. {gone}".strip()
    place = next((i for i, one in enumerate(order) if one.name == bet), None)
    ranks = ("first: you win", "second", "third", "fourth", "last")
    told = "" if place is None else f" You bet on {order[place].title}, which came {ranks[place]}."
    return f"{order[0].title} is nearest to the data after this budget.{told} {gone}".strip()
