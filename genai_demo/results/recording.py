"""Recordings: frames computed earlier by this code, kept with their recipe; pages open on one at no cost.

assets/recordings/<run with / as ->.json.gz holds a wire.Recording, and what it was computed on: device, dtype,
processor, threads.
Made by ``python -m genai_demo record RUN``; ``replay`` on its recipe computes the same again.
"""

from __future__ import annotations

import functools
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Frame, pack
from genai_demo.core.frames_text import joined
from genai_demo.core.home import ASSETS
from genai_demo.core.recipe import LONGEST, Recipe
from genai_demo.core.run import complete, find_run, run
from genai_demo.core.wire import PackedFrame, Recording
from genai_demo.results.files import computed_on

RECORDINGS = ASSETS / "recordings"
BEGINS, MACHINE = '{"recipe":', ',"computed_on":'  # every file does; then that, in all but old ones
MOST_FRAMES = 72  # a longer run is recorded thinned, its first and last frame kept
Watch = Callable[[Iterable[Frame]], Iterable[Frame]]


def recording_path(run_name: str) -> Path:
    """Where the recording of a run is kept."""
    return RECORDINGS / f"{run_name.replace('/', '-')}.json.gz"


def record(recipe: Recipe, *, watch: Watch = iter) -> Path:
    """Run the recipe and keep its frames; the file's path. `watch` wraps the iterator (a progress bar)."""
    full = complete(recipe)
    frames = thinned([pack(frame) for frame in watch(run(full))])
    kept = {"recipe": json.loads(full.to_json()), "computed_on": computed_on(full), "frames": frames}
    text = json.dumps(kept, separators=(",", ":"))
    path = recording_path(recipe.run)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))  # no time inside: same frames, same file
    load_recording.cache_clear()
    return path


def thinned(frames: list[PackedFrame]) -> list[PackedFrame]:
    """At most MOST_FRAMES of them, evenly, the first and the last among them; growing text keeps all its tokens."""
    if len(frames) <= MOST_FRAMES:
        return frames
    last = len(frames) - 1
    places = [round(i * last / (MOST_FRAMES - 1)) for i in range(MOST_FRAMES)]
    return [joined(frames[before + 1 : at + 1]) for before, at in zip([-1, *places], places)]


def recorded_recipe(run_name: str) -> dict[str, Any] | None:
    """The recipe of a run's recording, None where it has none. Raises DemoError as `beginning` does."""
    found = beginning(run_name)
    return found[0] if found else None


def beginning(run_name: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """(recipe, what it was computed on: {} where it does not say it) of a run's recording, None where it has none.

    Only the beginning of the file is read. Raises DemoError where there is no such run or the file is damaged there.
    """
    path = recording_path(find_run(run_name).name)
    if not path.exists():
        return None
    try:
        with gzip.open(path, "rt") as file:
            begins, text = file.read(len(BEGINS)), file.read(LONGEST)
        recipe, end = json.JSONDecoder().raw_decode(text)
        machine = json.JSONDecoder().raw_decode(text, end + len(MACHINE))[0] if text.startswith(MACHINE, end) else {}
    except (OSError, EOFError, ValueError, zlib.error):
        begins = ""
    if begins != BEGINS:
        raise _damaged(run_name)
    return recipe, machine


def machine_text(computed_on: Mapping[str, Any]) -> str:
    """As "AMD EPYC, AVX512, device cpu, dtype float32, threads 1"; "" of an empty one."""
    named = [f"{name} {value}" for name, value in computed_on.items() if name != "processor"]
    return ", ".join([*([str(computed_on["processor"])] if "processor" in computed_on else []), *named])


@functools.lru_cache(maxsize=64)
def load_recording(run_name: str) -> Recording | None:
    """The recording of a run, None where it has none. It is shared: do not change it.

    Raises DemoError where there is no such run or the file is damaged.
    """
    path = recording_path(find_run(run_name).name)
    if not path.exists():
        return None
    try:
        found = json.loads(gzip.decompress(path.read_bytes()))
        return {"recipe": found["recipe"], "frames": found["frames"]}
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error):
        raise _damaged(run_name) from None


def _damaged(run_name: str) -> DemoError:
    return DemoError(f"the recording of {run_name} is damaged; make it again: python -m genai_demo record")
