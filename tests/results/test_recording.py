"""Recordings: frames kept with their recipe, the same file each time, thinned where they are many."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import pack
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import all_runs, complete, run
from genai_demo.core.wire import PackedFrame
from genai_demo.results import recording
from genai_demo.results.comparing import compare_packed
from genai_demo.results.recording import MOST_FRAMES, load_recording, record, recording_path, thinned

SHORT = Recipe("vae/encode", {"samples": 3}, 2)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    load_recording.cache_clear()
    monkeypatch.setattr(recording, "RECORDINGS", tmp_path)
    yield tmp_path
    load_recording.cache_clear()


def test_a_recording_is_the_run() -> None:
    path = record(SHORT)
    assert path == recording_path("vae/encode")
    found = load_recording("vae/encode")
    assert found is not None
    recipe = Recipe.from_json(json.dumps(found["recipe"]))
    assert recipe == complete(SHORT)
    frames = list(run(recipe))
    assert found["frames"] == [json.loads(json.dumps(pack(frame))) for frame in frames]
    assert compare_packed(frames, found["frames"]).identical


def test_the_same_run_is_the_same_file() -> None:
    first = record(SHORT).read_bytes()
    assert record(SHORT).read_bytes() == first


def test_a_new_recording_is_seen() -> None:
    record(SHORT)
    assert len((load_recording("vae/encode") or {})["frames"]) == 3
    record(Recipe("vae/encode", {"samples": 2}))
    assert len((load_recording("vae/encode") or {})["frames"]) == 2


def test_the_file_is_strict_json() -> None:
    text = gzip.decompress(record(SHORT).read_bytes()).decode()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_progress_can_be_watched() -> None:
    seen = []

    def watch(frames: object) -> Iterator[object]:
        for frame in frames:  # type: ignore[attr-defined]
            seen.append(frame.index)
            yield frame

    record(SHORT, watch=watch)
    assert seen == [0, 1, 2]


def test_a_run_without_recording_has_none() -> None:
    assert load_recording("vae/encode") is None
    with pytest.raises(DemoError, match="choose one of"):
        load_recording("../../etc/passwd")


DAMAGED = {
    "empty": b"",
    "not gzip": b"no gzip",
    "gzip of nothing": gzip.compress(b""),
    "no fields": gzip.compress(b"{}"),
    "a list": gzip.compress(b"[1]"),
    "null": gzip.compress(b"null"),
    "cut short": gzip.compress(b"x" * 50)[:-9],
    "overwritten": gzip.compress(b'{"recipe": {}, "frames": []}')[:15] + b"\xff" * 30,
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())  # ids: gzip writes the time of day
def test_a_damaged_file_is_said_and_put_right(content: bytes) -> None:
    path = record(SHORT)
    sound = path.read_bytes()
    path.write_bytes(content)
    load_recording.cache_clear()
    with pytest.raises(DemoError, match="damaged; make it again"):
        load_recording("vae/encode")
    path.write_bytes(sound)
    assert load_recording("vae/encode") is not None


def test_nothing_is_kept_of_a_run_that_fails() -> None:
    with pytest.raises(DemoError):
        record(Recipe("vae/encode", {"picture": "no picture"}))
    assert load_recording("vae/encode") is None


@pytest.mark.parametrize("count", [0, 1, MOST_FRAMES, MOST_FRAMES + 1, 1000])
def test_long_runs_are_thinned_evenly(count: int) -> None:
    frames: list[PackedFrame] = [
        {"index": i, "total": count, "lanes": {}, "numbers": [], "bars": {}} for i in range(count)
    ]
    kept = [frame["index"] for frame in thinned(frames)]
    assert len(kept) == min(count, MOST_FRAMES)
    assert kept == sorted(set(kept))
    if kept:
        assert (kept[0], kept[-1]) == (0, count - 1)
        gaps = {b - a for a, b in itertools.pairwise(kept)}
        assert max(gaps, default=1) - min(gaps, default=1) <= 1


def test_shipped_recordings_hold_recipes_that_still_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    load_recording.cache_clear()
    for name in all_runs():
        found = load_recording(name)
        if found is None:
            continue
        recipe = Recipe.from_json(json.dumps(found["recipe"]))
        assert recipe.run == name
        assert dict(complete(recipe).options) == dict(recipe.options), "options were added since: record it again"
        assert 0 < len(found["frames"]) <= MOST_FRAMES
        always = {"index", "total", "lanes", "numbers", "bars"}
        assert all(set(frame) - {"carried", "grown"} == always for frame in found["frames"])
