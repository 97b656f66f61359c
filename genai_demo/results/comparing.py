"""Whether two results are the same: to the last bit, up to the rounding of another processor, or not.

Sums that another processor splits otherwise end in other last digits, and all that is computed from them moves a
little. ROUNDING says how far each kind of value may move; texts, labels, counts and the choice of a token may not.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Frame, measured, pack
from genai_demo.core.recipe import Recipe
from genai_demo.results.files import changed_versions, digest, machines, read_digest, stacked, steady
from genai_demo.results.recording import machine_text, thinned

Kind = Literal["pixels", "positions", "numbers"]
ROUNDING: Mapping[Kind, float] = {
    "pixels": 4,  # of 255 levels
    "positions": 1e-3,  # of the width of the plane, or of the largest value of the matrix or array
    "numbers": 1e-3,  # of the number itself, or of LEAST where it is smaller
}
UNITS: Mapping[Kind, str] = {"pixels": "of 255 levels", "positions": "of the full range", "numbers": "of the number"}
LEAST = 0.1
DECIMAL = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?|-?\d+e[-+]?\d+")  # in a sentence


@dataclass(slots=True)
class Difference:
    """How two results differ. where: the first thing that differs by more than rounding, "" where nothing does.

    apart: the largest distance of each kind of value, in its unit; rounded ones too.
    """

    where: str = ""
    apart: dict[Kind, float] = field(default_factory=dict)

    @property
    def identical(self) -> bool:
        """Every value is equal."""
        return not self.where and not self.apart

    @property
    def rounded(self) -> bool:
        """Not equal, but as near as ROUNDING says."""
        return not self.where and bool(self.apart)

    @property
    def told(self) -> str:
        """As "pixels by 2 of 255 levels, numbers by 0.00012 of the number"; "" where no distance was taken."""
        return ", ".join(f"{kind} by {gap:.3g} {UNITS[kind]}" for kind, gap in self.apart.items())

    def add(self, kind: Kind, gap: float, where: str) -> None:
        """Two values of that kind are `gap` apart."""
        self.apart[kind] = max(gap, self.apart.get(kind, 0.0))
        if not gap <= ROUNDING[kind]:
            self.differs(where)

    def differs(self, where: str) -> None:
        """Something is not the same there."""
        self.where = self.where or where


def report(found: Difference, count: int, old: Recipe, recipe: Recipe, path: Path) -> list[str]:
    """What is said of a result of `count` frames that is not identical, in lines; old: the recipe as it was read."""
    apart = f"; {found.told}" if found.told else ""
    made, here = machines(recipe, path)
    changed = changed_versions(old) + [f"{n} {made[n]}, now {here[n]}" for n in made if made[n] != here[n]]
    return [
        f"same up to rounding: {count} frames{apart}" if found.rounded else f"different: {found.where}{apart}",
        "changed since: " + ("; ".join(changed) if changed else "nothing that the recipe records"),
        "made on: " + (machine_text(made) or "a machine that is not named"),
        "run here on: " + machine_text(here),
    ]


def compare(frames: Sequence[Frame], beside: Path, recipe: Recipe) -> Difference | None:
    """Frames against what lies in the folder `beside`: frames.npz and .jsonl, else the digest; None where neither is.

    Raises DemoError where the files are damaged.
    """
    if not (beside / "frames.npz").exists():
        if not (beside / "digest.json").exists():
            return None
        same = read_digest(beside).get("sha256") == digest(recipe, frames)["sha256"]
        return Difference("" if same else "the digest, which knows no rounding")
    found = Difference()
    try:
        with open(beside / "frames.npz", "rb") as file, np.load(file, allow_pickle=False) as saved:
            _arrays(stacked(frames), dict(saved), found)
        if (beside / "frames.jsonl").exists():
            lines = [dict(json.loads(line)) for line in (beside / "frames.jsonl").read_text().splitlines()]
            _lines([steady(frame) for frame in frames], lines, found)
    except (OSError, ValueError, TypeError, KeyError, zlib.error, zipfile.BadZipFile, EOFError) as error:
        raise DemoError(
            f"frames.npz or frames.jsonl in {beside} is damaged ({type(error).__name__}); run the recipe again"
        ) from None
    return found


def compare_packed(frames: Sequence[Frame], packed: Sequence[Any]) -> Difference:
    """Frames against those of a recording, as the film strip would get them; what is measured is left out.

    packed: as it was read from a file, of which nothing is certain; an old one does not say what is measured.
    """
    mine = thinned([json.loads(json.dumps(pack(frame))) for frame in frames])
    if len(mine) != len(packed):
        return Difference(f"the number of frames ({len(mine)}, recorded {len(packed)})")
    taken = [name for kind in {type(frame): frame for frame in frames}.values() for name in measured(kind)]
    found = Difference()
    for i, (new, old) in enumerate(zip(mine, packed)):
        for part in ("lanes", "bars", "numbers"):
            _values(_steady_part(new, part, taken), _steady_part(old, part, taken), f"{part} of frame {i}", found)
    return found


def _steady_part(packed: Any, part: str, taken: Sequence[str]) -> Any:
    """A part of a packed frame, without the numbers whose names are `taken`; None where there is no such part."""
    found = packed.get(part) if isinstance(packed, dict) else None
    if part == "numbers" and isinstance(found, list):
        return [entry for entry in found if not (isinstance(entry, dict) and entry.get("name") in taken)]
    return found


def _arrays(new: Mapping[str, np.ndarray], old: Mapping[str, np.ndarray], found: Difference) -> None:
    if set(new) != set(old):
        found.differs(f"the arrays ({', '.join(sorted(set(new) ^ set(old)))[:80]})")
    for name in [name for name in new if name in old]:
        if new[name].shape != old[name].shape:
            found.differs(f"the shape of {name}, {new[name].shape} and {old[name].shape}")
        else:
            _array(new[name], old[name], name, found)


def _array(new: np.ndarray, old: np.ndarray, where: str, found: Difference) -> None:
    """Two arrays of one shape."""
    if new.dtype == old.dtype and np.array_equal(new, old, equal_nan=new.dtype.kind == "f"):
        return
    if new.dtype == old.dtype == np.uint8:
        found.add("pixels", float(np.abs(new.astype(int) - old).max()), where)
    elif new.dtype == old.dtype and new.dtype.kind == "f" and np.array_equal(np.isfinite(new), np.isfinite(old)):
        known = np.isfinite(old)
        gap, largest = (np.abs(one).max(initial=0.0) for one in (new[known] - old[known], old[known]))
        found.add("positions", float(gap / max(LEAST, largest)), where)
    else:
        found.differs(where)


def _lines(new: Sequence[Mapping[str, Any]], old: Sequence[Mapping[str, Any]], found: Difference) -> None:
    """`old` may hold measured times too, which are left out as they are in `new`."""
    if len(new) != len(old):
        found.differs(f"the number of frames ({len(new)} and {len(old)})")
    for i, (mine, theirs) in enumerate(zip(new, old)):
        for name, value in mine.items():
            _values(value, theirs.get(name), f"{name} of frame {i}", found)


def _values(new: Any, old: Any, where: str, found: Difference) -> None:
    """Two values of JSON, whatever they are."""
    if new == old:
        return
    if isinstance(new, dict) and isinstance(old, dict) and new.keys() == old.keys():
        for name, value in new.items():
            if name == "data":
                _positions(new, old, where, found)
            else:
                _values(value, old[name], where, found)
    elif isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        for mine, theirs in zip(new, old):
            _values(mine, theirs, where, found)
    elif isinstance(new, float) and isinstance(old, (int, float)):
        found.add("numbers", abs(new - old) / max(LEAST, abs(new), abs(old)), where)
    elif isinstance(new, str) and isinstance(old, str):
        _texts(new, old, where, found)
    else:
        found.differs(where)


def _texts(new: str, old: str, where: str, found: Difference) -> None:
    """Pictures, and sentences: but for the last places of a decimal in one, a text is the same or another."""
    if new.startswith("data:image"):
        mine, theirs = _pixels(new), _pixels(old)
        if mine is not None and theirs is not None and mine.shape == theirs.shape:
            _array(mine, theirs, where, found)
        else:
            found.differs(where)
    elif DECIMAL.sub("#", new) == DECIMAL.sub("#", old):
        for mine, theirs in zip(DECIMAL.findall(new), DECIMAL.findall(old)):
            _decimals(mine, theirs, where, found)
    else:
        found.differs(where)


def _decimals(new: str, old: str, where: str, found: Difference) -> None:
    """Two decimals as they are written: one step of the last digit that is shown is rounding."""
    mine, theirs = float(new), float(old)
    step = 0.0 if "e" in new else 1.5 * 10.0 ** -len(new.partition(".")[2])
    gap = abs(mine - theirs) / max(LEAST, abs(mine), abs(theirs))
    if gap:
        found.add("numbers", min(gap, ROUNDING["numbers"]) if abs(mine - theirs) < step else gap, where)


def _pixels(uri: str) -> np.ndarray | None:
    """(h, w, 3) uint8 of a data URI; None where it is none."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2], validate=True))) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError):
        return None


def _positions(new: Mapping[str, Any], old: Mapping[str, Any], where: str, found: Difference) -> None:
    """int16 of a layer or a matrix, which has a scale of its own."""
    try:
        scales = [float(one.get("scale", 1.0)) for one in (new, old)]
        values = [np.frombuffer(base64.b64decode(one["data"], validate=True), "<i2") for one in (new, old)]
    except (binascii.Error, ValueError, TypeError):
        scales, values = [1.0, 1.0], [np.zeros(0), np.zeros(1)]
    if values[0].shape != values[1].shape:
        found.differs(where)
    elif gap := float(np.abs(values[0] * scales[0] - values[1] * scales[1]).max(initial=0.0)):
        found.add("positions", gap / (32767 * max(scales)), where)
