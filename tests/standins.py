"""What the tests of every run share: small networks in the place of what would be fetched, and recipes of moments.

Each tests/<architecture>/stand_in.py declares STAND_INS, the key of a model -> what makes its stand-in, and, where the
smallest numbers are not the quickest run, QUICK: the name of a run -> options that make it quick.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from genai_demo.core import load as load_module
from genai_demo.core.load import Loaded
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import Run, find_run
from genai_demo.core.spec import ModelSpec


@functools.cache
def declared(name: str) -> Mapping[str, Any]:
    """What the stand-ins of all architectures declare under that name, in one."""
    files = sorted(Path(__file__).parent.glob("*/stand_in.py"))
    modules = [importlib.import_module(f"tests.{path.parent.name}.stand_in") for path in files]
    return {key: value for module in modules for key, value in getattr(module, name, {}).items()}


def standing_in(real: Callable[[ModelSpec], Loaded]) -> Callable[[ModelSpec], Loaded]:
    """Builds the stand-in where there is one, else what `real` builds."""

    def build(spec: ModelSpec) -> Loaded:
        if spec.key not in declared("STAND_INS"):
            return real(spec)
        return Loaded(declared("STAND_INS")[spec.key](), spec.sources[0], 0.0, 0, 0, "cpu", "float32")

    return build


@pytest.fixture(scope="module", autouse=True)
def stand_ins() -> Iterator[None]:
    """Nothing is fetched while the tests of a module that imports this run; afterwards no stand-in is left loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_module, "_build", standing_in(load_module._build))
        load_module.clear()
        yield
    load_module.clear()


def smallest(entry: Run) -> dict[str, Any]:
    """Every whole number at its minimum, the smallest choice of those that are numbers, or what is declared quick."""
    options: dict[str, Any] = {}
    for known in entry.options.describe():
        if known["type"] == "integer" and "choices" in known:
            options[known["name"]] = min(known["choices"])
        elif known["type"] == "integer" and "minimum" in known:
            options[known["name"]] = known["minimum"]
    return options | declared("QUICK").get(entry.name, {})


def small(name: str, seed: int = 0) -> Recipe:
    """The recipe of the smallest run of that name."""
    return Recipe(name, smallest(find_run(name)), seed)
