"""The chip of a model is read within a cheap event: it never loads one."""

from __future__ import annotations

import pytest

from genai_demo.core import load
from genai_demo.core.load import Loaded
from genai_demo.core.spec import ModelSpec, find_spec
from pages.parts.chip import chip

KEY = "vae/vae-2"


def test_a_model_that_is_dropped_meanwhile_is_not_loaded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(spec: ModelSpec) -> Loaded:
        raise AssertionError(f"{spec.key} was loaded")

    load.clear()
    monkeypatch.setattr(load, "_build", build)
    monkeypatch.setattr(load, "is_loaded", lambda spec: True)  # as it was a moment ago
    assert find_spec(KEY).title in chip(KEY)


def test_of_a_loaded_model_the_chip_says_where_it_runs() -> None:
    load.load(find_spec(KEY))
    assert "CPU fp32" in chip(KEY)
    load.clear()
    assert "CPU" not in chip(KEY)
