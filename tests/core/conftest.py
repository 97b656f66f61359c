"""A cache folder and a weights folder of the test's own, and no model in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from genai_demo.core import load as load_module
from genai_demo.core import spec as spec_module
from tests.core import linear


@pytest.fixture
def nothing_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(spec_module, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(load_module, "resolve", vars(linear).__getitem__)
    load_module.clear()
    yield
    load_module.clear()
