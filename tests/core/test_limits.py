"""What whoever runs the program may set: taken where it is right, refused with a sentence where it is not."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from genai_demo.core import limits
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.schedule import Schedule
from genai_demo.inputs.documents.document import sized

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("limit", limits.ALL, ids=lambda limit: limit.variable)
def test_a_limit_is_taken_within_its_range_and_refused_outside(
    limit: limits.Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(limit.variable, raising=False)
    assert limit.value == limit.usual
    for text, wanted in ((str(limit.least), limit.least), (f" {limit.most} ", limit.most), ("", limit.usual)):
        monkeypatch.setenv(limit.variable, text)
        assert limit.value == wanted
    for text in (str(limit.least - 1), str(limit.most + 1), "many", "1.5", "٣", "9" * 5000, "0x1", "1\n2"):
        monkeypatch.setenv(limit.variable, text)
        with pytest.raises(DemoError, match=f"choose a whole number from {limit.least} to {limit.most}") as error:
            limits.check()
        assert "\n" not in str(error.value)


def test_runs_of_a_visit_and_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    def work() -> Iterator[Any]:
        go.wait(20)
        yield from ()

    def refused(seed: int, who: str) -> str:
        with pytest.raises(DemoError) as error:
            schedule.submit(Recipe("toy/spin", {}, seed), work, who=who)
        return str(error.value)

    monkeypatch.setenv("GENAI_DEMO_RUNS_EACH", "1")
    monkeypatch.setenv("GENAI_DEMO_RUNS_WAITING", "2")
    schedule = Schedule(slots=1)
    readers = [schedule.submit(Recipe("toy/spin", {}, 0), work, who="me")]
    assert "the limit is 1" in refused(1, "me")
    readers.append(schedule.submit(Recipe("toy/spin", {}, 2), work, who="you"))
    assert "the limit is 2" in refused(3, "they")
    assert sum(schedule.counts()) == 2
    go.set()
    assert [list(reader) for reader in readers] == [[], []]
    assert schedule.counts() == (0, 0)


def test_a_smaller_file_than_the_program_could_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sized(20_000_000, "a.pdf")
    monkeypatch.setenv("GENAI_DEMO_UPLOAD_MB", "2")
    sized(2_000_000, "a.pdf")
    with pytest.raises(DemoError, match=r"a\.pdf is 2\.0 MB; the limit is 2 MB"):
        sized(2_000_001, "a.pdf")


def test_an_app_with_a_wrong_limit_says_so_and_does_not_start() -> None:
    inside = {**os.environ, "GENAI_DEMO_RUNS_EACH": "many"}
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=inside, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("GENAI_DEMO_RUNS_EACH is many; choose a whole number from 1 to 100")
