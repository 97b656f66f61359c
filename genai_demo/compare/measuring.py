"""Measures what a training step of each family costs."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from genai_demo.compare.costs import families
from genai_demo.core.cards import machine
from genai_demo.core.device import threads
from genai_demo.core.registry import Laboratory
from genai_demo.core.run import find_run
from genai_demo.core.spec import resolve
from genai_demo.quality.cards import Watch

SHORT, LONG, TRIES = 200, 600, 3  # training steps; the best of TRIES counts


def costs(watch: Watch) -> dict[str, Any]:
    """Seconds of a step, by family: what LONG steps take more than SHORT ones, both with as many frames."""
    found = {}
    with threads(1):
        for name in watch(tuple(families()), "train"):
            _, lab = families()[name]
            tries = [_took(lab, LONG, 2 * t) - _took(lab, SHORT, 2 * t + 1) for t in range(TRIES)]
            found[name] = round(min(tries) / (LONG - SHORT), 7)
    return {"seconds": found, "tries": TRIES, "device": machine()}


def _took(lab: Laboratory, steps: int, seed: int) -> float:
    """Seconds of processor for a training with as few frames as can be; each seed is new, so nothing is remembered."""
    entry = find_run(lab.run)
    given: dict[str, Any] = {lab.samples: 10, lab.steps: steps}
    if any(one["name"] == "every" for one in entry.options.describe()):
        given["every"] = 200
    frames = resolve(entry.start)(entry.options.parse(given), seed=9000 + seed)
    started = time.process_time()
    deque(frames, maxlen=0)
    return time.process_time() - started
