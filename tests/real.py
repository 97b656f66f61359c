"""Real models for tests: taken from the user's own cache, where `python -m genai_demo prefetch` has put them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from genai_demo.core.load import clear
from genai_demo.core.spec import Package


def true_home() -> Path:
    """The cache folder as it was before the tests got one of their own (tests/conftest.py)."""
    return Path(os.environ["GENAI_DEMO_TRUE_HOME"]).expanduser()


def place_of(package: Package) -> Path:
    """Where a package lies in a cache folder."""
    return Path("packages") / f"{package.name}-{package.version}"


def is_here(*packages: Package) -> bool:
    """Whether the user has all of them."""
    return all((true_home() / place_of(each) / each.file).exists() for each in packages)


@contextlib.contextmanager
def borrowed(home: Path, *packages: Package) -> Iterator[Path]:
    """Inside, `home` is the cache folder and has these packages; skips the test where nobody has fetched them."""
    if not is_here(*packages):
        pytest.skip("a real model is not here; `make dev` fetches it")
    (home / "packages").mkdir(parents=True, exist_ok=True)
    for each in packages:
        (home / place_of(each)).symlink_to(true_home() / place_of(each))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENAI_DEMO_HOME", str(home))
        clear()
        yield home
    clear()
