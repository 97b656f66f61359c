"""The race against its five families trained one after the other, with the same options and as many frames."""

from __future__ import annotations

import itertools
from collections import deque

from benchmarks import Row, alternate, seconds
from genai_demo.compare.costs import families
from genai_demo.compare.options import RaceOptions
from genai_demo.compare.race import runner_of
from genai_demo.core.device import threads
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run

SEEDS = itertools.count(5000)  # each run has another one: equal trainings are remembered


def rows() -> list[Row]:
    """Seconds of a race of one second for each family. A rate of 0.85 is 1 / 0.85 of the time."""
    return [seconds("compare: a race, run(recipe) (at most 1.18)", *_race())]


@threads(1)
def _race() -> tuple[float, float]:
    asked = {"budget": 1.0}
    options = RaceOptions.parse(asked)

    def alone() -> None:
        seed = next(SEEDS)
        for name, (title, lab) in families().items():
            deque(runner_of(name, title, lab, options, seed).frames, maxlen=0)

    return alternate(lambda: deque(run(Recipe("compare/race", asked, next(SEEDS))), maxlen=0), alone, 3)
