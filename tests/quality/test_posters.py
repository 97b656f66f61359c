"""Pictures of the overview and the table of architectures: found by convention, made by commands."""

from __future__ import annotations

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


def test_one_image_is_a_still_and_several_are_a_film_that_plays_once(toy, tmp_path, capsys) -> None:
    frames = [np.full((2, 4, 4), level, np.uint8) for level in (10, 200)]
    toy.shown = posters.film(frames, columns=2, times=3)
    assert cli.main(["poster", "toy"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "toy.webp")
    with Image.open(tmp_path / "toy.webp") as film:
        assert (film.size, film.n_frames, film.info["loop"]) == ((24, 12), 2, 1)
    toy.shown = toy.shown[:1]
    assert posters.make("toy") == tmp_path / "toy.png"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["toy.png"], "the film is replaced"
    assert (np.array(Image.open(tmp_path / "toy.png"))[..., 0] == 10).all()


def test_what_has_no_poster_is_refused(capsys) -> None:
    assert cli.main(["poster", "nothing"]) == 2
    assert f"architecture is nothing; choose one of {', '.join(having('poster'))}" in capsys.readouterr().err


@pytest.mark.parametrize("name", families())
def test_every_architecture_has_a_poster_and_its_picture_is_there_two_to_one(name) -> None:
    assert name in having("poster")
    (path,) = (path for path in posters.IMAGES.iterdir() if path.stem == name)
    with Image.open(path) as picture:
        wide, high = picture.size
    assert wide == pytest.approx(2 * high, rel=0.03)


def test_the_readme_shows_what_the_command_would_write() -> None:
    assert readme.shown() == readme.table(), "run `python -m genai_demo readme`"


def test_the_table_has_every_architecture_run_and_model() -> None:
    rows = readme.table().splitlines()[2:]
    assert len(rows) == len(families())
    for name, family in families().items():
        row = next(row for row in rows if f"[{family.title}]" in row)
        for entry in (*packages()[name].RUNS, *packages()[name].SPECS):
            assert getattr(entry, "name", getattr(entry, "key", "")).partition("/")[2] in row
