"""What benchmarks leave in the README's table of reliability, and the parts of them that measure no time."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

import benchmarks.__main__ as command_line
from benchmarks import Row, keeping
from genai_demo.quality import readme

ROWS: dict[str, list[Row]] = {
    "classroom_all": [
        ("classroom: 50 restless clients, 3 kinds, 600 s, refused (none)", "0", "9 done", None),
        ("classroom: 50 restless clients, 3 kinds, 600 s, what they did", "7 ask, 2 stop", "3 of 4 runs", None),
        ("median", "0.5 s", "-", None),
        ("95 %", "2.5 s", "-", None),
        ("unlike", "0", "3 kinds", None),
        ("document", "0.1 s", "-", None),
        ("gone", "0.2 s", "-", None),
    ],
    "cold": [("one", "4.1 s", "-", 0.7), ("", "0", "", None), ("all", "5.2 s", "-", 0.9), ("", "1", "", None)],
    "fuzz": [
        ("fuzz: 10,000 wrong calls in 30 min, faults (none)", "0", "7 refused in a sentence, 3 computed", None),
        ("memory", "12 MB", "-", 0.1),
    ],
    "mishaps": [("mishaps: processes killed, failed (none)", "0", "9 passed", None)],
    "sessions": [
        ("of one", "7.1 kB", "-", None),
        ("a page", "", "-", None),
        ("visits", "120 MB", "900 MB", 0.3),
        ("each", "0.1 MB", "-", None),
        ("threads", "60", "61", None),
        ("files", "30", "31", None),
    ],
    "soak": [
        ("soak: 10,000 runs by 5,000 sessions in 25 min, refused (none)", "0", "3 of 4 runs", None),
        ("memory", "1,010 MB", "1,000 MB", 1.01),
        ("left", "none", "none", None),
        ("median", "0.5 s", "-", None),
        ("95 %", "2.5 s", "-", None),
        ("unlike", "0", "2,500 recipes", None),
    ],
    "start": [
        ("start", "3.1 s", "2.9 s", 1.07),
        ("memory", "260 MB", "220 MB", 1.18),
        ("libraries", "none", "none", None),
        ("end", "0.4 s", "-", None),
        ("left", "0", "-", None),
    ],
}


@pytest.mark.parametrize("name", ROWS)
def test_a_benchmark_says_what_it_found_in_a_line(name: str) -> None:
    what, found = importlib.import_module(f"benchmarks.{name}").told(ROWS[name])
    for text in (what, found):
        assert 10 < len(text) < 400
        assert "|" not in text, "it is a cell of a table"
        assert text.isprintable()
    figures = [text for _, ours, *_ in ROWS[name][:1] for text in [ours] if text not in ("0", "none")]
    assert all(one in found for one in figures)


def test_a_line_stands_in_the_place_of_the_older_one_of_its_benchmark(tmp_path: Path) -> None:
    path = tmp_path / "tried.json"
    keeping.keep("soak", ("a", "first"), "soak --keep", path)
    keeping.keep("fuzz", ("b", "other"), "fuzz --keep", path)
    keeping.keep("soak", ("a", "second"), "soak --keep", path)
    lines = json.loads(path.read_text())
    assert [(one["name"], one["found"]) for one in lines] == [("fuzz", "other"), ("soak", "second")]


def test_the_command_of_a_line_has_the_variables_that_were_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOAK_RUNS", "400")
    monkeypatch.setenv("SESSIONS_VISITS", "5")
    assert keeping.command("soak") == "SOAK_RUNS=400 python -m benchmarks soak --keep"


def test_what_is_measured_is_kept_only_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from benchmarks import fuzz

    kept: list[Any] = []
    monkeypatch.setattr(command_line, "keep", lambda *given: kept.append(given))
    monkeypatch.setattr(fuzz, "rows", lambda: ROWS["fuzz"])
    assert command_line.main(["fuzz"]) == 0
    assert kept == []
    assert command_line.main(["fuzz"], keeps=True) == 0
    assert [name for name, *_ in kept] == ["fuzz"]


def test_every_line_of_the_table_is_of_a_benchmark_that_has_one() -> None:
    for line in json.loads(readme.TRIED.read_text()):
        assert callable(importlib.import_module(f"benchmarks.{line['name']}").told)
        assert f"benchmarks{' ' if 'benchmarks ' in line['command'] else '.'}{line['name']}" in line["command"]


def test_frames_are_alike_whatever_was_measured_in_them() -> None:
    from benchmarks.soak import hashed

    one: dict[str, Any] = {"index": 0, "numbers": [{"name": "loss", "value": 1.0}]}
    timed = {**one, "numbers": [*one["numbers"], {"name": "took", "value": 0.1, "measured": True}]}
    later = {**one, "numbers": [*one["numbers"], {"name": "took", "value": 0.2, "measured": True}]}
    other = {**one, "numbers": [{"name": "loss", "value": 1.1}]}
    assert hashed([timed]) == hashed([later])
    assert hashed([one]) != hashed([other])
    assert hashed([one, one]) != hashed([one])


def test_every_run_of_an_architecture_is_found_by_its_endpoint_and_has_its_page() -> None:
    from benchmarks.kinds import page_of, run_of
    from genai_demo.core.run import all_runs
    from pages import PAGES

    paths = {page.architecture: page.path for page in PAGES if page.architecture}
    names = [name for name in all_runs() if name.partition("/")[0] in paths]
    assert len(names) > 100
    for name in names:
        assert run_of(name.replace("/", "_")).name == name
        assert page_of(name.replace("/", "_")) == paths[name.partition("/")[0]]
