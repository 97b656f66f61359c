"""Gradio writes a stub for type checkers whenever a component's class is made: each time that it is imported.

It parses the source of each of its seventy classes and a stub that it brought along, and finds them equal: a third of
what an empty app does until it answers. Nothing that runs reads a stub.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

WRITES, NAME = "gradio.component_meta", "create_or_modify_pyi"


def unwritten() -> None:
    """No stub is written any more. Before Gradio is imported, so that it doesn't write its own either."""
    if WRITES in sys.modules:
        _without(sys.modules[WRITES])
    else:
        sys.meta_path.insert(0, _Once())


class _Once(MetaPathFinder):
    """Finds the module that writes stubs, as Python would, and takes that from it as soon as it is there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != WRITES:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            made = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                made(module)
                _without(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _without(module: ModuleType) -> None:
    """A release of Gradio that has no such function is left as it is."""
    if callable(getattr(module, NAME, None)):
        setattr(module, NAME, _nothing)


def _nothing(*asked: object) -> None: ...
