"""A run's result in a folder: recipe.json, frames.npz, frames.jsonl, digest.json, a preview; and how two compare."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from genai_demo.core.device import pick_device, threads
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Frame, arrays, measured, numbers, pack
from genai_demo.core.load import load_info
from genai_demo.core.recipe import Recipe, versions
from genai_demo.core.run import threads_of
from genai_demo.core.spec import find_spec
from genai_demo.inputs.pictures import READ
from genai_demo.results import preview

MOST_BYTES = 50_000_000  # of a file that is asked for its recipe


@dataclass(frozen=True, slots=True)
class Difference:
    """identical: every array and number equal; largest: absolute, over all arrays and numbers; where: its name."""

    identical: bool
    largest: float | None
    where: str


def write(recipe: Recipe, frames: Sequence[Frame], folder: Path) -> list[Path]:
    """Write the result of a completed recipe; the files. Raises DemoError where the folder can't be written."""
    make(folder)
    try:
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
    """Device and precision of the recipe's model, the device alone where it has none; on a CPU the threads too.

    Over how many threads a sum is split decides how it is rounded, and so the last digits.
    """
    import torch

    if recipe.model is None:
        found = {"device": str(pick_device())}
    else:
        info = load_info(find_spec(recipe.model))
        found = {"device": info.device, "dtype": info.dtype}
    if found["device"] != "cpu":
        return found
    with threads(threads_of(recipe)):
        return {**found, "threads": torch.get_num_threads()}


def compare(frames: Sequence[Frame], beside: Path, recipe: Recipe) -> Difference | None:
    """Frames against what lies in the folder `beside`: frames.npz and .jsonl, else the digest; None where neither is.

    Raises DemoError where the files are damaged.
    """
    if not (beside / "frames.npz").exists():
        if not (beside / "digest.json").exists():
            return None
        same = _read_digest(beside).get("sha256") == digest(recipe, frames)["sha256"]
        return Difference(same, 0.0 if same else None, "" if same else "the digest")
    try:
        with open(beside / "frames.npz", "rb") as file, np.load(file, allow_pickle=False) as saved:
            old = dict(saved)
        found = _arrays_differ(stacked(frames), old)
        if found.identical and (beside / "frames.jsonl").exists():
            lines = [dict(json.loads(line)) for line in (beside / "frames.jsonl").read_text().splitlines()]
            found = _numbers_differ([steady(frame) for frame in frames], lines)
        return found
    except (OSError, ValueError, TypeError, KeyError, zlib.error, zipfile.BadZipFile, EOFError) as error:
        raise DemoError(
            f"frames.npz or frames.jsonl in {beside} is damaged ({type(error).__name__}); run the recipe again"
        ) from None


def _read_digest(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / "digest.json").read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise DemoError(f"{folder / 'digest.json'} is damaged ({type(error).__name__}); run the recipe again") from None


def compare_packed(frames: Sequence[Frame], packed: Sequence[Any]) -> Difference:
    """Frames against those of a recording, as the film strip would get them; what is measured is left out.

    packed: as it was read from a file, of which nothing is certain; an old one does not say what is measured.
    """
    from genai_demo.results.recording import thinned

    mine = thinned([json.loads(json.dumps(pack(frame))) for frame in frames])
    if len(mine) != len(packed):
        return Difference(False, None, f"the number of frames ({len(mine)}, recorded {len(packed)})")
    taken = [name for kind in {type(frame): frame for frame in frames}.values() for name in measured(kind)]
    for i, (new, old) in enumerate(zip(mine, packed)):
        for part in ("lanes", "bars", "numbers"):
            if _steady_part(new, part, taken) != _steady_part(old, part, taken):
                return Difference(False, None, f"{part} of frame {i}")
    return Difference(True, 0.0, "")


def _steady_part(packed: Any, part: str, taken: Sequence[str]) -> Any:
    """A part of a packed frame, without the numbers whose names are `taken`; None where there is no such part."""
    found = packed.get(part) if isinstance(packed, dict) else None
    if part == "numbers" and isinstance(found, list):
        return [entry for entry in found if not (isinstance(entry, dict) and entry.get("name") in taken)]
    return found


def _arrays_differ(new: Mapping[str, np.ndarray], old: Mapping[str, np.ndarray]) -> Difference:
    if set(new) != set(old):
        return Difference(False, None, f"the arrays ({', '.join(sorted(set(new) ^ set(old)))[:80]})")
    largest, where = 0.0, ""
    for name, value in new.items():
        if value.shape != old[name].shape:
            return Difference(False, None, f"the shape of {name}, {value.shape} and {old[name].shape}")
        if value.dtype == old[name].dtype and np.array_equal(value, old[name], equal_nan=value.dtype.kind == "f"):
            continue
        apart = np.abs(value.astype(np.float64) - old[name].astype(np.float64))
        gap = float(np.nanmax(apart, initial=0.0))
        if gap >= largest:
            largest, where = gap, name
    return Difference(not where, largest, where)


def _numbers_differ(new: Sequence[Mapping[str, Any]], old: Sequence[Mapping[str, Any]]) -> Difference:
    """Arrays were equal; `old` may hold measured times too, which are left out as they are in `new`."""
    if len(new) != len(old):
        return Difference(False, None, f"the number of frames ({len(new)} and {len(old)})")
    for i, (mine, theirs) in enumerate(zip(new, old)):
        for name, value in mine.items():
            if value != theirs.get(name):
                gap = _gap(value, theirs.get(name))
                return Difference(False, gap, f"{name} of frame {i}")
    return Difference(True, 0.0, "")


def _gap(one: Any, other: Any) -> float | None:
    both = isinstance(one, (int, float)) and isinstance(other, (int, float))
    return abs(float(one) - float(other)) if both else None


def changed_versions(recipe: Recipe) -> list[str]:
    """As "torch 2.13.0, now 2.15.0": the libraries whose version is not the recipe's."""
    now = versions()
    names = [name for name in {**recipe.versions, **now} if recipe.versions.get(name) != now.get(name)]
    return [f"{name} {recipe.versions.get(name, 'not recorded')}, now {now.get(name, 'not here')}" for name in names]


def changed_machine(recipe: Recipe, path: Path) -> list[str]:
    """As "device cuda, now cpu" or "threads 2, now 1", from a recording or the digest beside a recipe; [] where neither
    says it."""
    folder = path if path.is_dir() else path.parent
    old = {} if path.is_dir() else _computed_on(path)
    if not old and (folder / "digest.json").exists():
        old = _read_digest(folder)
    if not old:
        return []
    now = computed_on(recipe)
    return [f"{name} {old[name]}, now {value}" for name, value in now.items() if old.get(name, value) != value]


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
