"""run(recipe) -> Iterator[Frame]: the one way in. Finds the run by name, validates, loads, iterates."""

from __future__ import annotations

import ast
import functools
import importlib.util
import os
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from genai_demo.core.backend import backend
from genai_demo.core.device import threads
from genai_demo.core.errors import DemoError, among, shown
from genai_demo.core.frames import Frame
from genai_demo.core.load import load
from genai_demo.core.options import Options
from genai_demo.core.recipe import Recipe, versions
from genai_demo.core.registry import declared
from genai_demo.core.spec import find_spec, resolve

F = TypeVar("F", bound=Callable[..., Any])
FILE = re.compile(r"[0-9A-Za-z+/=]{64}")  # in a text: a file in base64, or a SHA-256 in hexadecimal
KEPT = re.compile(r"(?<![0-9A-Za-z+/=])[0-9a-f]{64}(?![0-9A-Za-z+/=])")  # the SHA-256 alone

# The secret of the visitor for whom a run computes, "" for nobody's: told beside the recipe, and part of no result.
visitor: ContextVar[str] = ContextVar("visitor", default="")


@dataclass(frozen=True, slots=True)
class Run:
    """name: "architecture/verb"; start: "module:function", a generator of frames.

    With models (keys, the first is the default) it is called start(model, options, seed=seed), without any
    start(options, seed=seed). seconds(options) bounds the time on a GPU that is lent by the minute. threads: how many
    an operation is split over; 1 for small networks, which get slower by being split, and on fewer cores still slower.
    """

    name: str
    summary: str
    options: type[Options]
    start: str
    models: tuple[str, ...] = ()
    seconds: Callable[[Any], int] = lambda options: 60
    threads: int | None = None


@functools.cache
def all_runs() -> dict[str, Run]:
    """Every run of every architecture, by name."""
    return {entry.name: entry for entry in declared("RUNS")}


def find_run(name: str) -> Run:
    """The run of that name. Raises DemoError that lists the names."""
    runs = all_runs()
    if name not in runs:
        raise DemoError(f"run is {shown(name)}; {among(name, runs)}")
    return runs[name]


def complete(recipe: Recipe) -> Recipe:
    """The recipe checked and with every option, the model and the versions filled in: what a result is filed under.

    Raises DemoError where the run, an option or the model is not to be had.
    """
    _, options, key = _checked(recipe)
    return replace(recipe, options=options.model_dump(), model=key, versions=versions())


def run(recipe: Recipe, *, here: bool = False) -> Iterator[Frame]:
    """The frames of a recipe, computed as they are asked for. Same recipe, same frames, on the same machine.

    They are computed where GENAI_DEMO_BACKEND says (core/backend.py), in this process without it or with `here`.
    Raises DemoError, before the first frame where it can.
    """
    entry, options, key = _checked(recipe)
    if not here and (elsewhere := backend()):
        return elsewhere.compute(complete(recipe), visitor.get())
    return _on_device(entry.name, options, key, recipe.seed, visitor.get())


def threads_of(recipe: Recipe) -> int | None:
    """Over how many threads an operation of the recipe's run is split; None: as many as the process started with."""
    entry, _, key = _checked(recipe)
    return _threads(entry, key)


def is_own(recipe: Recipe) -> bool:
    """Whether an option carries what belongs to one visitor: a file as text, or the hash of one that is kept here."""
    return _any_option(recipe, FILE)


def is_kept(recipe: Recipe) -> bool:
    """Whether an option names, by its hash, what a visitor brought and this machine's cache folder keeps."""
    return _any_option(recipe, KEPT)


def _any_option(recipe: Recipe, pattern: re.Pattern[str]) -> bool:
    entry, options, _ = _checked(recipe)
    defaults = entry.options.parse({})
    return any(
        isinstance(value, str) and pattern.search(value) is not None and value != getattr(defaults, name)
        for name, value in options
    )


def size_of(recipe: Recipe) -> float:
    """How much work a recipe is, in its run's own measure."""
    entry, options, _ = _checked(recipe)
    return float(entry.seconds(options))


def source(name: str) -> str:
    """The source text of the generator behind a run, to be read beside its frames."""
    module, _, function = find_run(name).start.partition(":")
    found = importlib.util.find_spec(module)
    text = Path(str(found and found.origin)).read_text()  # read, not imported: a page shows it before a model is loaded
    node = next(node for node in ast.parse(text).body if getattr(node, "name", "") == function)
    first = min([node.lineno, *(mark.lineno for mark in getattr(node, "decorator_list", ()))])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])


def _checked(recipe: Recipe) -> tuple[Run, Options, str | None]:
    """The recipe's run, its options and the key of its model. Raises DemoError where one is not to be had."""
    entry = find_run(recipe.run)
    return entry, entry.options.parse(recipe.options), _model_key(entry, recipe)


def _model_key(entry: Run, recipe: Recipe) -> str | None:
    if not entry.models:
        if recipe.model is not None:
            raise DemoError(f"model is {shown(recipe.model)}; {entry.name} uses none, leave it out")
        return None
    key = recipe.model or entry.models[0]
    if key not in entry.models:
        raise DemoError(f"model is {shown(key)}; for {entry.name} {among(key, entry.models)}")
    return key


def _threads(entry: Run, key: str | None) -> int | None:
    return entry.threads or (find_spec(key).threads if key else None)


def _seconds(name: str, options: Options, *others: Any) -> int:
    return find_run(name).seconds(options)


def _lent(function: F) -> F:
    """Decorator: on a ZeroGPU Space a GPU is lent for the seconds that a run asks for; elsewhere it changes nothing."""
    if not os.environ.get("SPACES_ZERO_GPU"):
        return function
    import spaces

    lent: F = spaces.GPU(duration=_seconds)(function)
    return lent


@_lent
def _on_device(name: str, options: Options, key: str | None, seed: int, secret: str) -> Iterator[Frame]:
    """The one place where a run touches a device; what it is given and its frames pickle, for another process."""
    visitor.set(secret)
    entry = find_run(name)
    start = resolve(entry.start)
    frames = start(load(find_spec(key)), options, seed=seed) if key else start(options, seed=seed)
    split = _threads(entry, key)
    try:
        while True:
            with threads(split):
                frame = next(frames, None)
            if frame is None:
                return
            yield frame
    finally:
        frames.close()
