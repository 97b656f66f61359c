"""Returns asked for and returns had, from every cell: the Decision Transformer beside those that only imitate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.core.frames import curve, number, prose
from genai_demo.core.load import load
from genai_demo.hybrids import acting, grid
from genai_demo.hybrids.decision import Actor
from genai_demo.hybrids.options import ReturnsOptions

CHART = "return had, mean over all starts"
CLONES = ("hybrids/clone", "hybrids/clone-best")
STRIDE = 2  # from one return that is asked for to the next


@dataclass(frozen=True, slots=True, eq=False)
class ReturnsStep:
    """One return that is asked for."""

    index: int
    total: int
    said: str = prose("what happens")
    had: float = curve("had", chart=CHART, against="asked", digits=2)
    asked_for: float = curve("asked for", chart=CHART, against="asked", digits=1)
    clone: float = curve("imitates all walks", chart=CHART, against="asked", digits=2)
    clone_best: float = curve("imitates the best tenth", chart=CHART, against="asked", digits=2)
    most: float = curve("the most there is", chart=CHART, against="asked", digits=2)
    asked: int = number("asked for", digits=0)
    spread: float = number("spread of what was had", digits=2)


def returns(model: Actor, options: ReturnsOptions, *, seed: int) -> Iterator[ReturnsStep]:
    """A frame a return, the smallest first."""
    starts = list(grid.FREE)
    most = float(np.mean([grid.best(start) for start in starts]))
    clone, best = (float(acting.returns(load(key), starts, 0.0, options.temperature, seed).mean()) for key in CLONES)
    wanted = list(range(options.lowest, options.highest + 1, STRIDE))
    for index, asked in enumerate(wanted):
        had = acting.returns(model, starts, float(asked), options.temperature, seed)
        mean = float(had.mean())
        told = f"Asked for {asked}, it gathers {mean:.1f} on average, over {len(starts)} starts."
        if asked > most:
            told += " That much is not to be had: nothing like it was ever seen."
        yield ReturnsStep(index, len(wanted), told, mean, float(asked), clone, best, most, asked, float(had.std()))
