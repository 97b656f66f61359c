"""One recipe with many seeds, each in a folder of its own, for a machine that has the night."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import MAX_SEED, Recipe

MOST = 100_000  # runs of one command


def left(recipe: Recipe, count: int, folder: Path) -> Iterator[tuple[Recipe, Path]]:
    """The recipe with `count` seeds from its own on, and where each result belongs, but for those that lie there.

    One that was cut off has no digest.json, which is written last, and is run again. Raises DemoError.
    """
    last = recipe.seed + count - 1
    if not 1 <= count <= MOST:
        raise DemoError(f"count is {count}; choose 1 to {MOST} runs")
    if last > MAX_SEED:
        raise DemoError(f"the last seed would be {last}; seeds end at {MAX_SEED}, so begin earlier or count less")
    for seed in range(recipe.seed, last + 1):
        one, place = dataclasses.replace(recipe, seed=seed), folder / f"seed-{seed:06}"
        if not _there(one, place):
            yield one, place


def _there(recipe: Recipe, place: Path) -> bool:
    """Whether its result lies there whole, by the same versions."""
    try:
        return (place / "digest.json").exists() and (place / "recipe.json").read_text() == recipe.to_json() + "\n"
    except OSError as error:
        raise DemoError(f"{place} can't be read ({error.strerror}); choose another --out") from None
