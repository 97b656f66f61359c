"""A visitor's own pictures: bounded, for that visitor alone, and gone after a while."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from genai_demo.clip import folder
from genai_demo.clip.pictures import carry
from genai_demo.core.errors import DemoError
from genai_demo.core.run import visitor


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    token = visitor.set("")
    yield tmp_path
    visitor.reset(token)


def one(level: int) -> folder.Entry:
    return f"grey {level}", carry(np.full((8, 8, 3), level, np.uint8))


def test_pictures_come_back_in_order_with_their_names() -> None:
    secret, name, count = folder.add("", [one(10), one(200)])
    secret, name, count = folder.add(secret, [one(90)], name)
    visitor.set(secret)
    assert count == 3
    assert [picture.about for picture in folder.read(name)] == ["grey 10", "grey 200", "grey 90"]
    assert abs(int(folder.read(name)[1].pixels.mean()) - 200) < 4


def test_nobody_else_finds_them() -> None:
    secret, name, _ = folder.add("", [one(1)])
    for other in ("", folder.add("", [one(2)])[0], secret[:-1]):
        visitor.set(other)
        with pytest.raises(DemoError, match="for you alone"):
            folder.read(name)
    visitor.set(secret)
    for wrong in ("", "../x", "a" * 64, name.upper()):
        with pytest.raises(DemoError, match="not here"):
            folder.read(wrong)


def test_they_are_forgotten(place: Path) -> None:
    secret, name, _ = folder.add("", [one(1)])
    visitor.set(secret)
    file = next((place / "folders").rglob("*.json"))
    for path in (file.with_name("used"), file.parent):
        os.utime(path, (0, 0))
    with pytest.raises(DemoError, match="choose the files again"):
        folder.read(name)
    assert not file.exists()
    secret, name, _ = folder.add(secret, [one(3)])
    folder.forget(secret)
    with pytest.raises(DemoError, match="not here"):
        folder.read(name)


def test_there_are_limits(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MOST", 2)
    secret, name, _ = folder.add("", [one(1), one(2)])
    with pytest.raises(DemoError, match="the limit is 2"):
        folder.add(secret, [one(3)], name)
    with pytest.raises(DemoError, match="no picture"):
        folder.add(secret, [("x", "mine:AAAA")])
    for level in range(5):
        folder.add(secret, [one(level)])
    assert len(list((place / "folders").rglob("*.json"))) == folder.KEPT
    assert len(list((place / "folders").iterdir())) == 1


def test_a_secret_of_ones_own_choice_is_not_taken() -> None:
    assert folder.add("short", [one(1)])[0] != "short"


def test_a_removed_folder_is_not_brought_back_by_reading(place: Path) -> None:
    secret, name, _ = folder.add("", [one(1)])
    visitor.set(secret)
    folder.forget(secret)
    with pytest.raises(DemoError, match="not here"):
        folder.read(name)
    assert not list((place / "folders").rglob("*.json"))


def test_a_disk_that_refuses_is_one_sentence_and_leaves_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DemoError, match=r"your pictures could not be kept \(No space left on device\)"):
        folder.add("", [one(1)])
    assert [path.name for path in (place / "folders").rglob("*") if path.is_file()] == ["used"]
