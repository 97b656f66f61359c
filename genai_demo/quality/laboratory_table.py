"""The measured table of the 2-D laboratory: every family on every data set, with its default options.

measure() runs the families and writes assets/laboratory.json; table() makes Markdown of that file alone. A family takes
part when its FAMILY names a run as `laboratory`, whose frames end with the names that `laboratory.Scores.shown` has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from genai_demo.core import registry
from genai_demo.core.home import ASSETS
from genai_demo.core.recipe import Recipe, versions
from genai_demo.core.registry import Laboratory
from genai_demo.core.run import complete, find_run, run
from genai_demo.data import points as sets
from genai_demo.quality import cards, kept, tables
from genai_demo.quality.cards import Watch

RESULTS = ASSETS / "laboratory.json"
SAMPLES = 400  # points each family makes
SEEDS = (0, 1, 2)  # each draws other points to learn, too
REAL = "real points"  # the row that is no family: as many fresh points of the data
SCORES = ("precision", "coverage", "distance", "floor", "modes")


def families() -> dict[str, Laboratory]:
    """Name of each family that learns points -> its run there."""
    return {name: family.laboratory for name, family in registry.families().items() if family.laboratory}


def title(by: str) -> str:
    """How a row is called: a family's title, or as it stands."""
    return registry.families()[by].title if by in registry.families() else by


@dataclass(frozen=True, slots=True)
class Job:
    """Points to be measured; by: a family, or REAL; index counts from 0."""

    index: int
    total: int
    data: str
    by: str
    seed: int


def recipe(family: str, data: str, seed: int) -> Recipe:
    """What is measured: the family's default options on that data set."""
    entry = families()[family]
    return complete(Recipe(entry.run, {entry.data: data, entry.samples: SAMPLES}, seed))


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Train and measure each family on each data set with each seed, write RESULTS -> its means, by row of the table.

    Its number of points is its own, SAMPLES, whatever `samples` is. Ended on the way, it goes on where it was.
    """
    from genai_demo.core.cards import machine
    from genai_demo.quality import laboratory

    every = [(data, by, seed) for data in sets.NAMES for by in (*families(), REAL) for seed in SEEDS]
    jobs = [Job(index, len(every), *job) for index, job in enumerate(every)]
    found = {
        "samples": SAMPLES,
        "seeds": SEEDS,
        "near": laboratory.NEAR,
        "device": machine(),
        "versions": versions(),
        "families": {name: settings(name) for name in families()},
    }
    numbers = kept.every("lab", found, jobs, measured, watch, "train and measure")
    scores = [
        {"data": job.data, "by": job.by, "seed": job.seed, **part} for job, part in zip(jobs, numbers, strict=True)
    ]
    lines = ",\n".join(f"  {json.dumps(score)}" for score in scores)  # a line each, so that two files can be compared
    RESULTS.write_text(f'{json.dumps(found, indent=1)[:-2]},\n "scores": [\n{lines}\n ]\n}}\n')
    heads, rows = _rows(results())
    return {f"{data}, {by}": dict(zip(heads[2:], cells, strict=True)) for data, by, *cells in rows}


def settings(family: str) -> dict[str, Any]:
    """The run of a family and its options as they are now, without data set and samples."""
    entry = families()[family]
    options = find_run(entry.run).options().model_dump()
    return {"run": entry.run, **{name: options[name] for name in options if name not in (entry.data, entry.samples)}}


def measured(job: Job) -> dict[str, Any]:
    """SCORES in the last frame of a run, or of real points; modes as "6 of 8", None where there are no Gaussians."""
    if job.by == REAL:
        values = real(job.data, job.seed)
    else:
        for frame in run(recipe(job.by, job.data, job.seed)):
            last = frame
        values = {name: getattr(last, name) for name in SCORES}
    return {name: round(value, 5) if isinstance(value, float) else value for name, value in values.items()}


def real(data: str, seed: int) -> dict[str, Any]:
    """SCORES of as many fresh points of the data: what a perfect family would get. Distance and floor are one."""
    import torch

    from genai_demo.quality import laboratory

    _, _, meter = laboratory.task(data, "", SAMPLES, seed)
    every = sets.load(data, laboratory.LEARNT + laboratory.HELD + laboratory.FRESH, seed)
    fresh = torch.from_numpy(every[laboratory.LEARNT + laboratory.HELD :][:SAMPLES])
    distance, floor, precision, coverage, modes = meter(fresh).shown
    return {"precision": precision, "coverage": coverage, "distance": distance, "floor": floor, "modes": modes}


def results() -> dict[str, Any]:
    """What was measured last. Raises DemoError where nothing was."""
    return cards.results(RESULTS, "lab")


def table() -> str:
    """Markdown of what was measured last. Raises DemoError where nothing was."""
    found = results()
    seeds = found["seeds"]
    note = (
        f"Means over the seeds {seeds[0]} to {seeds[-1]}, in brackets the smallest and the largest. Each family makes "
        f"{found['samples']} points, trained with the default options of its run; {REAL}: as many fresh ones of the "
        f"data, whose distance is the floor. Precision: share of the made points within {found['near']} of a held-out "
        "one; coverage: share of the held-out points within that of a made one."
    )
    return f"{tables.table(*_rows(found), texts=2)}\n\n{note}"


def _rows(found: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Headings, and a row for each data set and family."""
    heads = ["data", "made by", "precision, %", "coverage, %", "distance (MMD)", "Gaussians reached"]
    grouped: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for score in found["scores"]:
        grouped.setdefault((score["data"], score["by"]), []).append(score)
    return heads, [[data, title(by), *_cells(scores)] for (data, by), scores in grouped.items()]


def _cells(scores: list[Mapping[str, Any]]) -> list[str]:
    """Precision, coverage, distance and Gaussians of one row, over its seeds."""
    precision, coverage, distance = (
        _spread([one[name] for one in scores], digits)
        for name, digits in (("precision", 1), ("coverage", 1), ("distance", 3))
    )
    if scores[0]["modes"] is None:
        return [precision, coverage, distance, ""]
    reached, of = zip(*(one["modes"].split(" of ") for one in scores), strict=True)
    return [precision, coverage, distance, f"{_spread([int(text) for text in reached], 1)} of {of[0]}"]


def _spread(values: Sequence[float], digits: int) -> str:
    """ "97.8 (97.2 to 98.1)"; one value alone where all are the same, whole numbers as such."""
    if min(values) == max(values):
        return f"{values[0]}" if isinstance(values[0], int) else f"{values[0]:.{digits}f}"
    least, most = (f"{end}" if isinstance(end, int) else f"{end:.{digits}f}" for end in (min(values), max(values)))
    return f"{mean(values):.{digits}f} ({least} to {most})"
