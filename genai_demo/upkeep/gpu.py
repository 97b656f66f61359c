"""Every run on CUDA beside the same on the processor: `python -m genai_demo gpu-check` (make gpu-check) -> docs/gpu.md.

A GPU rounds otherwise, and in half precision, so that a training or a long text soon goes its own way. So the frames
have to be equal in kind: as many, of the same classes, with arrays of the same shapes, finite wherever the processor's
are. How far the values are apart is measured and written down; past NEAR it says "apart", which need be no fault.
"""

from __future__ import annotations

import dataclasses
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from genai_demo.core.cards import machine
from genai_demo.core.device import VARIABLE
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Frame, arrays, measured
from genai_demo.core.home import whole
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import all_runs, complete, run
from genai_demo.quality.tables import ROOT, table
from genai_demo.results.recording import recorded_recipe

PAGE = ROOT / "docs" / "gpu.md"
NEAR = 0.05  # mean distance of two arrays, of the range of the processor's, that still counts as near
NEVER = "It has never been run on a GPU: no machine of this project had one when it was written."
HEAD = f"""# On a GPU

`make gpu-check` runs every run of the program on CUDA and on the processor, with the settings its page opens on, and
writes this page. Frames have to be equal in kind: as many, of the same classes and shapes, finite wherever the
processor's are; near means that arrays are at most {NEAR:g} of their range apart on average. A training or a text,
which a rounded number sends another way, may be apart.
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one run. state: near, apart (equal in kind, not in value), wrong, not here, skipped."""

    run: str
    state: str
    note: str = ""
    cpu_s: float = math.nan
    gpu_s: float = math.nan
    gpu_mb: float = math.nan


def check(names: Sequence[str] = (), device: str = "cuda") -> Iterator[Checked]:
    """Every run, or those named, one after the other; skipped, with the reason, where there is no such device."""
    import torch

    here = device == "cpu" or torch.cuda.is_available()
    for name in names or all_runs():
        yield _checked(name, device) if here else Checked(name, "skipped", "no CUDA here")


def _checked(name: str, device: str) -> Checked:
    try:
        recipe = complete(opening(name))
        ours, cpu_s, _ = _on("cpu", recipe)
        theirs, gpu_s, megabytes = _on(device, recipe)
    except DemoError as error:
        return Checked(name, "not here", str(error))
    except Exception as error:
        return Checked(name, "wrong", f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
    state, note = compared(ours, theirs)
    return Checked(name, state, note, cpu_s, gpu_s, megabytes)


def opening(name: str) -> Recipe:
    """The recipe that the run's page opens on: of its recording, else its defaults."""
    kept = recorded_recipe(name)
    return Recipe(name, kept["options"], kept["seed"], kept["model"]) if kept else Recipe(name)


def _on(device: str, recipe: Recipe) -> tuple[list[Frame], float, float]:
    """(frames, seconds without loading, megabytes of the GPU at most)."""
    import torch

    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = device
    cuda = device.startswith("cuda")
    try:
        with_model = run(recipe)
        next(with_model, None)  # loads the model, and whatever the device makes at first
        with_model.close()  # type: ignore[attr-defined]
        if cuda:
            torch.cuda.reset_peak_memory_stats()
        began = time.perf_counter()
        frames = list(run(recipe))
        took = time.perf_counter() - began
        return frames, took, torch.cuda.max_memory_allocated() / 1e6 if cuda else math.nan
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before


def compared(ours: Sequence[Frame], theirs: Sequence[Frame]) -> tuple[str, str]:
    """(near, apart or wrong; what is apart most, or what is wrong)."""
    if not theirs:
        return "wrong", "no frames"
    farthest, where = 0.0, ""
    for place, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if type(one) is not type(other):
            return "wrong", f"frame {place} is a {type(other).__name__}, not a {type(one).__name__}"
        for name, mine in _values(one).items():
            found = _values(other).get(name)
            if fault := _unlike(mine, found):
                return "wrong", f"frame {place}, {name}: {fault}"
            gap = _gap(mine, found)
            if gap > farthest:
                farthest, where = gap, f"{name} by {gap:.2g} of its range in frame {place}"
    if len(ours) != len(theirs):
        return "apart", f"{len(theirs)} frames, {len(ours)} on the processor"
    return ("near" if farthest <= NEAR else "apart"), where


def _values(frame: Frame) -> dict[str, np.ndarray]:
    """All arrays and numbers of a frame, without times."""
    fields = [field.name for field in dataclasses.fields(frame) if field.name not in measured(frame)]
    told = {name: getattr(frame, name) for name in fields}
    return {**{name: np.asarray(v) for name, v in told.items() if isinstance(v, int | float)}, **arrays(frame)}


def _unlike(mine: np.ndarray, found: np.ndarray | None) -> str:
    """How two values differ in kind; "" where they do not. A text's length is its own affair: one side may grow."""
    if found is None:
        return "is missing"
    if mine.ndim != found.ndim or mine.dtype.kind != found.dtype.kind:
        return f"is {found.dtype} {found.shape}, not {mine.dtype} {mine.shape}"
    if mine.dtype.kind == "f" and np.isfinite(mine).all() and not np.isfinite(found).all():
        return "is not finite"
    return ""


def _gap(mine: np.ndarray, found: Any) -> float:
    """Mean distance, of the range of the first; 1 where the shapes differ, 0 for what is no number."""
    if mine.dtype.kind not in "fiub" or not mine.size:
        return 0.0
    if mine.shape != found.shape:
        return 1.0
    one, other = mine.astype(np.float64), found.astype(np.float64)
    known = np.isfinite(one) & np.isfinite(other)
    if not known.any():
        return 0.0
    wide = 255.0 if mine.dtype == np.uint8 else max(float(np.abs(one[known]).max()), 1e-6)
    return float(np.abs(one - other)[known].mean() / wide)


def render(checked: Sequence[Checked]) -> str:
    """The page, from what was checked; that it never was, where nothing was."""
    done = [one for one in checked if one.state != "skipped"]
    if not done:
        return f"{HEAD}\n{NEVER}\n"
    count = {state: sum(one.state == state for one in done) for state in ("near", "apart", "wrong", "not here")}
    told = ", ".join(f"{number} {state}" for state, number in count.items())
    rows = [
        [one.run, one.state, one.note.replace("|", "/"), *(_number(v) for v in (one.cpu_s, one.gpu_s, one.gpu_mb))]
        for one in done
    ]
    heads = ("run", "frames", "most apart, or why", "processor, s", "GPU, s", "GPU memory, MB")
    return f"{HEAD}\nOn {machine()}: {told}.\n\n{table(heads, rows, texts=3)}\n"


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3g}"


def write(checked: Sequence[Checked]) -> None:
    """The page in its place."""
    with whole(PAGE) as partial:
        partial.write_text(render(checked))
