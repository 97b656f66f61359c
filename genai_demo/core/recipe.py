"""Recipe: everything a result depends on, as plain data; JSON both ways."""

from __future__ import annotations

import functools
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, Self

from genai_demo.core import VERSION
from genai_demo.core.errors import DemoError, shown

FORMAT = 1  # raised when an older program could misread a recipe
MAX_SEED = 2**31 - 1
LONGEST = 200_000  # characters of JSON
LIBRARIES = ("torch", "diffusers", "transformers", "numpy")


@dataclass(frozen=True, slots=True)
class Recipe:
    """run: as in "diffusion/denoise"; options: name -> plain value; model: a ModelSpec key, None for the default."""

    run: str
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    model: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def __post_init__(self) -> None:
        if isinstance(self.format, bool) or not isinstance(self.format, int) or self.format < 1:
            raise DemoError(f"format is {shown(self.format)}; this program writes format {FORMAT}")
        if self.format > FORMAT:  # said first: the other fields may mean something else there
            raise DemoError(
                f"this recipe has format {shown(self.format)} and this program reads up to {FORMAT}; update the program"
            )
        if not isinstance(self.run, str) or not self.run or len(self.run) > 80:
            raise DemoError("run is not a name; choose one that `python -m genai_demo list` shows")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed <= MAX_SEED:
            raise DemoError(f"seed is {shown(self.seed)}; choose a whole number from 0 to {MAX_SEED}")
        if not isinstance(self.options, Mapping):
            raise DemoError("options are no mapping; give names with values")
        if self.model is not None and not isinstance(self.model, str):
            raise DemoError("model is not a name; choose one that `python -m genai_demo list` shows")
        if not isinstance(self.versions, Mapping):
            raise DemoError("versions are no mapping; give library names with versions")

    def to_json(self) -> str:
        """The recipe as one line of JSON with sorted names. Raises DemoError where an option is no plain value."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain |= {"options": dict(self.options), "versions": dict(self.versions)}
        try:
            return json.dumps(plain, sort_keys=True, allow_nan=False)
        except (ValueError, TypeError, RecursionError):
            raise DemoError("the recipe holds more than numbers, texts and lists; give plain options") from None

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The recipe in `text`. Raises DemoError where it is none, is from a newer version or has unknown fields."""
        if len(text) > LONGEST:
            raise DemoError(f"the recipe has {len(text)} characters; the limit is {LONGEST}")
        try:
            plain = json.loads(text)
        except (ValueError, RecursionError):
            raise DemoError("this is no recipe: it is not JSON; export one from a page or use `run --out`") from None
        if not isinstance(plain, dict) or "run" not in plain:
            raise DemoError("this is no recipe: it has no field run; export one from a page or use `run --out`")
        known = cls.__dataclass_fields__
        if isinstance(plain.get("format"), int) and plain["format"] > FORMAT:
            plain = {name: value for name, value in plain.items() if name in known}  # the constructor says: newer
        unknown = sorted(set(plain) - set(known))
        if unknown:
            raise DemoError(f"the recipe has an unknown field {shown(unknown[0])}; it has {', '.join(known)}")
        return cls(**plain)


def versions() -> dict[str, str]:
    """Versions of this program, Python and the libraries that decide the numbers; read without importing them."""
    return dict(_versions())


@functools.cache
def _versions() -> dict[str, str]:
    """Looking for them takes tens of milliseconds, and they stay as they are."""
    found = {"genai_demo": VERSION, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def seed_of(value: Any) -> int:
    """A seed from what a visitor gave: a whole number or the text of one. Raises DemoError."""
    text = value.strip() if isinstance(value, str) else ""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= MAX_SEED and value % 1 == 0:
        return int(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_SEED):
        raise DemoError(f"seed is {shown(value)}; choose a whole number from 0 to {MAX_SEED}")
    return int(text)
