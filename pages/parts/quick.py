"""What Gradio does for each message on its one event loop, at less cost; in a class that loop serves everybody."""

from __future__ import annotations

import importlib.util
import json
import sys
from types import SimpleNamespace
from typing import Any

import gradio.routes
import orjson


def written(value: Any) -> str:
    """JSON of what an event gives to a program; frames that are JSON already (orjson.Fragment) go in as they are."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY, default=str).decode()


def install() -> None:
    """Before an app is launched."""
    gradio.routes.json = SimpleNamespace(  # type: ignore[assignment, attr-defined]
        dumps=written, loads=json.loads, JSONDecodeError=json.JSONDecodeError
    )
    if importlib.util.find_spec("matplotlib") is None:  # Gradio looks for it, on the disk, twice for each message
        sys.modules["matplotlib"] = None  # type: ignore[assignment]  # how Python notes that there is none
