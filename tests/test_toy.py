"""An architecture is a folder, a page and a line: a toy one is added to a copy of the program, and everything finds it.

The copy lies in a temporary folder, so that nothing of the project is changed; each door is a process of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOY = Path(__file__).with_name("toy")
LINKED = ("css", "decks", "images", "knowledge", "weights")  # of assets, read and never written by the toy


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program with the toy in it: its folder, its page, its line in PAGES. Nothing else is touched."""
    copy = tmp_path_factory.mktemp("program")
    no_caches = shutil.ignore_patterns("__pycache__", "*.pyi")
    for folder in ("genai_demo", "pages"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=no_caches)
    shutil.copy(ROOT / "app.py", copy)
    (copy / "assets" / "recordings").mkdir(parents=True)
    for name in LINKED:
        (copy / "assets" / name).symlink_to(ROOT / "assets" / name)
    for file in (ROOT / "assets").glob("*.json"):
        shutil.copy(file, copy / "assets")
    shutil.copytree(TOY / "toy", copy / "genai_demo" / "toy", ignore=no_caches)
    shutil.copy(TOY / "page.py", copy / "pages" / "toy.py")
    shutil.copytree(TOY / "text", copy / "pages" / "text" / "toy")
    listing = copy / "pages" / "__init__.py"
    text = listing.read_text()
    last = '    page_of("rag"),\n'
    assert last in text
    listing.write_text(text.replace(last, f'{last}    page_of("toy"),\n'))
    return copy


def said(program: Path, *command: str) -> str:
    """Standard output of a Python process in the copy."""
    inside = {**os.environ, "PYTHONPATH": str(program), "GRADIO_ANALYTICS_ENABLED": "False"}
    done = subprocess.run(
        [sys.executable, *command], cwd=program, env=inside, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_command_line_finds_it(program: Path) -> None:
    assert "toy/spin" in said(program, "-m", "genai_demo", "list")
    assert "toy/disc" in said(program, "-m", "genai_demo", "list")
    said(program, "-m", "genai_demo", "run", "toy/spin", "--set", "steps=5", "--out", "out")
    assert (program / "out" / "preview.gif").exists()
    assert "identical: 5 frames" in said(program, "-m", "genai_demo", "replay", "out")


def test_it_is_measured_like_the_others(program: Path) -> None:
    assert "roundness" in said(program, "-m", "genai_demo", "quality", "toy")
    assert "| roundness |" in (program / "genai_demo" / "toy" / "README.md").read_text()


def test_it_has_a_poster(program: Path) -> None:
    code = (
        "from genai_demo.core.registry import part; from genai_demo.core.spec import resolve; "
        "print(len(resolve(part('toy', 'poster') + ':poster')()))"
    )
    assert said(program, "-c", code).strip() == "1"


def test_it_has_a_screen_in_the_deck_of_architectures(program: Path) -> None:
    said(program, "-m", "genai_demo", "deck", "which-architecture", "--out", "talk.html")
    talk = (program / "talk.html").read_text()
    assert "<h1>Toy</h1>" in talk, "a screen of its own"
    assert "<td>Toy</td>" in talk, "a row of the table"


def test_it_has_a_page_that_opens_on_its_recording_and_a_place_on_the_front_page(program: Path) -> None:
    said(program, "-m", "genai_demo", "record", "toy/spin", "--set", "steps=7")
    shutil.copy(TOY / "visit.py", program / "visit.py")
    seen = json.loads(next(line for line in said(program, "visit.py").splitlines() if line.startswith("{")))
    assert "toy" in seen["routes"]
    assert seen["on_the_front_page"] == [True, True, True], "a tile with its links, dark until its film is made"
    assert {"page", "bench"} <= set(seen["found"])
    assert seen["recorded"] == 7
    assert seen["live"] == 4, "the run answers through gradio_client"
    assert seen["header"]
    assert not seen["torch_before_the_run"], "the page is built without a model library"
