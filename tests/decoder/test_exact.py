"""The runs that replay to the last bit compute on one thread, however many the process has."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from genai_demo.core import run as run_module
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.decoder import RUNS, TORCH
from genai_demo.language.model import LanguageModel


@pytest.mark.parametrize("name", [entry.name for entry in RUNS if entry.models == TORCH])
def test_it_computes_on_one_thread(name: str, tiny: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = set()

    @contextlib.contextmanager
    def threads(count: int | None) -> Iterator[None]:
        asked.add(count)
        yield

    monkeypatch.setattr(run_module, "threads", threads)
    monkeypatch.setattr(run_module, "load", lambda _: tiny)
    next(run(Recipe(name, {"text": "the cat"})))
    assert asked == {1}
