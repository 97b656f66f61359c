"""The command line: files it writes, what it says, with which exit code."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genai_demo.cli import bar
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import all_runs, run
from genai_demo.core.spec import all_specs
from tests.cli.conftest import QUICK, Said

FILES = {"recipe.json", "frames.npz", "frames.jsonl", "digest.json"}


def test_help_teaches() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "genai_demo", "--help"], capture_output=True, text=True, timeout=120, check=True
    )
    assert "run vae/interpolate" in done.stdout or "run diffusion/denoise" in done.stdout
    for command in ("list", "run", "replay", "record", "train", "prefetch", "bench"):
        assert command in done.stdout


@pytest.mark.parametrize("command", ["list", "run", "replay", "record", "train", "prefetch", "bench"])
def test_each_command_has_help(said: Said, command: str) -> None:
    code, out, _ = said(command, "--help")
    assert code == 0
    assert command in out


def test_list_names_all(said: Said) -> None:
    code, out, err = said("list")
    assert (code, err) == (0, "")
    assert all(name in out for name in (*all_runs(), *all_specs()))


def test_list_json_has_runs_and_models(said: Said) -> None:
    code, out, err = said("list", "--json")
    assert (code, err) == (0, "")
    known = json.loads(out, parse_constant=lambda name: pytest.fail(name))
    assert set(known) == {"runs", "models"}
    assert [entry["name"] for entry in known["runs"]] == list(all_runs())
    for entry in known["runs"]:
        assert entry["summary"]
        for option in entry["options"]:
            assert {"name", "type", "default", "help"} <= set(option)
            assert (
                option["type"] not in ("integer", "number")
                or {"minimum", "maximum"} <= set(option)
                or "choices" in option
            )
    assert [entry["key"] for entry in known["models"]] == list(all_specs())
    for entry in known["models"]:
        assert {"key", "architecture", "sources", "licence", "parameters", "bytes", "here"} <= set(entry)
        assert entry["sources"]
        assert isinstance(entry["here"], bool)
        if any(source.startswith("bundled") for source in entry["sources"]):
            assert entry["here"]
            assert entry["parameters"] > 0
            assert entry["bytes"] > 0


@pytest.mark.parametrize("name", all_runs())
def test_list_of_a_run_shows_its_options(said: Said, name: str) -> None:
    code, out, _ = said("list", name)
    assert code == 0
    assert all(f"{option['name']}=" in out for option in all_runs()[name].options.describe())
    code, out, _ = said("list", name, "--json")
    assert code == 0
    assert json.loads(out)["name"] == name


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("vae/interpolate", ("--set", "steps=3", "--set", "start=sample:1")),
        ("diffusion/denoise", ("--set", "steps=2", "--set", "samples=1")),
    ],
)
def test_a_run_writes_its_result_and_replays(said: Said, tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    out = tmp_path / "out"
    code, printed, _ = said("run", name, *options, "--seed", "3", "--out", out)
    assert code == 0
    written = {path.name for path in out.iterdir()}
    assert written == FILES | {"preview.gif"}
    assert {Path(line).name for line in printed.splitlines()} == written
    recipe = Recipe.from_json((out / "recipe.json").read_text())
    assert (recipe.run, recipe.seed, recipe.options["steps"]) == (name, 3, int(options[1].partition("=")[2]))
    frames = list(run(recipe))
    lines = [json.loads(line) for line in (out / "frames.jsonl").read_text().splitlines()]
    assert [line["index"] for line in lines] == list(range(len(frames)))
    with np.load(out / "frames.npz", allow_pickle=False) as saved:
        assert any(len(saved[key]) == len(frames) for key in saved)
    with Image.open(out / "preview.gif") as preview:
        assert preview.n_frames >= 2
    for given in (out / "recipe.json", out, out / "preview.gif"):
        code, printed, _ = said("replay", given)
        assert (code, printed) == (0, f"identical: {len(frames)} frames\n")


def test_many_seeds_have_a_folder_each_and_what_was_cut_off_is_run_again(said: Said, tmp_path: Path) -> None:
    asked = ("run", *QUICK, "--seed", "5", "--count", "3", "--out", tmp_path)
    code, out, _ = said(*asked)
    folders = [tmp_path / f"seed-00000{seed}" for seed in (5, 6, 7)]
    assert (code, out.splitlines()) == (0, [str(folder) for folder in folders])
    assert [json.loads((folder / "recipe.json").read_text())["seed"] for folder in folders] == [5, 6, 7]
    assert said("replay", folders[1])[:2] == (0, "identical: 3 frames\n")
    assert said(*asked)[:2] == (0, ""), "all of it is there"
    (folders[1] / "digest.json").unlink()
    assert said(*asked)[1].splitlines() == [str(folders[1])]
    assert len(said(*asked, "--set", "samples=4")[1].splitlines()) == 3, "another recipe is another result"


def test_a_run_of_one_frame_has_a_png_that_replays(said: Said, tmp_path: Path) -> None:
    assert said("run", "vae/decode", "--set", "x=-1.5", "--out", tmp_path)[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == FILES | {"preview.png"}
    assert said("replay", tmp_path / "preview.png")[:2] == (0, "identical: 1 frames\n")


@dataclasses.dataclass(frozen=True)
class Counted:
    """An item that knows its place, and has a picture whose name is one that a bar could stumble over."""

    index: int
    total: int
    first: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(3))


@pytest.mark.parametrize("first", [0, 1])
def test_the_progress_bar_ends_with_the_work(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import tqdm

    places: list[float] = []

    class Bar(tqdm.tqdm):  # type: ignore[type-arg]
        def update(self, n: float | None = 1) -> bool | None:
            self.n = (self.n or 0) + (n or 0)
            places.append(self.n)
            return None

    monkeypatch.setattr(tqdm, "tqdm", Bar)
    items = [Counted(i + first, 4) for i in range(4)]
    assert list(bar(items, "work", first=first)) == items
    assert places == [1, 2, 3, 4]


def test_a_stopped_run_says_so(said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(recipe: Recipe) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("genai_demo.cli.run", stop)
    assert said("run", *QUICK, "--out", tmp_path) == (130, "", "stopped\n")


def test_prefetch_of_what_is_bundled_says_so(said: Said) -> None:
    code, out, _ = said("prefetch", "vae/vae-2")
    assert code == 0
    assert "bundled vae/vae-2.safetensors" in out
