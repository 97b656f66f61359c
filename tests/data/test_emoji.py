"""The emoji: what is kept and left out, how packages are read, and what is said where they can't be had. No network."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFont

from genai_demo.core.errors import DemoError
from genai_demo.data import emoji
from genai_demo.data.emoji import VENDORS, Concept, Fetched

LISTED = [
    {"unified": "1F98A", "name": "FOX FACE", "short_name": "fox_face", "category": "Animals", "subcategory": "animal"},
    {"unified": "2764-FE0F", "name": "HEAVY BLACK HEART", "short_name": "heart", "category": "S", "subcategory": "h"},
    {
        "unified": "1F1E9-1F1EA",
        "name": "Germany Flag",
        "short_name": "de",
        "category": "F",
        "subcategory": "country-flag",
    },
    {"unified": "0023-FE0F-20E3", "name": "HASH KEY", "short_name": "hash", "category": "S", "subcategory": "keycap"},
    {"unified": "1F550", "name": "CLOCK FACE ONE", "short_name": "clock1", "category": "T", "subcategory": "time"},
    {"unified": "1F3FB", "name": "SKIN", "short_name": "skin-tone-2", "category": "C", "subcategory": "skin-tone"},
    {"unified": "23F0", "name": "ALARM CLOCK", "short_name": "alarm_clock", "category": "T", "subcategory": "time"},
]
NAMES = {"🦊": {"default": ["animal", "fox"], "tts": ["fox"]}, "❤": {"default": ["love"], "tts": ["red heart"]}}


def png(colour: tuple[int, int, int], side: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (side, side), (*colour, 255)).save(out, "PNG")
    return out.getvalue()


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


CODES = ("1f98a", "2764-fe0f", "23f0")
ARCHIVES = {
    "noto": packed(
        {
            "emoji.json": json.dumps(LISTED).encode(),
            "img/google/sheets/64.png": png((9, 9, 9)),
            **{f"img/google/64/{code}.png": png((200, 10, 10)) for code in CODES},
        }
    ),
    "twemoji": packed({f"img/twitter/64/{code}.png": png((10, 200, 10)) for code in CODES}),
    "fluent": packed({"assets/1f98a.webp": png((10, 10, 200), 256)}),
    **{
        vendor: packed(
            {
                "icons.json": json.dumps(
                    {
                        "width": 32,
                        "height": 32,
                        "icons": {
                            "fox": {"body": '<path fill="#0a0ac8" d="M0 0h32v32H0z"/>'},
                            "a-clock": {"body": '<path fill="#c80a0a" d="M0 0h32v32H0z"/>'},
                            "no-such": {"body": '<path d="M0 0h9v9z"/>'},
                        },
                        "aliases": {"red-heart": {"parent": "fox"}},
                    }
                ).encode(),
                "chars.json": json.dumps({"23f0": "a-clock"} if vendor == "fluent flat" else {}).encode(),
            }
        )
        for vendor in emoji.DRAWN
    },
    "names": packed({"annotations/en/annotations.json": json.dumps({"annotations": {"annotations": NAMES}}).encode()}),
}


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Packages made up here in the place of npm's; what was asked of npm."""
    asked: list[str] = []
    known = {
        name: Fetched(f"made-{name}", "1", hashlib.sha256(content).hexdigest()) for name, content in ARCHIVES.items()
    }

    def run(command: list[str], cwd: str, **rest: Any) -> None:
        asked.append(command[-1])
        name = command[-1].removeprefix("made-").removesuffix("@1")
        (Path(cwd) / "made.tgz").write_bytes(ARCHIVES[name])

    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    monkeypatch.setattr(emoji, "NPM", known)
    monkeypatch.setattr(emoji.shutil, "which", lambda name: "/usr/bin/npm")
    monkeypatch.setattr(emoji.subprocess, "run", run)
    emoji.load.cache_clear()
    yield asked
    emoji.load.cache_clear()


def test_pictures_and_names_are_read_and_kept(packages: list[str]) -> None:
    found = emoji.load()
    assert [concept.code for concept in found.concepts] == ["1f98a", "2764", "23f0"]
    assert [concept.name for concept in found.concepts] == ["fox", "red heart", "alarm clock"]
    assert found.concepts[0].keywords == ("animal", "fox")
    assert {vendor: found.here[vendor].tolist() for vendor in VENDORS} == {
        "noto": [True, True, True],
        "twemoji": [True, True, True],
        "fluent": [True, False, False],
        "fluent flat": [True, True, True],
        "noto old": [True, True, False],
        "firefox": [True, True, False],
    }
    assert found.pictures["fluent"].shape == (3, 64, 64, 4)
    assert found.pictures["noto"][0, 5, 5].tolist() == [200, 10, 10, 255]
    assert found.pictures["fluent"][0, 5, 5].tolist() == [10, 10, 200, 255]
    assert found.pictures["fluent flat"][:, 5, 5, 0].tolist() == [10, 10, 200]
    before = len(packages)
    emoji.load.cache_clear()
    emoji.load()
    assert len(packages) == before, "the second time nothing is fetched"


def test_a_package_that_is_another_one_is_refused(packages: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(emoji.NPM, "fluent", Fetched("made-fluent", "1", "0" * 64))
    with pytest.raises(DemoError, match="made-fluent 1 is not the file meant"):
        emoji.load()


def test_without_npm_it_says_so(packages: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emoji.shutil, "which", lambda name: None)
    with pytest.raises(DemoError, match="no npm to fetch them; install"):
        emoji.load()


def test_without_a_network_it_says_so(packages: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **rest: Any) -> None:
        raise subprocess.CalledProcessError(1, "npm")

    monkeypatch.setattr(emoji.subprocess, "run", fail)
    with pytest.raises(DemoError, match="could not be fetched"):
        emoji.load()


def test_without_what_draws_svg_it_says_so(packages: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(DemoError, match="install requirements-dev"):
        emoji.load()


def test_the_held_out_concepts_are_one_of_eleven_and_always_the_same() -> None:
    held = [Concept(f"{code:x}", "", (), "").held_out for code in range(0x1F300, 0x1F300 + 2200)]
    assert 150 < sum(held) < 250
    assert held == [Concept(f"{code:x}", "other", ("a",), "b").held_out for code in range(0x1F300, 0x1F300 + 2200)]


def test_over_a_background() -> None:
    picture = np.zeros((1, 2, 4), np.uint8)
    picture[0, 0] = (200, 0, 0, 255)
    picture[0, 1] = (200, 0, 0, 0)
    assert emoji.on(picture, np.array([0, 100, 0])).tolist() == [[[200, 0, 0], [0, 100, 0]]]


def test_codes_and_letters() -> None:
    assert emoji.plain("2764-FE0F-200D-1F525") == "2764-200d-1f525"
    assert emoji.letters("1f468-200d-1f680") == "👨‍🚀"


def test_openmojis_font_gives_a_picture_for_each_character_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another font in its place, which has letters only."""
    face = ImageFont.load_default(100)
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    monkeypatch.setattr(emoji, "locate", lambda source: "font.ttf")
    monkeypatch.setattr(emoji.ImageFont, "truetype", lambda name, size: face)
    monkeypatch.setattr(emoji, "_emoji_codes", lambda: iter([ord("K"), 0x1F98A, ord("o"), 0x1F680]))
    found = emoji.library()
    assert [(d.name, d.code) for d in found] == [("latin capital letter k", "4b"), ("latin small letter o", "6f")]
    assert all(d.picture.shape == (64, 64, 4) for d in found)
    again = emoji.library()
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(found, again))
    assert (tmp_path / "data" / "emoji").exists()


def test_the_codes_of_pictures_have_no_country_letters_and_skin_tones() -> None:
    codes = set(emoji._emoji_codes())
    assert {0x1F98A, 0x2764, 0x1FAE0} <= codes
    assert codes.isdisjoint([0x1F1E9, 0x1F3FB, 0x1F3FF, 0x41])
