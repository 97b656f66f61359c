"""load(spec): each model is built once; one lock per key; the least recently used is dropped past a memory budget."""

from __future__ import annotations

import importlib
import importlib.util
import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from genai_demo.core.device import pick_device, pick_dtype
from genai_demo.core.errors import DemoError, shown
from genai_demo.core.spec import Bundled, Hub, ModelSpec, Source, all_specs, resolve
from genai_demo.core.weights import find, reach

MEMORY = "GENAI_DEMO_MEMORY_MB"
MEMORY_MB = "4000"  # where the variable says nothing


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory: where its weights came from, how long it took, what it weighs."""

    model: Any
    source: Source
    seconds: float
    parameters: int
    bytes: int
    device: str
    dtype: str


_loaded: OrderedDict[str, Loaded] = OrderedDict()
_locks: dict[str, threading.Lock] = {}
_guard = threading.Lock()


def load(spec: ModelSpec) -> Any:
    """The model, on its device, in evaluation mode. It serves every visitor: nothing may change it.

    Raises DemoError where no source has it, or where the hub can't be reached.
    """
    return load_info(spec).model


def load_info(spec: ModelSpec) -> Loaded:
    """As load, with what is known of the model."""
    budget = _budget()
    name = f"{spec.key}@{os.environ.get('GENAI_DEMO_DEVICE', '')}"
    with _guard:
        lock = _locks.setdefault(name, threading.Lock())
    with lock:
        with _guard:
            if name in _loaded:
                _loaded.move_to_end(name)
                return _loaded[name]
        found = _build(spec)
        with _guard:
            _loaded[name] = found
            while len(_loaded) > 1 and sum(entry.bytes for entry in _loaded.values()) > budget:
                _loaded.popitem(last=False)
        return found


def is_loaded(spec: ModelSpec) -> bool:
    """Whether the next load costs nothing."""
    with _guard:
        return any(name.startswith(f"{spec.key}@") for name in _loaded)


def clear() -> None:
    """Forget every model in memory."""
    with _guard:
        _loaded.clear()


def _budget() -> int:
    """Bytes that all models together may take. Raises DemoError where the variable is no number."""
    text = os.environ.get(MEMORY, "").strip() or MEMORY_MB
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise DemoError(f"{MEMORY} is {shown(text)}; give a whole number of megabytes, or leave it out")
    return int(text) * 2**20


def _build(spec: ModelSpec) -> Loaded:
    started = time.monotonic()
    _check_needs(spec)
    source, place = find(spec)
    try:
        if isinstance(source, Hub):
            reach(source)
        model = resolve(spec.build)(place)
    except DemoError:
        raise
    except Exception as error:
        if not isinstance(source, Hub):
            raise DemoError(f"{spec.title} could not be read from {source} ({type(error).__name__})") from error
        raise DemoError(
            f"{spec.title} could not be had from the Hugging Face hub ({type(error).__name__}); "
            f"choose {_bundled_beside(spec)}, or connect this machine to the hub"
        ) from error
    device, dtype = getattr(model, "runs_on", (None, None))  # said by a model that torch does not run
    device = device or pick_device()
    dtype = dtype or pick_dtype(device)
    try:
        model = model.to(device=device, dtype=dtype).eval().requires_grad_(False)
    except RuntimeError as error:  # most likely out of memory
        raise DemoError(
            f"{spec.title} could not be put on {device} ({type(error).__name__}); "
            "choose a smaller model, or set GENAI_DEMO_DEVICE=cpu"
        ) from error
    tensors = [*model.parameters(), *model.buffers()]
    return Loaded(
        model,
        source,
        time.monotonic() - started,
        sum(p.numel() for p in model.parameters()),
        sum(t.numel() * t.element_size() for t in tensors),
        str(device),
        str(dtype).removeprefix("torch."),
    )


def _check_needs(spec: ModelSpec) -> None:
    importlib.invalidate_caches()  # it may have been installed since
    if spec.needs and importlib.util.find_spec(spec.needs) is None:
        raise DemoError(
            f"{spec.title} needs the Python package {spec.needs}, which is not here; install it "
            f"(pip install {spec.needs}) and run this again"
        )


def _bundled_beside(spec: ModelSpec) -> str:
    """The first bundled model of the same architecture by title and key, as a visitor is told of it."""
    for other in all_specs().values():
        if other.architecture == spec.architecture and any(isinstance(source, Bundled) for source in other.sources):
            return f"the bundled {other.title} ({other.key})"
    return "a bundled model"
