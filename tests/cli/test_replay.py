"""Replay: what is the same is identical, and what was changed is said to be different."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genai_demo.core.device import threads
from genai_demo.core.frames import pack
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run, threads_of
from genai_demo.results import recording
from genai_demo.results.files import computed_on
from tests.cli.conftest import Said


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
        (lambda a: a.update(given=a["given"] ^ 128), "given; pixels by 128 of 255 levels"),
        (lambda a: a.update(draws=a["mean"]), "draws|arrays"),
        (lambda a: a.update(mean=a["mean"] + 0.5), "mean; positions by"),
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


def test_what_is_rounded_otherwise_is_not_different(said: Said, result: Path) -> None:
    """Every value a little off, as on another processor; a little more of one is a difference."""
    _tamper(result, lambda a: a.update(given=a["given"] ^ 1, mean=a["mean"] + 1e-5))
    lines = [json.loads(line) for line in (result / "frames.jsonl").read_text().splitlines()]
    near = [{**line, "kl_nats": line["kl_nats"] * (1 + 1e-4)} for line in lines]
    (result / "frames.jsonl").write_text("\n".join(json.dumps(line) for line in near))
    digest = json.loads((result / "digest.json").read_text())
    (result / "digest.json").write_text(json.dumps({**digest, "processor": "an abacus"}))
    code, out, _ = said("replay", result)
    first, changed, made, here = out.splitlines()
    assert code == 0
    assert first.startswith("same up to rounding: 3 frames; pixels by 1 of 255 levels, positions by ")
    assert changed == f"changed since: processor an abacus, now {digest['processor']}"
    assert made == f"made on: an abacus, device cpu, dtype float32, threads {digest['threads']}"
    assert here == made.replace("made on: an abacus", f"run here on: {digest['processor']}")
    _tamper(result, lambda a: a.update(given=a["given"] ^ 8))
    code, out, _ = said("replay", result)
    assert code == 1
    assert out.startswith("different: given; pixels by ")


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


def test_a_recording_says_what_it_was_computed_on(said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "RECORDINGS", tmp_path)
    path = recording.record(Recipe("vae/encode", {"samples": 2}, 5))
    kept = json.loads(gzip.decompress(path.read_bytes()))
    assert set(kept["computed_on"]) == {"device", "dtype", "processor", "threads"}
    kept["computed_on"] |= {"dtype": "bfloat16", "threads": 99}
    kept["frames"] = kept["frames"][:1]
    path.write_bytes(gzip.compress(json.dumps(kept).encode()))
    code, out, _ = said("replay", path)
    assert code == 1
    assert "changed since: dtype bfloat16, now float32; threads 99, now 1" in out


def test_an_export_that_was_changed_is_different(said: Said, tmp_path: Path) -> None:
    frames = json.loads(exported(tmp_path).read_text())["frames"]
    picture, number = json.loads(json.dumps(frames)), json.loads(json.dumps(frames))
    picture[1]["lanes"]["your picture"]["n"] = 9
    number[0]["numbers"][0]["value"] = -5.0
    for changed in (picture, number, frames[:1], [*frames, frames[0]], [], [1, 2], [None, {}]):
        code, out, err = said("replay", exported(tmp_path, frames=changed))
        assert code == 1, (changed, out, err)
        assert out.startswith("different: ")
