"""What Gradio does for each component as it starts, and for each message on its one event loop, at less cost.

In a class that loop serves everybody.
"""

from __future__ import annotations

import copy
import functools
import importlib.util
import inspect
import json
import os
import sys
import tempfile
from types import ModuleType, SimpleNamespace
from typing import Any

import gradio.blocks
import gradio.component_meta
import gradio.components.base
import gradio.events
import gradio.processing_utils
import gradio.queueing
import gradio.routes
import gradio.utils
import orjson
from gradio.context import get_blocks_context
from gradio_client.utils import is_file_obj_with_url  # type: ignore[import-untyped]

PLAIN = (str, int, float, bool, type(None))  # exactly: what is derived from one of them may be more
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
    """Before pages are built: what Gradio finds out for each component is found out for each class of them.

    Of these are the parameters that it takes, which of its functions a browser may call, and where files are kept;
    and which event is stopped by another is looked up by its number, not by comparing it with all.
    """
    for module in (gradio.blocks, gradio.component_meta):
        module.inspect = Signatures()  # type: ignore[attr-defined]
    gradio.components.base.dir = _names  # type: ignore[attr-defined]
    _instead(gradio.blocks, "get_upload_folder", _upload_folder)
    _instead(gradio.events, "get_cancelled_fn_indices", _stopped)
    _instead(gradio.queueing, "LRUCache", Newest)


def _instead(module: ModuleType | type, name: str, function: Any) -> None:
    """In the place of a function of the module or class; a release of Gradio that has none there is left as it is."""
    if callable(getattr(module, name, None)):
        setattr(module, name, function)


def _names(thing: Any) -> list[str]:
    """In the place of dir(), in the one module that asks it of classes: Gradio picks those a browser may call."""
    return _for_browsers(thing) if isinstance(thing, type) else dir(thing)


@functools.cache
def _for_browsers(cls: type) -> list[str]:
    return [name for name in dir(cls) if getattr(getattr(cls, name, None), "_is_server_fn", False)]


@functools.lru_cache(1)
def _folder(asked: str | None, temporary: str) -> str:
    return gradio.utils.get_upload_folder()


def _upload_folder() -> str:
    """Gradio's, whose way through the links of the file system is gone once."""
    return _folder(os.environ.get("GRADIO_TEMP_DIR"), tempfile.gettempdir())


def _stopped(dependencies: list[dict[str, Any]]) -> list[int]:
    """The numbers of those events in the app that is being built, as Gradio's."""
    app: Any = get_blocks_context()
    if app is None:
        return []
    found = [app.fns.get(one.get("id", -1)) for one in dependencies]
    if all(fn is not None and fn.get_config() == one for fn, one in zip(found, dependencies, strict=True)):
        return [one["id"] for one in dependencies]
    return gradio.utils.get_cancelled_fn_indices(dependencies)


def described_once(app: gradio.blocks.Blocks) -> None:
    """What Gradio says of the components of an app that is built stays the same until it is described anew."""
    config: Any = getattr(app, "default_config", None)
    if hasattr(config, "get_config"):
        described_anew(app)
        config.get_config = functools.cache(config.get_config)


def described_anew(app: gradio.blocks.Blocks) -> None:
    """Gradio's way again."""
    vars(getattr(app, "default_config", app)).pop("get_config", None)


_copied = getattr(gradio.utils, "safe_deepcopy", copy.deepcopy)


def copied(value: Any) -> Any:
    """A deep copy, at less cost for what JSON is made of, as all is that Gradio says of a page."""
    kind = type(value)
    if kind in PLAIN:
        return value
    if kind is dict:
        return {copied(key): copied(part) for key, part in value.items()}
    return [copied(part) for part in value] if kind is list else _copied(value)


_rooted: Any = getattr(gradio.processing_utils, "add_root_url", None)


def rooted(data: Any, root_url: str, previous_root_url: str | None) -> Any:
    """Files in what is sent get the server's name before their addresses, as Gradio does it; nothing is copied."""
    there = [data]
    while there:
        value = there.pop()
        if isinstance(value, dict):
            if is_file_obj_with_url(value):
                _rooted(value, root_url, previous_root_url)
            else:
                there += [part for part in value.values() if type(part) not in PLAIN]
        elif isinstance(value, (list, tuple)):
            there += [part for part in value if type(part) not in PLAIN]
    return data


def unsummed(queue: Any, records: Any) -> Any:
    """What Gradio's dashboard, which the app has not, would show: nothing.

    Gradio makes a table of the last ten thousand events after each one. A single text in it that is no UTF-8, such as a
    visitor may send as the name of a session, fails every event after it.
    """
    return queue.cached_event_analytics_summary


class Newest(gradio.utils.LRUCache[Any, Any]):
    """In the place of Gradio's: what was read last is thrown away last, not what came last.

    Gradio keeps what it has to tell to the newest 2,000 sessions; one that still read, but waited for longer than these
    took to come, was told nothing more.
    """

    def __getitem__(self, key: Any) -> Any:
        self.move_to_end(key)
        return super().__getitem__(key)


def install() -> None:
    """Before an app is launched."""
    _instead(gradio.utils, "safe_deepcopy", copied)
    _instead(gradio.queueing.Queue, "compute_analytics_summary", unsummed)
    _instead(gradio.processing_utils, "add_root_url", rooted)
    gradio.routes.json = SimpleNamespace(  # type: ignore[assignment, attr-defined]
        dumps=written, loads=json.loads, JSONDecodeError=json.JSONDecodeError
    )
    if importlib.util.find_spec("matplotlib") is None:  # Gradio looks for it, on the disk, twice for each message
        sys.modules["matplotlib"] = None  # type: ignore[assignment]  # how Python notes that there is none
