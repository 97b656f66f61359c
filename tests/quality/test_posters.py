"""Films of the front page and the table of architectures: found by convention, made by commands."""

from __future__ import annotations

import io
import sys
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from genai_demo import cli
from genai_demo.core.registry import families, having, packages
from genai_demo.quality import posters, readme


@pytest.fixture
def toy(monkeypatch, tmp_path):
    """An architecture "toy" with a poster; poster.shown is what it makes."""
    module = ModuleType("toy_poster")
    module.shown = []
    module.poster = lambda: module.shown
    monkeypatch.setitem(sys.modules, "toy_poster", module)
    monkeypatch.setattr(posters, "part", lambda name, kind: "toy_poster" if name == "toy" else None)
    monkeypatch.setattr(posters, "IMAGES", tmp_path)
    return module


def test_a_film_is_a_sheet_of_frames_without_what_was_enlarged(toy, tmp_path, capsys) -> None:
    frames = [np.full((2, 2, 2), level, np.uint8) for level in range(0, 250, 10)]
    frames[-1][0, 0, 0] = 0
    toy.shown = posters.film(frames, columns=2, times=3)
    assert cli.main(["poster", "toy"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "toy.webp")
    assert posters.frames_in(tmp_path / "toy.webp") == (16, 4, 2)
    with Image.open(tmp_path / "toy.webp") as sheet:
        assert sheet.convert("L").getpixel((0, 31)) == 240, "the last frame is kept"


def test_what_is_drawn_large_is_kept_small(toy) -> None:
    random = np.random.default_rng(0)
    kept = posters.packed([Image.fromarray(random.integers(0, 255, (300, 600, 3), np.uint8)) for _ in range(4)])
    with Image.open(io.BytesIO(kept)) as sheet:
        assert sheet.width == posters.SIZE[0]


def test_what_has_no_poster_is_refused(capsys) -> None:
    assert cli.main(["poster", "nothing"]) == 2
    assert f"architecture is nothing; choose one of {', '.join(having('poster'))}" in capsys.readouterr().err


@pytest.mark.parametrize("name", families())
def test_every_architecture_has_a_poster_and_its_film_is_there(name) -> None:
    assert name in having("poster")
    path = posters.IMAGES / f"{name}.webp"
    assert path.stat().st_size <= posters.MOST_BYTES, "all of them travel with the front page"
    count, wide, high = posters.frames_in(path)
    assert count > 1
    assert wide == 2 * high


def test_the_readme_shows_what_the_command_would_write() -> None:
    assert readme.shown() == readme.table(), "run `python -m genai_demo readme`"


def test_the_table_has_every_architecture_run_and_model() -> None:
    rows = readme.table().splitlines()[2:]
    assert len(rows) == len(families())
    for name, family in families().items():
        row = next(row for row in rows if f"[{family.title}]" in row)
        for entry in (*packages()[name].RUNS, *packages()[name].SPECS):
            assert getattr(entry, "name", getattr(entry, "key", "")).partition("/")[2] in row


@pytest.mark.parametrize("name", readme.OTHERS)
def test_the_other_tables_of_the_readme_are_current(name: str) -> None:
    assert readme.written(name) == readme.OTHERS[name](), "run `python -m genai_demo readme`"
