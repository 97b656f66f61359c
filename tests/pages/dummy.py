"""A tiny architecture for tests of the plumbing: squares that move, with no model library."""

from __future__ import annotations

import sys
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from genai_demo.core import run as run_module
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import curve, number, pictures
from genai_demo.core.options import Options, option
from genai_demo.core.run import Run


class SquareOptions(Options):
    count: int = option(4, "How many pictures", at_least=1, at_most=16)
    steps: int = option(20, "How many steps", at_least=1, at_most=150)
    speed: float = option(1.0, "Pixels a step", at_least=0.0, at_most=4.0, unit="px")
    shape: Literal["square", "disc", "cross", "ring"] = option("square", "What is drawn")
    way: Literal["left", "right"] = option("right", "Which way it goes")
    wrap: bool = option(True, "Whether it comes back on the other side")
    pause_ms: int = option(0, "Work a step", at_least=0, at_most=500, unit="ms", more=True)
    fail: Literal["no", "kindly", "badly"] = option("no", "For tests: how to fail half way", more=True)


@dataclass(frozen=True, slots=True, eq=False)
class SquareStep:
    index: int
    total: int
    place: float = number("place", unit="px")
    energy: float = curve("energy", unit="J")
    x: np.ndarray = pictures("x, moving")
    y: np.ndarray = pictures("y, still")


CLOSED: list[int] = []  # seeds of the runs that were closed


def squares(options: SquareOptions, *, seed: int) -> Iterator[SquareStep]:
    """Squares that move across noise made from the seed."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 120, (options.count, 28, 28)).astype(np.uint8)
    try:
        for i in range(options.steps):
            time.sleep(options.pause_ms / 1000)
            if options.fail != "no" and i == options.steps // 2:
                raise DemoError("count is too much here; choose fewer") if options.fail == "kindly" else ValueError("x")
            at = int(i * options.speed) % 22
            x = noise.copy()
            x[:, 10:16, at : at + 6] = 255
            yield SquareStep(i, options.steps, float(at), float(rng.random()), x, noise)
    finally:
        CLOSED.append(seed)


RUN = Run("dummy/squares", "Squares that move", SquareOptions, f"{__name__}:squares")
OTHER = Run("dummy/other", "The same again", SquareOptions, f"{__name__}:squares")


def install() -> None:
    """Adds the runs and a page "dummy" to the program, before app is imported."""
    import pages

    real = run_module.all_runs
    run_module.all_runs = lambda: {**real(), RUN.name: RUN, OTHER.name: OTHER}
    pages.PAGES = (*pages.PAGES, pages.Page("dummy", "Dummy", "Systems", "A page for tests."))
    module = types.ModuleType("pages.dummy")
    module.build = _build
    sys.modules["pages.dummy"] = module


def _build() -> None:
    from pages import find_page
    from pages.parts.bench import Bench
    from pages.parts.page import tabs
    from pages.parts.theme import title

    title(find_page("dummy"))
    tabs([Bench("Squares", RUN.name), Bench("Again", OTHER.name, show=("steps", "count"), seed=3)])
