"""The real chat model for tests: taken from the user's own cache, where `python -m genai_demo prefetch` has put it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from genai_demo.core.load import clear
from genai_demo.decoder import SMOLLM2

PLACE = Path("packages") / f"{SMOLLM2.name}-{SMOLLM2.version}"


def true_home() -> Path:
    """The cache folder as it was before the tests got one of their own (tests/conftest.py)."""
    return Path(os.environ["GENAI_DEMO_TRUE_HOME"]).expanduser()


@contextlib.contextmanager
def borrowed(home: Path) -> Iterator[Path]:
    """Inside, `home` is the cache folder and has the real model; skips the test where nobody has fetched it."""
    if not (true_home() / PLACE / SMOLLM2.file).exists():
        pytest.skip("the chat model is not here; `python -m genai_demo prefetch decoder/smollm2` fetches it")
    (home / "packages").mkdir(parents=True, exist_ok=True)
    (home / PLACE).symlink_to(true_home() / PLACE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENAI_DEMO_HOME", str(home))
        clear()
        yield home
