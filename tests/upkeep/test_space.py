"""The first lines of the README are what a Space reads: they fit the program."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def front() -> dict[str, str]:
    lines = (ROOT / "README.md").read_text().splitlines()
    assert lines[0] == "---"
    pairs = [line.partition(": ") for line in lines[1 : lines.index("---", 1)]]
    return {name: value.strip('"') for name, _, value in pairs}


def test_a_space_can_read_them() -> None:
    found = front()
    assert found["sdk"] == "gradio"
    assert (ROOT / found["app_file"]).exists()
    assert found["title"]
    assert len(found["short_description"]) <= 60
    assert {found["colorFrom"], found["colorTo"]} <= COLOURS
    assert found["license"] == "apache-2.0"


def test_its_versions_are_those_of_the_program() -> None:
    found = front()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert SpecifierSet(project["requires-python"]).contains(found["python_version"])
    wanted = next(line for line in (ROOT / "requirements.txt").read_text().splitlines() if line.startswith("gradio"))
    assert Requirement(wanted).specifier.contains(found["sdk_version"])
    assert re.search(rf"^gradio=={re.escape(found['sdk_version'])}\b", (ROOT / "requirements.lock").read_text(), re.M)
