"""A few hundred of the wrong calls of benchmarks/fuzz.py, the same ones each time; thousands are for its command."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks import fuzz
from tests.standins import stand_ins  # noqa: F401  the fixture replaces what would be fetched


@pytest.fixture
def tally(monkeypatch: pytest.MonkeyPatch) -> Iterator[fuzz.Tally]:
    monkeypatch.setenv("GENAI_DEMO_RUNS_EACH", "100")
    monkeypatch.setattr(fuzz, "COSTLY_S", 1.0)
    made = fuzz.Tally()
    with fuzz.watched(made):
        yield made
    assert made.faults == []
    assert made.kinds["refused"] > 20


def test_wrong_recipes_are_refused_in_a_sentence(tally: fuzz.Tally) -> None:
    fuzz.through_run(200, random.Random(1), tally)


def test_wrong_calls_are_answered_in_a_sentence(
    tally: fuzz.Tally, base_url: str, capfd: pytest.CaptureFixture[Any]
) -> None:
    server = fuzz.Server(base_url, random.Random(2), tally)
    for _ in range(100):
        server.call()
    assert "Traceback" not in "".join(capfd.readouterr())


def test_what_is_a_fault_is_found() -> None:
    found = fuzz.Tally()
    for said in (None, "", "two\nlines of it", "Traceback (most recent call last)", "x" * 5000, {"a": 1}):
        found.refused(said, "a call")
    assert len(found.faults) == 6
