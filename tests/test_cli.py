"""The command line, in this process: files it writes, what it says, with which exit code."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genai_demo.cli import bar, main
from genai_demo.core.device import threads
from genai_demo.core.frames import pack
from genai_demo.core.recipe import FORMAT, Recipe
from genai_demo.core.run import all_runs, run, threads_of
from genai_demo.core.spec import all_specs
from genai_demo.inputs.pictures import decode_picture
from genai_demo.inputs.points import decode_points
from genai_demo.results.files import computed_on

FILES = {"recipe.json", "frames.npz", "frames.jsonl", "digest.json"}
QUICK = ("vae/encode", "--set", "samples=3")  # a run of milliseconds
Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Exit code, standard output and standard error of one command."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:  # argparse
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def result(said: Said, tmp_path: Path) -> Path:
    """A folder with the result of a small run."""
    assert said("run", *QUICK, "--seed", "5", "--out", tmp_path / "result")[0] == 0
    return tmp_path / "result"


def refused(said: Said, *arguments: str | Path) -> str:
    """Exit code 2, nothing on standard output, one sentence on standard error; the sentence."""
    code, out, err = said(*arguments)
    assert code == 2, (out, err)
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert err.startswith("genai_demo: ")
    assert "Traceback" not in err
    assert "fault in the program" not in err, err
    assert len(err) < 400
    return err


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


def test_a_run_of_one_frame_has_a_png_that_replays(said: Said, tmp_path: Path) -> None:
    assert said("run", "vae/decode", "--set", "x=-1.5", "--out", tmp_path)[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == FILES | {"preview.png"}
    assert said("replay", tmp_path / "preview.png")[:2] == (0, "identical: 1 frames\n")


def test_the_digest_alone_is_enough(said: Said, result: Path) -> None:
    (result / "frames.npz").unlink()
    assert said("replay", result)[:2] == (0, "identical: 3 frames\n")
    digest = json.loads((result / "digest.json").read_text())
    (result / "digest.json").write_text(json.dumps({**digest, "sha256": "0" * 64}))
    code, out, _ = said("replay", result)
    assert code == 1
    assert out.startswith("different: the digest")


def test_with_nothing_to_compare_it_says_so(said: Said, result: Path) -> None:
    (result / "frames.npz").unlink()
    (result / "digest.json").unlink()
    code, out, _ = said("replay", result)
    assert code == 0
    assert "nothing beside the recipe" in out


def test_replay_can_write_the_new_result(said: Said, result: Path, tmp_path: Path) -> None:
    assert said("replay", result, "--out", tmp_path / "again")[0] == 0
    assert (tmp_path / "again" / "recipe.json").read_text() == (result / "recipe.json").read_text()
    assert (tmp_path / "again" / "frames.npz").exists()


def _tamper(result: Path, change: Callable[[dict[str, np.ndarray]], Any]) -> None:
    with np.load(result / "frames.npz") as saved:
        found = dict(saved)
    change(found)
    np.savez_compressed(result / "frames.npz", **found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.update(given=a["given"] ^ 1), "given; largest difference 1"),
        (lambda a: a.update(draws=a["mean"]), "draws|arrays"),
        (lambda a: a.update(mean=a["mean"] + 0.5), "mean; largest difference 0.5"),
        (lambda a: a.update(mean=np.full_like(a["mean"], np.nan)), "mean"),
        (lambda a: a.update(mean=a["mean"].astype(np.float64)), "mean"),
        (lambda a: a.update(given=a["given"][:, :, :5]), "shape of given"),
        (lambda a: a.pop("given"), "given"),
        (lambda a: a.update(extra=np.zeros(3)), "extra"),
    ],
)
def test_tampered_arrays_are_different(said: Said, result: Path, change: Any, words: str) -> None:
    _tamper(result, change)
    code, out, _ = said("replay", result)
    assert code == 1
    assert out.startswith("different: ")
    assert any(word in out for word in words.split("|")), out
    assert "changed since: nothing that the recipe records" in out


def test_tampered_numbers_are_different(said: Said, result: Path) -> None:
    lines = (result / "frames.jsonl").read_text().splitlines()
    second = json.loads(lines[1])
    (result / "frames.jsonl").write_text("\n".join([lines[0], json.dumps({**second, "kl_nats": 0.25}), lines[2]]))
    code, out, _ = said("replay", result)
    assert code == 1
    assert "kl_nats of frame 1" in out
    (result / "frames.jsonl").write_text(lines[0])
    code, out, _ = said("replay", result)
    assert code == 1
    assert "number of frames" in out


def test_versions_that_changed_are_named(said: Said, result: Path) -> None:
    recipe = json.loads((result / "recipe.json").read_text())
    (result / "recipe.json").write_text(json.dumps({**recipe, "versions": {**recipe["versions"], "torch": "1.0"}}))
    _tamper(result, lambda a: a.update(mean=a["mean"] + 1))
    code, out, _ = said("replay", result)
    assert code == 1
    assert "torch 1.0, now" in out


def test_threads_that_changed_are_named(said: Said, result: Path) -> None:
    digest = json.loads((result / "digest.json").read_text())
    (result / "digest.json").write_text(json.dumps({**digest, "threads": digest["threads"] + 1}))
    _tamper(result, lambda a: a.update(mean=a["mean"] + 1))
    code, out, _ = said("replay", result)
    assert code == 1
    assert f"changed since: threads {digest['threads'] + 1}, now {digest['threads']}" in out


def test_the_threads_are_those_of_the_run(said: Said, result: Path) -> None:
    """Not those of the process: a small network asks for one, whatever the machine has."""
    import torch

    digest = json.loads((result / "digest.json").read_text())
    recipe = Recipe.from_json((result / "recipe.json").read_text())
    wanted = threads_of(recipe)
    assert digest["threads"] == (wanted or torch.get_num_threads())
    with threads(2):
        assert computed_on(recipe)["threads"] == digest["threads"]


def test_another_seed_is_different(said: Said, result: Path) -> None:
    recipe = json.loads((result / "recipe.json").read_text())
    (result / "recipe.json").write_text(json.dumps({**recipe, "seed": 6}))
    assert said("replay", result)[0] == 1


@pytest.mark.parametrize("file", ["frames.npz", "frames.jsonl", "digest.json"])
@pytest.mark.parametrize("content", [b"", b"[1, 2", b"[]", b"PK\x03\x04 broken", b"\xff\xfe", b'"text"', b"null"])
def test_damaged_results_are_said_or_different(said: Said, result: Path, file: str, content: bytes) -> None:
    if file == "digest.json":
        (result / "frames.npz").unlink()
    (result / file).write_bytes(content)
    code, out, err = said("replay", result)
    if code == 1:
        assert out.startswith("different: ")
    else:
        assert code == 2, (out, err)
        assert "damaged" in err
        assert "run the recipe again" in err
        assert len(err.splitlines()) == 1


def exported(tmp_path: Path, **changed: Any) -> Path:
    """A JSON as a page exports it: the recipe with its packed frames."""
    recipe = Recipe("vae/encode", {"samples": 2}, 5)
    frames = [json.loads(json.dumps(pack(frame))) for frame in run(recipe)]
    path = tmp_path / "export.json"
    path.write_text(json.dumps({"recipe": json.loads(recipe.to_json()), "frames": frames, **changed}))
    return path


def test_an_export_of_a_page_replays(said: Said, tmp_path: Path) -> None:
    path = exported(tmp_path)
    assert said("replay", path)[:2] == (0, "identical: 2 frames\n")
    packed = tmp_path / "recording.json.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert said("replay", packed)[:2] == (0, "identical: 2 frames\n")


def test_an_export_that_was_changed_is_different(said: Said, tmp_path: Path) -> None:
    frames = json.loads(exported(tmp_path).read_text())["frames"]
    picture, number = json.loads(json.dumps(frames)), json.loads(json.dumps(frames))
    picture[1]["lanes"]["your picture"]["n"] = 9
    number[0]["numbers"][0]["value"] = -5.0
    for changed in (picture, number, frames[:1], [*frames, frames[0]], [], [1, 2], [None, {}]):
        code, out, err = said("replay", exported(tmp_path, frames=changed))
        assert code == 1, (changed, out, err)
        assert out.startswith("different: ")


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
