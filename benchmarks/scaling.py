"""How many cores so many visitors need, on paper: costs that were measured, and a queue of them that is simulated.

    python -m benchmarks scaling             # costs, and the simulation beside a classroom that was measured
    python -m benchmarks.scaling --write     # the same, and the plan into docs/scaling.md

The simulation knows the rules of core/schedule.py (shortest first, with aging, equal recipes computed once) and nothing
of Python's lock, the network or what a browser does: what it leaves out, the classroom beside it shows.
"""

from __future__ import annotations

import argparse
import datetime
import heapq
import itertools
import random
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks import Row
from benchmarks.classroom import CHECKED, CLIENTS, KINDS, PAUSE_S, SECONDS, SEEDS, Caller, crowd, served, serving
from genai_demo.core.schedule import AGING, SLOTS

PLAN = Path(__file__).resolve().parent.parent / "docs" / "scaling.md"
MARKS = re.compile(r"(<!-- plan -->\n).*?(<!-- /plan -->)", re.DOTALL)
PIECES = 20  # a run gives way about so often
KNOWN = 200  # runs that are asked for again, to see what an answer costs that is known
VISITORS = (1_000, 100_000)
READING_S = 30.0  # a visitor looks at a run so long before the next
SHRUNK = 300  # visitors that are simulated; more of them are as many times as many cores
WAIT_S = 3.0  # of 95 % of the runs, at most, in the plan
LONG_S = 300.0  # of simulated time


@dataclass(frozen=True, slots=True)
class Crowd:
    """clients ask for runs of kinds that take `seconds` each, wait, look for `pause` seconds, half as long or half as
    long again, and ask again.

    told: seconds that any answer costs besides; seeds: how many there are of each kind, None where each is another.
    """

    clients: int
    seconds: Sequence[float]
    pause: float
    told: float
    cores: int
    seeds: int | None = None


@dataclass
class _Job:
    asked: float
    left: float
    piece: float
    waiting: list[tuple[int, float]] = field(default_factory=list)  # who, and since when


def simulated(crowd: Crowd, length: float, seed: int = 0) -> list[float]:
    """How long each run took that was asked for and done within `length` seconds."""
    rng, order, took = random.Random(seed), itertools.count(), list[float]()
    events = [(rng.random() * crowd.pause, next(order), "ask", client) for client in range(crowd.clients)]
    heapq.heapify(events)
    free, waiting, known = crowd.cores, list[_Job](), dict[tuple[int, int], float]()
    jobs = dict[tuple[int, int], _Job]()
    at_work = dict[int, tuple[tuple[int, int], _Job]]()
    while events and events[0][0] < length:
        now, _, what, number = heapq.heappop(events)
        if what == "ask":
            kind = rng.randrange(len(crowd.seconds))
            key = (kind, next(order) if crowd.seeds is None else rng.randrange(crowd.seeds))
            if key not in jobs:
                left = crowd.told + (0.0 if key in known else crowd.seconds[kind])
                jobs[key] = _Job(now, left, max(left / PIECES, 0.01))
                waiting.append(jobs[key])
            jobs[key].waiting.append((number, now))
        else:
            key, job = at_work.pop(number)
            free += 1
            if job.left > 1e-9:
                waiting.append(job)
            else:
                known[key] = now
                del jobs[key]
                for client, since in job.waiting:
                    took.append(now - since)
                    looks = crowd.pause * rng.uniform(0.5, 1.5)
                    heapq.heappush(events, (now + looks, next(order), "ask", client))
        while free and waiting:
            job = min(waiting, key=lambda one: one.left - AGING * (now - one.asked))
            waiting.remove(job)
            piece, free, slot = min(job.piece, job.left), free - 1, next(order)
            job.left -= piece
            at_work[slot] = next((name, one) for name, one in jobs.items() if one is job)
            heapq.heappush(events, (now + piece, slot, "done", slot))
    return took


def share(times: Sequence[float], of: float) -> float:
    """The time within which that share of them was done; nan where there are none."""
    return sorted(times)[int(of * (len(times) - 1))] if times else float("nan")


def cores_for(visitors: int, seconds: Sequence[float], told: float, seeds: int | None) -> int:
    """The fewest cores with which 95 % of the runs take at most WAIT_S longer than the longest one alone.

    A share of the crowd is simulated on a share of the cores: large crowds wait less than that, as they even out.
    """
    few, mean = min(visitors, SHRUNK), sum(seconds) / len(seconds)

    def waits(cores: int) -> float:
        times = simulated(Crowd(few, seconds, READING_S, told, cores, seeds), LONG_S)
        return share(times, 0.95) - max(seconds)

    cores = max(1, int(few * (told + (mean if seeds is None else 0.0)) / (READING_S + mean)))  # busy all the time
    while waits(cores) > WAIT_S:
        cores += 1
    return -(-cores * visitors // few)


@dataclass(frozen=True, slots=True)
class Measured:
    """seconds: of each kind, alone; told: of a run that is known; took: of a crowd's runs, with few seeds."""

    seconds: tuple[float, ...]
    told: float
    took: tuple[float, ...]


def measured() -> Measured:
    """On this machine, by the app itself."""
    with served() as base:
        ask = Caller(base)
        for kind in range(len(KINDS)):
            ask(kind, 0)  # loads the model
        seconds = tuple(ask(kind, 1) for kind in range(len(KINDS)))
        process = serving()
        before = _worked(process)
        for number in range(KNOWN):
            ask(number % len(KINDS), 1)
        told = (_worked(process) - before) / KNOWN
        rng = random.Random(0)
        found = crowd(ask, lambda: rng.randrange(CHECKED, CHECKED + SEEDS))
    return Measured(seconds, told, tuple(took for _, took in found.took))


def _worked(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def rows(found: Measured | None = None) -> list[Row]:
    """What was measured, and what the simulation says of the same crowd."""
    found = found or measured()
    same = simulated(Crowd(CLIENTS, found.seconds, PAUSE_S, found.told, SLOTS, SEEDS), SECONDS)
    what = f"scaling: {CLIENTS} clients, {len(KINDS)} kinds, {SECONDS} s"
    return [
        ("scaling: a run alone, mean", f"{sum(found.seconds) / len(found.seconds):.2f} s", "-", None),
        ("scaling: a run that is known, of a processor", f"{1000 * found.told:.0f} ms", "-", None),
        *(
            _beside(f"{what}, {name}", share(same, of), share(found.took, of))
            for name, of in (("median", 0.5), ("95 %", 0.95))
        ),
        (f"{what}, runs done", str(len(same)), str(len(found.took)), len(same) / max(1, len(found.took))),
    ]


def _beside(name: str, ours: float, theirs: float) -> Row:
    return f"{name}, simulated against measured", f"{ours:.2f} s", f"{theirs:.2f} s", ours / theirs


def plan(found: Measured) -> str:
    """The table of docs/scaling.md."""
    lines = ["| visitors at once | a class: three seeds of each run | each another seed |", "|---:|---:|---:|"]
    for visitors in VISITORS:
        cells = [cores_for(visitors, found.seconds, found.told, seeds) for seeds in (SEEDS, None)]
        lines.append(f"| {visitors:,} | {cells[0]:,} cores | {cells[1]:,} cores |")
    mean = sum(found.seconds) / len(found.seconds)
    same = simulated(Crowd(CLIENTS, found.seconds, PAUSE_S, found.told, SLOTS, SEEDS), SECONDS)
    lines += [
        "",
        f"Measured {datetime.date.today()}: a run takes {mean:.2f} s alone (mean of {len(KINDS)} kinds), one that is "
        f"known {1000 * found.told:.0f} ms of a processor. {CLIENTS} clients for {SECONDS} s, median and 95 %: "
        f"simulated {_two(same)}, measured {_two(found.took)}.",
    ]
    return "\n".join(lines)


def _two(times: Sequence[float]) -> str:
    return f"{share(times, 0.5):.2f} and {share(times, 0.95):.2f} s"


def main(argv: list[str] | None = None) -> int:
    """Print the rows; with --write also put the plan into docs/scaling.md."""
    from benchmarks.__main__ import table

    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the plan into docs/scaling.md")
    asked = parser.parse_args(argv)
    began, found = time.monotonic(), measured()
    print(table(rows(found)))
    if asked.write:
        text = PLAN.read_text()
        PLAN.write_text(MARKS.sub(lambda marks: f"{marks[1]}{plan(found)}\n{marks[2]}", text))
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
