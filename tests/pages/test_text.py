"""What pages say in words: links that work, years by one rule, numbers of an example that can be worked out."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl

import pytest

from genai_demo.core.link import from_query
from genai_demo.core.run import complete, find_run
from genai_demo.results.recording import load_recording
from pages import PAGES, find_page

TEXT = Path(__file__).parents[2] / "pages" / "text"
ARCHITECTURES = [page.path for page in PAGES if page.architecture]
PLAYED = {
    ("decoder/chat", "temperature"): "the recorded conversation is greedy, so that it replays anywhere",
    **{(f"{name}/points", "every"): "as many frames would weigh too much" for name in ("gan", "flow", "ebm")},
}


@cache
def module(path: str) -> ModuleType:
    return find_page(path).module


def _links(path: str) -> list[tuple[str, str]]:
    """(page, query) of everything on a page that opens a run, there or on another."""
    there = getattr(module(path), "TIMELINE", ())
    entries = [(one.page or path, f"run={one.run}&{one.query}") for one in there if one.run]
    written = re.findall(r"\]\(\./([\w-]+)\?([^)]+)\)", (TEXT / path / "how.md").read_text())
    return [*entries, *((path, one.query) for one in module(path).TRIES), *written]


@pytest.mark.parametrize("path", ARCHITECTURES)
def test_every_link_of_a_page_sets_what_it_says(path: str) -> None:
    for page, link in _links(path):
        runs = [bench.run for bench in module(page).BENCHES]
        query = dict(parse_qsl(link.replace("%0A", "\n"), keep_blank_values=True))
        recipe, notice = from_query(query, runs)
        assert recipe is not None, link
        assert not notice, f"{link}: {notice}"
        asked = {name: value for name, value in query.items() if name not in ("run", "seed", "model")}
        assert set(asked) <= set(complete(recipe).options), link


@pytest.mark.parametrize("path", ARCHITECTURES)
def test_a_text_has_no_address_that_markdown_would_not_read(path: str) -> None:
    assert not re.findall(r"\]\([^)]* [^)]*\)", (TEXT / path / "how.md").read_text())


@pytest.mark.parametrize("path", ARCHITECTURES)
def test_a_timeline_goes_forward(path: str) -> None:
    years = [entry.year for entry in module(path).TIMELINE]
    assert len(years) > 3
    assert years == sorted(years)


@pytest.mark.parametrize("path", ARCHITECTURES)
def test_a_work_has_the_same_year_in_text_and_timeline(path: str) -> None:
    """For the works that the text dates in its table of the family, by their name."""
    text = (TEXT / path / "how.md").read_text()
    for entry in module(path).TIMELINE:
        for said in re.findall(rf"(?<![\w-]){re.escape(entry.name)} \([^()|]*?, (\d{{4}})\)", text):
            assert int(said) == entry.year, f"{entry.name}: {said} in the text, {entry.year} in the timeline"


@pytest.mark.parametrize("path", ARCHITECTURES)
def test_no_two_tabs_of_a_page_have_one_name(path: str) -> None:
    below = ["How it works", "Inside the model", "Code", "Data and quality"]
    tabs = [*(bench.tab for bench in module(path).BENCHES), *below]
    assert len(tabs) == len({tab.lower() for tab in tabs})


@pytest.mark.parametrize("path", ARCHITECTURES)
def test_a_page_has_seven_tabs_at_most_and_no_switch_with_one_place(path: str) -> None:
    benches = module(path).BENCHES
    shared = Counter(bench.group for bench in benches if bench.group)
    assert len(shared) + sum(not bench.group for bench in benches) <= 7
    assert 1 not in shared.values()


@pytest.mark.parametrize("path", ARCHITECTURES)
def test_a_bench_opens_with_the_settings_of_its_recording(path: str) -> None:
    """Those in sight."""
    for bench in module(path).BENCHES:
        kept = load_recording(bench.run)
        if kept is None:
            continue
        usual: dict[str, Any] = find_run(bench.run).options.parse({}).model_dump()
        shown = {**usual, **bench.opening}
        recorded = kept["recipe"]["options"]
        seen = {*(bench.show or ()), *bench.own, *bench.opening} - {what for run, what in PLAYED if run == bench.run}
        differ = {name for name in seen if recorded[name] != shown[name]}
        assert not differ, f"{bench.run}: {sorted(differ)}"
        assert bench.seed == kept["recipe"]["seed"], bench.run


@pytest.mark.parametrize("run", [b.run for path in ARCHITECTURES for b in module(path).BENCHES if path != "rag"])
def test_the_axes_of_a_recorded_plane_say_what_they_are(run: str) -> None:
    kept = load_recording(run)
    lanes = [lane for frame in kept["frames"] for lane in frame["lanes"].items()] if kept else []
    assert not {title for title, lane in lanes if lane["kind"] == "plane" and len(lane.get("axes", ())) != 2}


def test_the_film_of_points_says_where_sampling_begins() -> None:
    kept = load_recording("diffusion/points")
    assert kept is not None
    phases = [entry["value"] for frame in kept["frames"] for entry in frame["numbers"] if entry.get("phase")]
    assert len(phases) == len(kept["frames"])
    assert list(dict.fromkeys(phases)) == ["training", "sampling"]
    assert phases == sorted(phases, reverse=True)


def test_the_worked_example_of_contrast_adds_up() -> None:
    text = (TEXT / "clip" / "how.md").read_text()
    rows = re.findall(r"^\| picture of a \w+ \| (.+) \| (.+) \| (.+) \| (.+) \|$", text, re.MULTILINE)
    assert len(rows) == 3
    losses = []
    for place, (*cosines, shares) in enumerate(rows):
        made = _softmax([float(one.strip("*")) for one in cosines], 0.1)
        assert [f"{share:.3f}" for share in made] == [part.strip(" *") for part in shares.split(",")]
        losses.append(-math.log(made[place]))
    assert f"= {losses[0]:.2f}$" in text
    assert f"= {losses[2]:.2f}$" in text
    flat = _softmax([float(one.strip("*")) for one in rows[0][:3]], 1.0)
    assert ", ".join(f"{share:.3f}" for share in flat) in text


def _softmax(row: list[float], temperature: float) -> list[float]:
    powers = [math.exp(value / temperature) for value in row]
    return [power / sum(powers) for power in powers]
