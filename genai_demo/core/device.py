"""Which device and which precision a run uses; and the one source of randomness."""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from genai_demo.core.errors import DemoError, shown

if TYPE_CHECKING:
    import torch

VARIABLE = "GENAI_DEMO_DEVICE"
_one_seeding = threading.Lock()
_one_asking = threading.Lock()


def pick_device() -> torch.device:
    """The device in GENAI_DEMO_DEVICE if set, else CUDA, else MPS, else the CPU.

    Raises DemoError where the variable names a device that is not here.
    """
    import torch

    wanted = os.environ.get(VARIABLE, "").strip().lower()
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted:
        if not here.get(wanted.split(":")[0], False):
            choices = ", ".join(name for name, found in here.items() if found)
            raise DemoError(f"{VARIABLE} is {shown(wanted)}, which is not here; choose one of {choices}")
        try:
            device = torch.device(wanted)
        except RuntimeError:
            raise DemoError(f"{VARIABLE} is {shown(wanted)}; write cpu, cuda, cuda:0 or mps") from None
        count = torch.cuda.device_count() if device.type == "cuda" else 1
        if (device.index or 0) >= count:
            raise DemoError(f"{VARIABLE} is {shown(wanted)}; the last one here is {device.type}:{count - 1}")
        return device
    return torch.device(next(name for name, found in here.items() if found))


def pick_dtype(device: torch.device) -> torch.dtype:
    """bf16 on a GPU that has it, fp32 elsewhere: a recipe gives the same numbers on a processor, however busy it is."""
    import torch

    return torch.bfloat16 if device.type == "cuda" and torch.cuda.is_bf16_supported() else torch.float32


@functools.cache
def processor() -> str:
    """As "AMD EPYC (family 25, model 17), AVX512": its name, and the instructions that torch takes there."""
    import torch

    try:
        lines = Path("/proc/cpuinfo").read_text().partition("\n\n")[0].splitlines()
    except OSError:  # not on Linux
        lines = []
    told = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    name = told.get("model name") or platform.processor() or platform.machine()
    kind = f" (family {told['cpu family']}, model {told['model']})" if {"cpu family", "model"} <= told.keys() else ""
    return f"{name}{kind}, {torch.backends.cpu.get_cpu_capability()}"


@functools.cache
def _usual_threads() -> int:
    """Threads of an operation as the process started."""
    import torch

    return torch.get_num_threads()


@contextlib.contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Inside, operations of this thread are split over `count` threads; None: over as many as the process started with.

    Sums are rounded according to how they are split: a fixed count gives the same bits whatever else is going on.
    """
    import torch

    with _one_asking:  # before anything is set, or the number set here would be taken for the usual one
        usual = _usual_threads()
    wanted = count or usual
    before = torch.get_num_threads()
    if before == wanted:
        yield
        return
    torch.set_num_threads(wanted)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside, torch's shared random numbers start from `seed`; afterwards they are what they were.

    For making networks, whose first weights torch draws from the shared stream: one thread at a time.
    """
    import torch

    with _one_seeding, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def generator(seed: int) -> torch.Generator:
    """A CPU random stream: noise is drawn on the CPU and then moved, so that all devices start from the same."""
    import torch

    return torch.Generator().manual_seed(seed)
