"""What the program finds by convention: its architectures, the packages in genai_demo that declare SPECS or RUNS.

An architecture is one folder. Its __init__ declares FAMILY (where it has a page), RUNS and SPECS; modules with known
names are found as well: quality (measure, table), train (train_all), poster (poster). No list names them.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

Group = Literal["Text", "Images", "Images and text", "Systems", "Compare"]
GROUPS: tuple[Group, ...] = ("Text", "Images", "Images and text", "Systems", "Compare")


@dataclass(frozen=True, slots=True)
class Laboratory:
    """The run of a family in the 2-D laboratory, and what it calls the data set, its points, its training steps.

    nats: the field of its frames that is the mean log-likelihood of held-out points; bound: that which is minus a bound
    of it; both "" where it has none. passes: how often its networks are asked for a sample, from its options; 0 where
    a sample has no end. size: "module:function" of its options that counts its parameters.
    """

    run: str
    size: str
    data: str = "data"
    samples: str = "samples"
    steps: str = "steps"
    nats: str = ""
    bound: str = ""
    passes: Callable[[Any], int] = lambda options: 1


@dataclass(frozen=True, slots=True)
class Family:
    """What the program says of an architecture as a whole.

    summary: one sentence for a visitor; starts: (label, query string of a link) of what is worth trying first, as in
    ("Boots in six steps", "run=diffusion/denoise&label=ankle boot&steps=6"); laboratory: where it learns the points
    that all families learn; data: "module:function" of what its runs fetch besides models, which brings it here and
    tells the file.
    """

    title: str
    group: Group
    summary: str
    starts: tuple[tuple[str, str], ...] = ()
    laboratory: Laboratory | None = None
    data: tuple[str, ...] = ()


@functools.cache
def packages() -> Mapping[str, ModuleType]:
    """Name -> package, of all that declare SPECS or RUNS; imports their __init__, which is cheap.

    They lie in genai_demo, or one folder deeper (the classifier lies in quality); the name is the last part.
    """
    found: dict[str, ModuleType] = {}
    for outer in pkgutil.iter_modules(sys.modules["genai_demo"].__path__, "genai_demo."):
        if outer.ispkg:
            module = importlib.import_module(outer.name)
            inner = pkgutil.iter_modules(module.__path__, f"{outer.name}.")
            for each in (module, *(importlib.import_module(one.name) for one in inner if one.ispkg)):
                if hasattr(each, "SPECS") or hasattr(each, "RUNS"):
                    found[each.__name__.rpartition(".")[2]] = each
    return found


def declared(name: str) -> list[Any]:
    """What all packages declare under that name ("RUNS", "SPECS"), one after the other."""
    return [entry for package in packages().values() for entry in getattr(package, name, ())]


def declared_by(package: str, name: str) -> Iterable[Any]:
    """What one package declares under that name; nothing where there is none."""
    found: Iterable[Any] = getattr(packages().get(package), name, ())
    return found


@functools.cache
def families() -> Mapping[str, Family]:
    """Name of the package -> its FAMILY, of those that have one."""
    found = {name: getattr(package, "FAMILY", None) for name, package in packages().items()}
    return {name: family for name, family in found.items() if family is not None}


def part(name: str, module: str) -> str | None:
    """Dotted name of a package's module, as in part("vae", "train"); None where it has none. Imports nothing new."""
    package = packages().get(name)
    dotted = f"{package.__name__}.{module}" if package else ""
    return dotted if dotted and importlib.util.find_spec(dotted) else None


def having(module: str) -> list[str]:
    """Names of the packages that have a module of that name."""
    return [name for name in packages() if part(name, module)]
