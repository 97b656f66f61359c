"""The engine: every architecture's networks, training and inference, as generators of frames.

Knows nothing of the web. Four names are enough to use it from Python:

    Recipe     what is to be computed: a run, its options, a seed, a model
    run        run(recipe) -> an iterator of frames, each computed as it is asked for
    load       load("vae/vae-2"), or of a ModelSpec: the model itself, a torch module, to do with as you like
    DemoError  one sentence that says what was asked, what the limit is and what to do

Importing this is cheap: what a name needs is imported when it is first asked for, torch when something is computed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from genai_demo.core import VERSION as __version__

if TYPE_CHECKING:
    from genai_demo.core.errors import DemoError
    from genai_demo.core.load import load
    from genai_demo.core.recipe import Recipe
    from genai_demo.core.run import run

__all__ = ["DemoError", "Recipe", "__version__", "load", "run"]

_HOMES = {"DemoError": "errors", "Recipe": "recipe", "load": "load", "run": "run"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    found = getattr(importlib.import_module(f"{__name__}.core.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
