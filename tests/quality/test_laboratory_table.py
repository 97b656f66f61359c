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

DOCS = Path(__file__).resolve().parents[2] / "docs" / "laboratory.md"
SHORT = {  # family -> options of its shortest training
    "diffusion": {"train_steps": 50, "steps": 1, "width": 8},
    "vae": {"train_steps": 50, "width": 8},
    "gan": {"steps": 1, "width": 4},
}


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Two data sets, two seeds, the shortest trainings; results go into a folder of their own."""

    def recipe(family: str, data: str, seed: int) -> Recipe:
        full = whole(family, data, seed)
        return Recipe(full.run, {**full.options, **SHORT[family]}, seed)

    whole = laboratory_table.recipe
    monkeypatch.setattr(laboratory_table, "recipe", recipe)
    monkeypatch.setattr(sets, "NAMES", ("ring", "moons"))
    monkeypatch.setattr(laboratory_table, "SEEDS", (0, 1))
    monkeypatch.setattr(laboratory_table, "SAMPLES", 20)
    monkeypatch.setattr(laboratory_table, "RESULTS", tmp_path / "laboratory.json")
    return tmp_path


@pytest.mark.parametrize("family", laboratory_table.FAMILIES)
def test_each_family_is_measured_as_its_page_opens_it(family: str) -> None:
    """Its defaults and nothing else; the same number of points for all, which is the one of the options."""
    entry = laboratory_table.FAMILIES[family]
    defaults = find_run(entry.run).options()
    made = laboratory_table.recipe(family, "swiss roll", 2)
    assert (made.run, made.seed) == (entry.run, 2)
    assert made.options == {**defaults.model_dump(), entry.data: "swiss roll"}
    assert made.options[entry.samples] == laboratory_table.SAMPLES


@pytest.mark.parametrize("data", ["ring", "checkerboard"])
def test_real_points_have_the_distance_that_is_the_floor(data: str) -> None:
    score = laboratory_table.real(data, 1)
    assert score["distance"] == pytest.approx(score["floor"], abs=1e-5)
    assert score["floor"] == pytest.approx(laboratory.bench(data, "", laboratory_table.SAMPLES, 1)[2].floor, abs=1e-5)
    assert score["precision"] > 95
    assert score["modes"] == ("8 of 8" if data == "ring" else None)


def test_what_is_measured_is_what_the_recipes_give(quick) -> None:
    jobs = []

    def watch(items, text):
        for item in items:
            jobs.append(item)
            yield item

    shown = laboratory_table.measure(watch)
    found = json.loads((quick / "laboratory.json").read_text())
    assert found == laboratory_table.results()
    assert (found["samples"], found["seeds"], found["near"]) == (20, [0, 1], laboratory.NEAR)
    assert [job.index for job in jobs] == list(range(16))
    assert {job.total for job in jobs} == {16}
    every = {(score["data"], score["by"], score["seed"]): score for score in found["scores"]}
    rows = [(data, by) for data in ("ring", "moons") for by in (*laboratory_table.FAMILIES, laboratory_table.REAL)]
    assert list(every) == [(*row, seed) for row in rows for seed in (0, 1)]
    for family in laboratory_table.FAMILIES:
        *_, last = run(laboratory_table.recipe(family, "ring", 1))
        score = every["ring", family, 1]
        assert len(last.made) == 20
        assert (score["precision"], score["coverage"]) == pytest.approx((last.precision, last.coverage), abs=1e-4)
        assert (score["distance"], score["modes"]) == (pytest.approx(last.distance, abs=1e-4), last.modes)
        assert score["floor"] == every["ring", laboratory_table.REAL, 1]["floor"], "judged by the same bench"
        assert every["moons", family, 1]["modes"] is None
    assert list(shown) == [
        f"{data}, {laboratory_table.FAMILIES[by].title if by in laboratory_table.FAMILIES else by}" for data, by in rows
    ]


def test_the_table_gives_means_and_the_ends(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(laboratory_table, "RESULTS", tmp_path / "laboratory.json")
    with pytest.raises(DemoError, match=r"laboratory.json is missing; `python -m genai_demo quality lab`"):
        tables.render("lab")
    scores = [
        {
            "data": "ring",
            "by": "vae",
            "seed": 0,
            "precision": 90.0,
            "coverage": 50.0,
            "distance": 0.1,
            "modes": "7 of 8",
        },
        {
            "data": "ring",
            "by": "vae",
            "seed": 1,
            "precision": 80.0,
            "coverage": 50.0,
            "distance": 0.2,
            "modes": "8 of 8",
        },
        {
            "data": "moons",
            "by": laboratory_table.REAL,
            "seed": 0,
            "precision": 1.0,
            "coverage": 2.0,
            "distance": 0.0,
            "modes": None,
        },
    ]
    found = {"samples": 30, "seeds": [0, 1], "near": 0.25, "scores": scores}
    (tmp_path / "laboratory.json").write_text(json.dumps(found))
    text = tables.render("lab")
    assert "| ring | VAE | 85.0 (80.0 to 90.0) | 50.0 | 0.150 (0.100 to 0.200) | 7.5 (7 to 8) of 8 |" in text
    assert "| moons | real points | 1.0 | 2.0 | 0.000 |  |" in text
    assert "| --- | --- | ---: |" in text
    for told in ("seeds 0 to 1", "30 points", "0.25"):
        assert told in text


def test_the_command_writes_results_and_table(quick, monkeypatch) -> None:
    (quick / "genai_demo").mkdir()
    (quick / "docs").mkdir()
    page = quick / "docs" / "laboratory.md"
    monkeypatch.setattr(tables, "FOLDER", quick / "genai_demo")
    with pytest.raises(DemoError, match=r"docs/laboratory.md needs one line"):
        reports.measure("lab")
    assert not laboratory_table.RESULTS.exists(), "refused before any work"
    page.write_text("above\n<!-- quality -->\n<!-- /quality -->\nbelow\n")
    monkeypatch.setattr(laboratory_table, "FAMILIES", {"gan": laboratory_table.FAMILIES["gan"]})
    found = reports.measure("lab")
    assert set(found) == {"ring, GAN", "ring, real points", "moons, GAN", "moons, real points"}
    assert tables.shown("lab") == tables.render("lab")
    assert page.read_text().startswith("above\n<!-- quality -->\n| data |")
    assert page.read_text().endswith("<!-- /quality -->\nbelow\n")


def test_the_results_are_of_every_family_set_and_seed_with_the_options_of_now() -> None:
    found = laboratory_table.results()
    measured = [(score["data"], score["by"], score["seed"]) for score in found["scores"]]
    everyone = (*laboratory_table.FAMILIES, laboratory_table.REAL)
    assert measured == [(d, by, seed) for d in sets.NAMES for by in everyone for seed in laboratory_table.SEEDS]
    assert (found["samples"], found["seeds"], found["near"]) == (
        laboratory_table.SAMPLES,
        list(laboratory_table.SEEDS),
        laboratory.NEAR,
    )
    now = {family: laboratory_table.settings(family) for family in laboratory_table.FAMILIES}
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


@pytest.mark.parametrize("path", ["gan", "vae"])
def test_pages_of_families_show_the_table_beneath_their_own(path: str) -> None:
    from pages import PAGES
    from pages.parts.info import _quality

    page = next(page for page in PAGES if page.path == path)
    text = _quality(page)
    assert text.index("### Measured quality") < text.index("### On the same points")
    assert text.endswith(tables.render("lab"))
