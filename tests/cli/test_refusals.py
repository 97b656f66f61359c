"""What the command line refuses: one sentence each, with the value, the limit and a remedy."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genai_demo.cli import main
from genai_demo.core.recipe import FORMAT, Recipe
from genai_demo.core.run import all_runs
from genai_demo.inputs.pictures import decode_picture
from genai_demo.inputs.points import decode_points
from tests.cli.conftest import QUICK, Said, refused


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("samples=900",), "samples is 900; choose a whole number from 1 to 64"),
        (("samples=NaN",), "samples is nan"),
        (("samples=",), "samples is empty"),
        (("samples=true",), "samples is True"),
        (("samples=[1]",), "samples is [1]"),
        (("samples=" + "9" * 5000,), "samples is 999"),
        (("samples=" + "[" * 5000,), "samples is [[["),
        (("smaples=1",), "smaples is not an option here"),
        (("samples",), "write --set KEY=VALUE"),
        (("=5",), "write --set KEY=VALUE"),
        (("",), "write --set KEY=VALUE"),
        (("picture=",), "picture is empty"),
        (("picture=sample:100",), "sample:0 to sample:99"),
        (("picture=hello!",), "no base64"),
        (("picture=" + "A" * 7000,), "limit is 6000"),
        (("picture=@no/such.png",), "can't be read"),
        (("picture=@.",), "can't be read"),
        (("samples=1", "x\ny=2"), "x y is not an option here"),
    ],
)
def test_bad_options_are_one_sentence(said: Said, tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    given = [part for option in options for part in ("--set", option)]
    assert words in refused(said, "run", "vae/encode", *given, "--out", tmp_path / "out")
    assert not (tmp_path / "out" / "recipe.json").exists()


@pytest.mark.parametrize("seed", ["-1", "x", "", "1.5", "2147483648", "9" * 5000, "nan", "1e3"])
def test_bad_seeds_are_one_sentence(said: Said, tmp_path: Path, seed: str) -> None:
    assert "seed is" in refused(said, "run", *QUICK, f"--seed={seed}", "--out", tmp_path)


@pytest.mark.parametrize(
    ("seed", "count", "words"),
    [
        ("0", "0", "count is 0; choose 1 to"),
        ("0", "10000000", "count is"),
        ("2147483647", "2", "seeds end at 2147483647"),
    ],
)
def test_a_wrong_count_of_seeds_is_one_sentence(said: Said, tmp_path: Path, seed: str, count: str, words: str) -> None:
    assert words in refused(said, "run", *QUICK, "--seed", seed, "--count", count, "--out", tmp_path)


def test_unknown_names_are_one_sentence(said: Said, tmp_path: Path) -> None:
    assert "vae/encode" in refused(said, "run", "vae/encod", "--out", tmp_path)
    assert "vae/vae-2" in refused(said, "run", *QUICK, "--model", "vae/vae-3", "--out", tmp_path)
    assert "choose one of" in refused(said, "list", "no\nsuch")
    assert "choose one of" in refused(said, "train", "no/such")
    assert "choose one of" in refused(said, "prefetch", "no/such")
    assert "choose one of" in refused(said, "record", "no/such")


def test_what_argparse_refuses_has_the_same_code(said: Said) -> None:
    for arguments in ((), ("walk",), ("run",), ("run", "vae/encode"), ("replay",)):
        code, out, err = said(*arguments)
        assert (code, out) == (2, "")
        assert "usage" in err


def test_an_out_that_is_a_file_is_said_before_the_work(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr("genai_demo.cli.run", lambda recipe: pytest.fail("it ran first"))
    assert "choose another --out" in refused(said, "run", *QUICK, "--out", tmp_path / "file")
    assert "choose another --out" in refused(said, "run", *QUICK, "--out", tmp_path / "file" / "deeper")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"{}", "no field run"),
        (b"[]", "no field run"),
        (b"\xff\xfe\x00", "holds no recipe"),
        (b'{"run": "no/such"}', "choose one of"),
        (b'{"run": "vae/encode", "sed": 1}', "unknown field sed"),
        (b'{"run": "vae/encode", "options": {"samples": NaN}}', "samples is nan"),
        (b'{"run": "vae/encode", "options": {"sample": 1}}', "not an option"),
        (json.dumps({"run": "vae/encode", "format": FORMAT + 1, "new": 1}).encode(), "update the program"),
        (b'{"recipe": {"run": 5}}', "run is not a name"),
        (b'{"recipe": []}', "no field run"),
        (b"[" * 100_000, "not JSON"),
        (b"\x1f\x8b broken", "can't be read"),
        (b"\x89PNG\r\n\x1a\n broken", "holds no recipe"),
        (b"GIF89a", "not JSON"),
        (gzip.compress(bytes(60_000_000)), "bytes"),
    ],
)
def test_a_file_that_is_no_recipe_is_one_sentence(said: Said, tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "given"
    path.write_bytes(content)
    assert words in refused(said, "replay", path)


def test_pictures_without_a_recipe_are_one_sentence(said: Said, tmp_path: Path) -> None:
    for name in ("plain.png", "plain.gif", "plain.jpg"):
        Image.new("L", (9, 9)).save(tmp_path / name)
        assert "picture without a recipe" in refused(said, "replay", tmp_path / name)
    refused(said, "replay", tmp_path / "missing.json")
    refused(said, "replay", tmp_path)


def test_a_picture_file_and_points_travel_in_the_recipe(said: Said, tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), (255, 255, 255)).save(tmp_path / "photo.jpg")
    code, _, err = said("run", *QUICK, "--set", f"picture=@{tmp_path / 'photo.jpg'}", "--out", tmp_path / "a")
    assert code == 0, err
    picture = Recipe.from_json((tmp_path / "a" / "recipe.json").read_text()).options["picture"]
    assert decode_picture(picture)[14, 14] > 250

    from genai_demo.cli import _option

    (tmp_path / "points.csv").write_text("0.5,-0.5\n1,1\n")
    points = _option(all_runs()["diffusion/points"].options, f"points=@{tmp_path / 'points.csv'}")[1]
    assert np.allclose(decode_points(points), [[0.5, -0.5], [1, 1]], atol=0.01)
    assert base64.b64decode(points)


@pytest.mark.parametrize("content", ["", "a,b\n", "1,2,3\n", "1\n", "nan,\n", "\x00"])
def test_a_table_that_is_no_points_is_one_sentence(said: Said, tmp_path: Path, content: str) -> None:
    (tmp_path / "points.csv").write_text(content)
    given = f"points=@{tmp_path / 'points.csv'}"
    assert "points" in refused(said, "run", "diffusion/points", "--set", given, "--out", tmp_path / "out")


def test_a_fault_of_ours_is_one_sentence_too(said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(recipe: Recipe) -> Any:
        raise ZeroDivisionError("several\nlines")

    monkeypatch.delenv("GENAI_DEMO_DEBUG", raising=False)
    monkeypatch.setattr("genai_demo.cli.run", fail)
    code, out, err = said("run", *QUICK, "--out", tmp_path)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "ZeroDivisionError: several lines" in err
    monkeypatch.setenv("GENAI_DEMO_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["run", *QUICK, "--out", str(tmp_path)])
