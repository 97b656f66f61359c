"""The table of the 2-D laboratory: what is measured, that the table is that of the results, what the pages show."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from genai_demo import lab, lab_quality, quality_of, quality_tables
from genai_demo.data import points as sets
from genai_demo.errors import DemoError
from genai_demo.recipe import Recipe
from genai_demo.run import find_run, run

DOCS = Path(__file__).resolve().parent.parent / "docs" / "laboratory.md"
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

    whole = lab_quality.recipe
    monkeypatch.setattr(lab_quality, "recipe", recipe)
    monkeypatch.setattr(sets, "NAMES", ("ring", "moons"))
    monkeypatch.setattr(lab_quality, "SEEDS", (0, 1))
    monkeypatch.setattr(lab_quality, "SAMPLES", 20)
    monkeypatch.setattr(lab_quality, "RESULTS", tmp_path / "laboratory.json")
    return tmp_path


@pytest.mark.parametrize("family", lab_quality.FAMILIES)
def test_each_family_is_measured_as_its_page_opens_it(family: str) -> None:
    """Its defaults and nothing else; the same number of points for all, which is the one of the options."""
    entry = lab_quality.FAMILIES[family]
    defaults = find_run(entry.run).options()
    made = lab_quality.recipe(family, "swiss roll", 2)
    assert (made.run, made.seed) == (entry.run, 2)
    assert made.options == {**defaults.model_dump(), entry.data: "swiss roll"}
    assert made.options[entry.samples] == lab_quality.SAMPLES


@pytest.mark.parametrize("data", ["ring", "checkerboard"])
def test_real_points_have_the_distance_that_is_the_floor(data: str) -> None:
    score = lab_quality.real(data, 1)
    assert score["distance"] == pytest.approx(score["floor"], abs=1e-5)
    assert score["floor"] == pytest.approx(lab.bench(data, "", lab_quality.SAMPLES, 1)[2].floor, abs=1e-5)
    assert score["precision"] > 95
    assert score["modes"] == ("8 of 8" if data == "ring" else None)


def test_what_is_measured_is_what_the_recipes_give(quick) -> None:
    jobs = []

    def watch(items, text):
        for item in items:
            jobs.append(item)
            yield item

    shown = lab_quality.measure(watch)
    found = json.loads((quick / "laboratory.json").read_text())
    assert found == lab_quality.results()
    assert (found["samples"], found["seeds"], found["near"]) == (20, [0, 1], lab.NEAR)
    assert [job.index for job in jobs] == list(range(16))
    assert {job.total for job in jobs} == {16}
    every = {(score["data"], score["by"], score["seed"]): score for score in found["scores"]}
    rows = [(data, by) for data in ("ring", "moons") for by in (*lab_quality.FAMILIES, lab_quality.REAL)]
    assert list(every) == [(*row, seed) for row in rows for seed in (0, 1)]
    for family in lab_quality.FAMILIES:
        *_, last = run(lab_quality.recipe(family, "ring", 1))
        score = every["ring", family, 1]
        assert len(last.made) == 20
        assert (score["precision"], score["coverage"]) == pytest.approx((last.precision, last.coverage), abs=1e-4)
        assert (score["distance"], score["modes"]) == (pytest.approx(last.distance, abs=1e-4), last.modes)
        assert score["floor"] == every["ring", lab_quality.REAL, 1]["floor"], "judged by the same bench"
        assert every["moons", family, 1]["modes"] is None
    assert list(shown) == [
        f"{data}, {lab_quality.FAMILIES[by].title if by in lab_quality.FAMILIES else by}" for data, by in rows
    ]


def test_the_table_gives_means_and_the_ends(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(lab_quality, "RESULTS", tmp_path / "laboratory.json")
    with pytest.raises(DemoError, match=r"laboratory.json is missing; `python -m genai_demo quality lab`"):
        quality_tables.render("lab")
    scores = [
        {"data": "ring", "by": "vae", "seed": 0, "precision": 90.0, "coverage": 50.0, "distance": 0.1,
         "modes": "7 of 8"},
        {"data": "ring", "by": "vae", "seed": 1, "precision": 80.0, "coverage": 50.0, "distance": 0.2,
         "modes": "8 of 8"},
        {"data": "moons", "by": lab_quality.REAL, "seed": 0, "precision": 1.0, "coverage": 2.0, "distance": 0.0,
         "modes": None},
    ]  # fmt: skip
    found = {"samples": 30, "seeds": [0, 1], "near": 0.25, "scores": scores}
    (tmp_path / "laboratory.json").write_text(json.dumps(found))
    text = quality_tables.render("lab")
    assert "| ring | VAE | 85.0 (80.0 to 90.0) | 50.0 | 0.150 (0.100 to 0.200) | 7.5 (7 to 8) of 8 |" in text
    assert "| moons | real points | 1.0 | 2.0 | 0.000 |  |" in text
    assert "| --- | --- | ---: |" in text
    for told in ("seeds 0 to 1", "30 points", "0.25"):
        assert told in text


def test_the_command_writes_results_and_table(quick, monkeypatch) -> None:
    (quick / "genai_demo").mkdir()
    (quick / "docs").mkdir()
    page = quick / "docs" / "laboratory.md"
    monkeypatch.setattr(quality_tables, "FOLDER", quick / "genai_demo")
    with pytest.raises(DemoError, match=r"docs/laboratory.md needs one line"):
        quality_of.measure("lab")
    assert not lab_quality.RESULTS.exists(), "refused before any work"
    page.write_text("above\n<!-- quality -->\n<!-- /quality -->\nbelow\n")
    monkeypatch.setattr(lab_quality, "FAMILIES", {"gan": lab_quality.FAMILIES["gan"]})
    found = quality_of.measure("lab")
    assert set(found) == {"ring, GAN", "ring, real points", "moons, GAN", "moons, real points"}
    assert quality_tables.shown("lab") == quality_tables.render("lab")
    assert page.read_text().startswith("above\n<!-- quality -->\n| data |")
    assert page.read_text().endswith("<!-- /quality -->\nbelow\n")


def test_the_results_are_of_every_family_set_and_seed_with_the_options_of_now() -> None:
    found = lab_quality.results()
    measured = [(score["data"], score["by"], score["seed"]) for score in found["scores"]]
    everyone = (*lab_quality.FAMILIES, lab_quality.REAL)
    assert measured == [(d, by, seed) for d in sets.NAMES for by in everyone for seed in lab_quality.SEEDS]
    assert (found["samples"], found["seeds"], found["near"]) == (lab_quality.SAMPLES, list(lab_quality.SEEDS), lab.NEAR)
    now = {family: lab_quality.settings(family) for family in lab_quality.FAMILIES}
    assert found["families"] == now, "options have changed: run `python -m genai_demo quality lab` again"


def test_the_page_names_the_sets_and_their_constants() -> None:
    text = DOCS.read_text()
    rows = [row for row in text[: text.index("## The numbers")].splitlines() if row.startswith("| ")]
    data = {row.split(" | ")[0].removeprefix("| "): row for row in rows}
    assert set(sets.NAMES) <= set(data)
    for name, constants in {
        "ring": (sets.RING_MODES, sets.RING_RADIUS, sets.RING_SPREAD),
        "grid": (sets.GRID_SIDE**2, sets.GRID_REACH, sets.GRID_SPREAD, 2 * sets.GRID_REACH / (sets.GRID_SIDE - 1)),
        "moons": (sets.MOONS_SPREAD,), "spiral": (sets.ARMS_SPREAD,), "swiss roll": (sets.ROLL_SPREAD,),
        "checkerboard": (sets.BOARD, sets.SQUARES),
    }.items():  # fmt: skip
        numbers = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", data[name])}
        assert {round(constant, 3) for constant in constants} <= numbers, name
    for told in (f"r = {lab.NEAR}", f"h = {lab.BANDWIDTH}", f"m = {lab.HELD}", f"{lab.LEARNT:,} to learn",
                 f"{lab.FRESH:,} fresh", f"[-{sets.BOUND}, {sets.BOUND}]^2", f"{sets.JITTER}^2"):  # fmt: skip
        assert told in text


@pytest.mark.parametrize("path", ["gan", "vae"])
def test_pages_of_families_show_the_table_beneath_their_own(path: str) -> None:
    from pages import PAGES
    from pages._info import _quality

    page = next(page for page in PAGES if page.path == path)
    text = _quality(page)
    assert text.index("### Measured quality") < text.index("### On the same points")
    assert text.endswith(quality_tables.render("lab"))
