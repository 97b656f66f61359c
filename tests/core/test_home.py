"""The cache folder: what goes into it is there whole or not at all, and nothing is left behind."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from genai_demo.core.home import home, made_now, making, whole

WAIT = 20  # seconds until a test that hangs is given up


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))


def test_one_makes_and_the_others_wait() -> None:
    inside: list[int] = []
    most: list[int] = []

    def make(i: int) -> None:
        with making("a-1.2") as folder:
            inside.append(i)
            most.append(len(inside))
            assert list(folder.iterdir()) == []
            (folder / "x").write_text("x")
            threading.Event().wait(0.05)
            inside.remove(i)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(4), timeout=WAIT))
    assert most == [1] * 4
    assert made_now("a-1.2") == []


def test_two_names_are_made_at_the_same_time_and_one_inside_the_other() -> None:
    with making("a-1.2") as outer, making("a-1.2.1") as inner:
        assert made_now("a-1.2") == [outer]
        assert made_now("a-1.2.1") == [inner]
        assert outer.is_dir(), "what another name has is not swept"
    assert made_now("a-1.2") == made_now("a-1.2.1") == []


def test_what_was_left_is_swept_under_any_name() -> None:
    for name in ("a-1.abcd", "b-2.efgh"):
        (home() / "making" / name).mkdir(parents=True)
        (home() / "making" / name / "half").write_text("half")
    with making("a-1") as folder:
        assert [path for path in (home() / "making").iterdir() if path.is_dir()] == [folder]


def test_a_failure_leaves_nothing() -> None:
    with pytest.raises(OSError, match="away"), making("a"):
        raise OSError("away")
    assert made_now("a") == []
    path = home() / "data" / "x.txt"

    def write() -> None:
        with whole(path) as partial:
            partial.write_text("half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write()
    assert list(path.parent.iterdir()) == []


def test_a_file_takes_the_place_of_the_one_before() -> None:
    path = home() / "data" / "x.txt"
    for text in ("one", "two"):
        with whole(path) as partial:
            partial.write_text(text)
            assert partial.suffix == path.suffix, "some libraries add their own where it is another"
        assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]
