"""The table of the 2-D laboratory: what is measured, that the table is that of the results, what the pages show."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import find_run, run
from genai_demo.data import points as sets
from genai_demo.quality import laboratory, laboratory_table, reports, tables
from tests.quality.short import short

DOCS = Path(__file__).resolve().parents[2] / "docs" / "laboratory.md"
FAMILIES = laboratory_table.families()


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Two data sets, two seeds, the shortest trainings; results go into a folder of their own."""

    def recipe(family: str, data: str, seed: int) -> Recipe:
        full = whole(family, data, seed)
        return Recipe(full.run, {**full.options, **short(full.run)}, seed)

    whole = laboratory_table.recipe
    monkeypatch.setattr(laboratory_table, "recipe", recipe)
    monkeypatch.setattr(sets, "NAMES", ("ring", "moons"))
    monkeypatch.setattr(laboratory_table, "SEEDS", (0, 1))
    monkeypatch.setattr(laboratory_table, "SAMPLES", 20)
    monkeypatch.setattr(laboratory_table, "RESULTS", tmp_path / "laboratory.json")
    return tmp_path


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_is_measured_as_its_page_opens_it(family: str) -> None:
    """Its defaults and nothing else; the same number of points for all, which is the one of the options."""
    entry = FAMILIES[family]
    defaults = find_run(entry.run).options()
    made = laboratory_table.recipe(family, "swiss roll", 2)
    assert (made.run, made.seed) == (entry.run, 2)
    assert made.options == {**defaults.model_dump(), entry.data: "swiss roll"}
    assert made.options[entry.samples] == laboratory_table.SAMPLES


@pytest.mark.parametrize("data", ["ring", "checkerboard"])
def test_real_points_have_the_distance_that_is_the_floor(data: str) -> None:
    score = laboratory_table.real(data, 1)
    assert score["distance"] == pytest.approx(score["floor"], abs=1e-5)
    assert score["floor"] == pytest.approx(laboratory.task(data, "", laboratory_table.SAMPLES, 1)[2].floor, abs=1e-5)
    assert score["precision"] > 95
    assert score["modes"] == ("8 of 8" if data == "ring" else None)


def test_what_is_measured_is_what_the_recipes_give(quick) -> None:
    jobs = []

    def watch(items, text):
        for item in items:
            jobs.append(item)
            yield item

    shown = laboratory_table.measure(0, watch)
    found = json.loads((quick / "laboratory.json").read_text())
    assert found == laboratory_table.results()
    assert (found["samples"], found["seeds"], found["near"]) == (20, [0, 1], laboratory.NEAR)
    every_job = 2 * 2 * (len(FAMILIES) + 1)
    assert [job.index for job in jobs] == list(range(every_job))
    assert {job.total for job in jobs} == {every_job}
    every = {(score["data"], score["by"], score["seed"]): score for score in found["scores"]}
    rows = [(data, by) for data in ("ring", "moons") for by in (*FAMILIES, laboratory_table.REAL)]
    assert list(every) == [(*row, seed) for row in rows for seed in (0, 1)]
    for family in FAMILIES:
        *_, last = run(laboratory_table.recipe(family, "ring", 1))
        score = every["ring", family, 1]
        assert len(last.made) == 20
        assert (score["precision"], score["coverage"]) == pytest.approx((last.precision, last.coverage), abs=1e-4)
        assert (score["distance"], score["modes"]) == (pytest.approx(last.distance, abs=1e-4), last.modes)
        assert score["floor"] == every["ring", laboratory_table.REAL, 1]["floor"], "measured by the same task"
        assert every["moons", family, 1]["modes"] is None
    assert list(shown) == [f"{data}, {laboratory_table.title(by)}" for data, by in rows]


def test_the_table_gives_means_and_the_ends(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(laboratory_table, "RESULTS", tmp_path / "laboratory.json")
    with pytest.raises(DemoError, match=r"laboratory.json is missing; `python -m genai_demo quality lab`"):
        tables.render("lab")
    one = next(iter(FAMILIES))
    names = ("data", "by", "seed", "precision", "coverage", "distance", "modes")
    scores = [
        dict(zip(names, values, strict=True))
        for values in (
            ("ring", one, 0, 90.0, 50.0, 0.1, "7 of 8"),
            ("ring", one, 1, 80.0, 50.0, 0.2, "8 of 8"),
            ("moons", laboratory_table.REAL, 0, 1.0, 2.0, 0.0, None),
        )
    ]
    found = {"samples": 30, "seeds": [0, 1], "near": 0.25, "scores": scores}
    (tmp_path / "laboratory.json").write_text(json.dumps(found))
    text = tables.render("lab")
    means = "85.0 (80.0 to 90.0) | 50.0 | 0.150 (0.100 to 0.200) | 7.5 (7 to 8) of 8"
    assert f"| ring | {laboratory_table.title(one)} | {means} |" in text
    assert "| moons | real points | 1.0 | 2.0 | 0.000 |  |" in text
    assert "| --- | --- | ---: |" in text
    for told in ("seeds 0 to 1", "30 points", "0.25"):
        assert told in text


def test_the_command_writes_results_and_table(quick, monkeypatch) -> None:
    page = quick / "laboratory.md"
    monkeypatch.setattr(tables, "LAB_PAGE", page)
    with pytest.raises(DemoError, match=r"laboratory.md needs one line"):
        reports.measure(tables.LAB)
    assert not laboratory_table.RESULTS.exists(), "refused before any work"
    page.write_text("above\n<!-- quality -->\n<!-- /quality -->\nbelow\n")
    one = next(iter(FAMILIES))
    monkeypatch.setattr(laboratory_table, "families", lambda: {one: FAMILIES[one]})
    found = reports.measure(tables.LAB)
    title = laboratory_table.title(one)
    assert list(found) == [f"{data}, {by}" for data in ("ring", "moons") for by in (title, laboratory_table.REAL)]
    assert tables.shown(tables.LAB) == tables.render(tables.LAB)
    assert page.read_text().startswith("above\n<!-- quality -->\n| data |")
    assert page.read_text().endswith("<!-- /quality -->\nbelow\n")


def test_the_results_are_of_every_family_set_and_seed_with_the_options_of_now() -> None:
    found = laboratory_table.results()
    measured = [(score["data"], score["by"], score["seed"]) for score in found["scores"]]
    everyone = (*FAMILIES, laboratory_table.REAL)
    wanted = {(data, by, seed) for data in sets.NAMES for by in everyone for seed in laboratory_table.SEEDS}
    assert set(measured) == wanted
    assert len(measured) == len(wanted)
    assert (found["samples"], found["seeds"], found["near"]) == (
        laboratory_table.SAMPLES,
        list(laboratory_table.SEEDS),
        laboratory.NEAR,
    )
    now = {family: laboratory_table.settings(family) for family in FAMILIES}
    assert found["families"] == now, "options have changed: run `python -m genai_demo quality lab` again"


def test_the_page_names_the_sets_and_their_constants() -> None:
    text = DOCS.read_text()
    rows = [row for row in text[: text.index("## The numbers")].splitlines() if row.startswith("| ")]
    data = {row.split(" | ")[0].removeprefix("| "): row for row in rows}
    assert set(sets.NAMES) <= set(data)
    for name, constants in {
        "ring": (sets.RING_MODES, sets.RING_RADIUS, sets.RING_SPREAD),
        "grid": (sets.GRID_SIDE**2, sets.GRID_REACH, sets.GRID_SPREAD, 2 * sets.GRID_REACH / (sets.GRID_SIDE - 1)),
        "moons": (sets.MOONS_SPREAD,),
        "spiral": (sets.ARMS_SPREAD,),
        "swiss roll": (sets.ROLL_SPREAD,),
        "checkerboard": (sets.BOARD, sets.SQUARES),
    }.items():
        numbers = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", data[name])}
        assert {round(constant, 3) for constant in constants} <= numbers, name
    for told in (
        f"r = {laboratory.NEAR}",
        f"h = {laboratory.BANDWIDTH}",
        f"m = {laboratory.HELD}",
        f"{laboratory.LEARNT:,} to learn",
        f"{laboratory.FRESH:,} fresh",
        f"[-{sets.BOUND}, {sets.BOUND}]^2",
        f"{sets.JITTER}^2",
    ):
        assert told in text


@pytest.mark.parametrize("family", FAMILIES)
def test_pages_of_families_show_the_table_beneath_their_own(family: str) -> None:
    from pages import PAGES
    from pages.parts.info import _quality

    page = next(page for page in PAGES if page.architecture == family)
    text = _quality(page)
    assert text.index("### Measured quality") < text.index("### On the same points")
