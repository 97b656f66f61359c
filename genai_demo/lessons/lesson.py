"""What a lesson is: steps with a recipe each, of which the last asks for an experiment, checked by its numbers."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from genai_demo.core.recipe import Recipe

SIGNS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq, "!=": operator.ne}


@dataclass(frozen=True, slots=True)
class Condition:
    """name: a number that the film shows in its last frames, or else an option or the seed of its recipe."""

    name: str
    sign: str
    value: str | float

    def holds(self, found: Mapping[str, Any]) -> bool:
        """Whether it does for those values; not where the name is missing, or where text would be ordered."""
        have = found.get(self.name)
        if isinstance(self.value, str) or isinstance(have, str):
            same = str(have).lower() == str(self.value).lower()
            return have is not None and {"=": same, "!=": not same}.get(self.sign, False)
        return isinstance(have, (int, float)) and SIGNS[self.sign](have, self.value)


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer that a prediction offers. right: what the run shows."""

    text: str
    right: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. query: its recipe as a link has it; shows: what is told once it has run.

    point: lanes, charts and numbers of the film that `look` speaks of; frame: the one to stop at, from 1, or None;
    holds: what `shows` rests on, for a test; check: the question of an experiment.
    """

    title: str
    text: str
    query: str
    recipe: Recipe
    look: str = ""
    point: tuple[str, ...] = ()
    frame: int | None = None
    predict: str = ""
    choices: tuple[Choice, ...] = ()
    shows: str = ""
    holds: tuple[Condition, ...] = ()
    check: tuple[Condition, ...] = ()
    yes: str = ""
    not_yet: str = ""
    solution: Recipe | None = None

    def answered(self, recipe: Recipe, numbers: Iterable[Mapping[str, Any]]) -> bool:
        """Whether a run answers its question. numbers: those of the wire, of all frames in their order."""
        return recipe.run == self.recipe.run and all(one.holds(values(recipe, numbers)) for one in self.check)


@dataclass(frozen=True, slots=True)
class Lesson:
    """page: the path of the page on whose controls it acts; minutes: how long a newcomer takes."""

    name: str
    title: str
    page: str
    minutes: int
    level: str
    steps: tuple[Step, ...]


def values(recipe: Recipe, numbers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What conditions are read from: the last value of each number, else what the recipe says."""
    return {**recipe.options, "seed": recipe.seed} | {one["name"]: one["value"] for one in numbers}
