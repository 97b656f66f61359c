"""What Gradio does for each component as it starts, and for each message on its one event loop, at less cost.

In a class that loop serves everybody.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
import json
import sys
from types import SimpleNamespace
from typing import Any

import gradio.blocks
import gradio.component_meta
import gradio.routes
import orjson

REMEMBERED = 1000  # functions; some hundred are asked for, each thousands of times


def written(value: Any) -> str:
    """JSON of what an event gives to a program; frames that are JSON already (orjson.Fragment) go in as they are."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY, default=str).decode()


class Signatures:
    """In the place of the module inspect: what the parameters of a function are is found out once."""

    signature = staticmethod(functools.lru_cache(REMEMBERED)(inspect.signature))
    getfullargspec = staticmethod(functools.lru_cache(REMEMBERED)(inspect.getfullargspec))

    def __getattr__(self, name: str) -> Any:
        return getattr(inspect, name)


def remember() -> None:
    """Before pages are built: Gradio asks for the parameters of a component whenever it makes or describes one."""
    for module in (gradio.blocks, gradio.component_meta):
        module.inspect = Signatures()  # type: ignore[attr-defined]


def install() -> None:
    """Before an app is launched."""
    gradio.routes.json = SimpleNamespace(  # type: ignore[assignment, attr-defined]
        dumps=written, loads=json.loads, JSONDecodeError=json.JSONDecodeError
    )
    if importlib.util.find_spec("matplotlib") is None:  # Gradio looks for it, on the disk, twice for each message
        sys.modules["matplotlib"] = None  # type: ignore[assignment]  # how Python notes that there is none
