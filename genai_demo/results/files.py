"""A run's result in a folder: recipe.json, frames.npz, frames.jsonl, digest.json, a preview."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from genai_demo.core.backend import backend
from genai_demo.core.device import pick_device, processor, threads
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Frame, arrays, measured, numbers
from genai_demo.core.load import load_info
from genai_demo.core.recipe import Recipe, versions
from genai_demo.core.run import threads_of
from genai_demo.core.spec import find_spec
from genai_demo.inputs.pictures import READ
from genai_demo.results import preview

MOST_BYTES = 50_000_000  # of a file that is asked for its recipe


def write(recipe: Recipe, frames: Sequence[Frame], folder: Path) -> list[Path]:
    """Write the result of a completed recipe; the files. Raises DemoError where the folder can't be written."""
    make(folder)
    try:
        (folder / "digest.json").unlink(missing_ok=True)  # where it is, all of its recipe is
        (folder / "recipe.json").write_text(recipe.to_json() + "\n")
        entries: dict[str, Any] = {**stacked(frames)}
        np.savez_compressed(folder / "frames.npz", **entries)
        lines = (json.dumps(numbers(frame)) for frame in frames)
        (folder / "frames.jsonl").write_text("".join(f"{line}\n" for line in lines))
        (folder / "digest.json").write_text(json.dumps(digest(recipe, frames)) + "\n")
        drawn = preview.write(frames, folder, recipe.to_json())
    except OSError as error:
        raise DemoError(f"{folder} can't be written ({error.strerror}); choose another --out") from None
    names = [folder / name for name in ("recipe.json", "frames.npz", "frames.jsonl", "digest.json")]
    return names + ([drawn] if drawn else [])


def make(folder: Path) -> None:
    """The folder, where it is not there yet. Raises DemoError where it can't be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DemoError(f"{folder} can't be written ({error.strerror}); choose another --out") from None


def stacked(frames: Sequence[Frame]) -> dict[str, np.ndarray]:
    """Field name -> (frames, ...); where shapes differ or a frame has none, name.0000, name.0001, ... one a frame."""
    by_name: dict[str, dict[int, np.ndarray]] = {}
    for i, frame in enumerate(frames):
        for name, value in arrays(frame).items():
            by_name.setdefault(name, {})[i] = value
    out: dict[str, np.ndarray] = {}
    for name, values in by_name.items():
        if len(values) == len(frames) and len({(value.shape, value.dtype) for value in values.values()}) == 1:
            out[name] = np.stack(list(values.values()))
        else:
            out |= {f"{name}.{i:04d}": value for i, value in values.items()}
    return out


def steady(frame: Frame) -> dict[str, Any]:
    """The frame's numbers without those that were measured."""
    taken = measured(frame)
    return {name: value for name, value in numbers(frame).items() if name not in taken}


def digest(recipe: Recipe, frames: Sequence[Frame]) -> dict[str, Any]:
    """SHA-256 over all arrays and numbers, in order; with what it was computed on (`computed_on`)."""
    total = hashlib.sha256()
    for frame in frames:
        total.update(json.dumps(steady(frame), sort_keys=True).encode())
        for name, value in arrays(frame).items():
            total.update(f"{name}{value.dtype.str}{value.shape}".encode())
            total.update(np.ascontiguousarray(value).tobytes())
    return {"sha256": total.hexdigest(), "frames": len(frames), **computed_on(recipe)}


def computed_on(recipe: Recipe) -> dict[str, Any]:
    """Device and precision of the recipe's model, the device alone where it has none; on a CPU also which, and threads.

    How a sum is split over threads and over a processor's vectors decides how it is rounded, and so the last digits.
    Where a backend computes it is a machine there.
    """
    if elsewhere := backend():
        return elsewhere.computed_on(recipe)
    import torch

    if recipe.model is None:
        found = {"device": str(pick_device())}
    else:
        info = load_info(find_spec(recipe.model))
        found = {"device": info.device, "dtype": info.dtype}
    if found["device"] != "cpu":
        return found
    with threads(threads_of(recipe)):
        return {**found, "processor": processor(), "threads": torch.get_num_threads()}


def read_digest(folder: Path) -> dict[str, Any]:
    """digest.json of a folder. Raises DemoError where it is damaged."""
    try:
        return dict(json.loads((folder / "digest.json").read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise DemoError(f"{folder / 'digest.json'} is damaged ({type(error).__name__}); run the recipe again") from None


def changed_versions(recipe: Recipe) -> list[str]:
    """As "torch 2.13.0, now 2.15.0": the libraries whose version is not the recipe's."""
    now = versions()
    names = [name for name in {**recipe.versions, **now} if recipe.versions.get(name) != now.get(name)]
    return [f"{name} {recipe.versions.get(name, 'not recorded')}, now {now.get(name, 'not here')}" for name in names]


def machines(recipe: Recipe, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what a recording, or the digest beside a recipe, was computed on, {} where neither says it; this machine)."""
    folder = path if path.is_dir() else path.parent
    old = {} if path.is_dir() else _computed_on(path)
    if not old and (folder / "digest.json").exists():
        old = read_digest(folder)
    now = computed_on(recipe)
    return {name: old[name] for name in now if name in old}, now


def _computed_on(path: Path) -> dict[str, Any]:
    """What a recording says it was computed on; {} where the file is none or does not say it."""
    try:
        found = json.loads(_unpacked(path))["computed_on"]
    except (OSError, EOFError, zlib.error, ValueError, RecursionError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def read_recipe(path: Path) -> tuple[Recipe, list[Any] | None]:
    """The recipe in a file: recipe.json, an exported PNG, GIF or JSON, or a recording; with the recorded frames if any.

    Raises DemoError where the file is missing or holds none.
    """
    if path.is_dir():
        path = path / "recipe.json"
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DemoError(f"{path} has {path.stat().st_size} bytes; a file with a recipe has at most {MOST_BYTES}")
        text = _embedded(path) or _unpacked(path).decode()
    except (OSError, EOFError, zlib.error) as error:
        raise DemoError(f"{path} can't be read ({getattr(error, 'strerror', None) or type(error).__name__})") from None
    except UnicodeDecodeError:
        raise DemoError(
            f"{path} holds no recipe; give a recipe.json, or a PNG, GIF or JSON exported by a page"
        ) from None
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        plain = None
    if isinstance(plain, dict) and isinstance(plain.get("recipe"), dict):
        frames = plain.get("frames")
        return Recipe.from_json(json.dumps(plain["recipe"])), frames if isinstance(frames, list) else None
    return Recipe.from_json(text), None


def _unpacked(path: Path) -> bytes:
    """The file's bytes, those of a gzip unpacked. Raises DemoError where they are too many."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise DemoError(f"{path} unpacks to more than {MOST_BYTES} bytes; a file with a recipe is smaller")
    return bytes(raw)


def _embedded(path: Path) -> str | None:
    """The recipe a PNG (text chunk "recipe") or a GIF (comment) carries; None where the file is no such picture."""
    try:
        with Image.open(path, formats=READ) as image:
            found = getattr(image, "text", {}).get("recipe") or image.info.get("comment")
    except Exception:  # on damaged files Pillow's readers raise whatever their code happens to
        return None
    if not found:
        raise DemoError(f"{path} is a picture without a recipe; give one that a page or `run --out` wrote")
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)
