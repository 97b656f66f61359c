"""What a loaded model is made of: its blocks with shapes, parameters and time, found by running it once with hooks.

The hooks sit on a private copy, never on the model that serves the visitors.
"""

from __future__ import annotations

import copy
import itertools
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.load import load
from genai_demo.core.spec import find_spec, resolve

if TYPE_CHECKING:
    from torch import Tensor, nn

MOST_BATCH = 64
PASSES = 5  # timed runs after one to warm up; the fastest is reported, the others met other work
_one_at_a_time = threading.Lock()  # two tracings at once would time each other


@dataclass(frozen=True, slots=True)
class Block:
    """One module that ran: its dotted name, how deep it lies among the modules that ran, its class, the shape of its
    first tensor in and out, the parameters in it and below, milliseconds in it and below (all its calls together)."""

    name: str
    depth: int
    kind: str
    shape_in: tuple[int, ...]
    shape_out: tuple[int, ...]
    parameters: int
    ms: float


def trace(spec_key: str, batch: int = 1) -> list[Block]:
    """The blocks of a model in the order in which they ran, measured on `batch` inputs of its own example.

    Raises DemoError where there is no such model, it has no example or the batch is out of range.
    """
    spec = find_spec(spec_key)
    if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch <= MOST_BATCH:
        raise DemoError(f"batch is {shown(batch)}; choose a whole number from 1 to {MOST_BATCH}")
    if not spec.example:
        raise DemoError(f"{spec.title} names no example input; its blocks can't be traced")
    example = resolve(spec.example)
    with _one_at_a_time:
        return _trace(copy.deepcopy(load(spec)), example, batch)


def _trace(model: nn.Module, example: Any, batch: int) -> list[Block]:
    """As trace, on a model that is ours alone and is thrown away afterwards, hooks and all."""
    import torch

    modules = dict(model.named_modules())
    clock = itertools.count()
    seen = {name: _Seen(clock) for name in modules}
    with torch.inference_mode():
        example(model, batch)
        for name, module in modules.items():
            module.register_forward_pre_hook(seen[name].enter)
            module.register_forward_hook(seen[name].leave, with_kwargs=True)
        passes = []
        for _ in range(PASSES):
            example(model, batch)
            passes.append({name: watch.take() for name, watch in seen.items()})
    ran = sorted((name for name in modules if seen[name].ran), key=lambda name: seen[name].order)
    return [
        Block(
            name,
            _depth(name, ran),
            type(modules[name]).__name__,
            seen[name].shape_in,
            seen[name].shape_out,
            sum(p.numel() for p in modules[name].parameters()),
            1000 * min(spent[name] for spent in passes),
        )
        for name in ran
    ]


class _Seen:
    """What the hooks of one module saw: shapes of its first call, seconds of all calls since `take`."""

    def __init__(self, clock: Iterator[int]) -> None:
        self.clock, self.order = clock, -1  # order: how many modules were entered before this one
        self.ran = False
        self.shape_in: tuple[int, ...] = ()
        self.shape_out: tuple[int, ...] = ()
        self.seconds = 0.0
        self.started: list[float] = []

    def enter(self, module: nn.Module, args: Any) -> None:
        if self.order < 0:
            self.order = next(self.clock)
        self.started.append(_clock())

    def leave(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        self.seconds += _clock() - self.started.pop()
        if not self.ran:
            self.ran, self.shape_in, self.shape_out = True, _shape((args, kwargs)), _shape(output)

    def take(self) -> float:
        seconds, self.seconds = self.seconds, 0.0
        return seconds


def _clock() -> float:
    """Seconds, after all that was asked of a GPU is done."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
    elif torch.backends.mps.is_available():
        torch.mps.synchronize()
    return time.perf_counter()


def _depth(name: str, ran: Iterable[str]) -> int:
    """How many modules that ran contain this one."""
    return sum(name != other and (not other or name.startswith(f"{other}.")) for other in ran)


def _shape(value: Any) -> tuple[int, ...]:
    found = _first_tensor(value)
    return () if found is None else tuple(found.shape)


def _first_tensor(value: Any) -> Tensor | None:
    """The first tensor in nested tuples, mappings and dataclasses; None where there is none."""
    import torch

    if isinstance(value, torch.Tensor):
        return value if value.ndim else None  # a balance loss beside the logits says nothing of the shape
    parts: Iterable[Any] = ()
    if isinstance(value, Mapping):
        parts = value.values()
    elif isinstance(value, (tuple, list)):
        parts = value
    elif is_dataclass(value):
        parts = (getattr(value, field.name) for field in fields(value))
    return next((found for part in parts if (found := _first_tensor(part)) is not None), None)
