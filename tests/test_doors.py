"""Every run, none named here, through the doors that need no server: command line, replay, recording, link."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from PIL import Image

from genai_demo import cli
from genai_demo.core.frames import Frame
from genai_demo.core.link import from_query, to_query
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import all_runs, complete, run
from genai_demo.results import recording
from genai_demo.results.comparing import compare_packed
from tests.standins import small, stand_ins  # noqa: F401  a fixture for all

SEED = 3


def command(recipe: Recipe, out: Path) -> list[str]:
    """The arguments of the command line that run this recipe."""
    options = [
        part
        for name, value in recipe.options.items()
        for part in ("--set", f"{name}={value if isinstance(value, str) else json.dumps(value)}")
    ]
    return ["run", recipe.run, *options, "--seed", str(recipe.seed), "--out", str(out)]


def linked(recipe: Recipe) -> Recipe:
    """The recipe that its link brings back."""
    back, notice = from_query(dict(parse_qsl(to_query(recipe), keep_blank_values=True)), [recipe.run])
    assert notice == ""
    assert back is not None
    return complete(back)


def drawn(out: Path) -> Image.Image:
    """The preview in a folder, all of its frames read."""
    (path,) = out.glob("preview.*")
    with Image.open(path) as image:
        for place in range(getattr(image, "n_frames", 1)):
            image.seek(place)
            image.load()
        return image.convert("L")


def kept(frames: list[Frame], monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the command line's runs leave their frames in `frames` too."""

    def tee(recipe: Recipe) -> Iterator[Frame]:
        for frame in run(recipe):
            frames.append(frame)
            yield frame

    monkeypatch.setattr(cli, "run", tee)


@pytest.mark.parametrize("name", all_runs())
def test_all_doors_give_the_same_frames(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = complete(small(name, SEED))
    assert cli.main(command(small(name, SEED), tmp_path / "out")) == 0, capsys.readouterr().err
    assert Recipe.from_json((tmp_path / "out" / "recipe.json").read_text()) == recipe
    assert drawn(tmp_path / "out").getextrema() != (255, 255), "the preview is blank"

    frames: list[Frame] = []
    kept(frames, monkeypatch)
    capsys.readouterr()
    assert cli.main(["replay", str(tmp_path / "out")]) == 0, capsys.readouterr()
    assert capsys.readouterr().out == f"identical: {len(frames)} frames\n"

    assert linked(recipe) == recipe
    monkeypatch.setattr(recording, "RECORDINGS", tmp_path / "recordings")
    monkeypatch.setattr(recording, "run", lambda asked: iter(frames))  # those just replayed
    path = recording.record(linked(recipe))
    held = recording.load_recording(name)
    recording.load_recording.cache_clear()  # it is not the one that is shipped
    assert path.is_relative_to(tmp_path)
    assert held is not None
    same: Any = compare_packed(frames, held["frames"])
    assert same.identical, same.where
