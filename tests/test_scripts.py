"""The scripts of the pages without npm: they join to one file and keep to the subset that pages.parts.scripts reads."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import NotRequired, get_origin, get_type_hints

import pytest

from genai_demo.core import wire
from pages.parts import scripts

MODULES = sorted(scripts.HERE.rglob("*.js"))
ENTRIES = ("first.js", *scripts.SERVED.values())
LONGEST = 420  # lines of a module
WORDS = re.compile(r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)


def code(path: Path) -> str:
    """A module without its comments and plain texts."""
    return WORDS.sub("", path.read_text())


def write(folder: Path, **modules: str) -> None:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)


def test_every_module_is_reached_from_one_of_the_entries():
    reached = {module for entry in ENTRIES for module in scripts.ordered(scripts.HERE / entry)}
    assert set(MODULES) <= reached
    assert set(scripts.HERE.rglob("*.css")) <= reached


def test_what_is_imported_is_exported_and_used():
    for path in MODULES:
        for found in scripts.IMPORT.finditer(path.read_text()):
            target = (path.parent / found["path"]).resolve()
            names = [found["sheet"]] if found["sheet"] else found["names"].split(", ")
            if not found["sheet"]:
                exported = {one["name"] for one in scripts.EXPORT.finditer(target.read_text())}
                assert set(names) <= exported, f"{path.name} takes {set(names) - exported} from {target.name}"
            for name in names:
                assert len(re.findall(rf"\b{re.escape(name)}\b", code(path))) > 1, f"{path.name}: {name} is not used"


def test_every_exported_name_is_imported_somewhere():
    taken = {
        ((path.parent / found["path"]).resolve(), name)
        for path in MODULES
        for found in scripts.IMPORT.finditer(path.read_text())
        for name in (found["names"] or "").split(", ")
    }
    for path in MODULES:
        for found in scripts.EXPORT.finditer(path.read_text()):
            assert (path, found["name"]) in taken, f"{path.name}: nothing imports {found['name']}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_is_small_strict_and_waits_for_events(path):
    text = code(path)
    assert len(path.read_text().splitlines()) <= LONGEST
    assert not re.search(r"\bsetInterval\b|\bvar \w|\beval\b", text)
    assert not re.search(r"setTimeout\((\w+), \d+\); return", text)  # looking again and again
    assert not re.search(
        r"\bwindow\.(?!atlas\b|CompressionStream|MediaRecorder|devicePixelRatio|gradio_config|setTimeout|addEvent)\w",
        text,
    )
    lines = path.read_text().splitlines()
    assert not [line for line in lines if line.startswith(("import ", "export ")) and not _understood(line)]


def _understood(line: str) -> bool:
    return bool(scripts.IMPORT.match(line + "\n") or scripts.EXPORT.match(line))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_what_is_set_on_the_page_as_a_whole_is_taken_away_again(path):
    if path.name in (
        "first.js",
        "shell.js",
        "address.js",
        "dom.js",
        "guide.js",
        "language.js",
        "lock.js",
        "terms.js",
        "wanted.js",
    ):  # these are the page's own, and last as long as it
        return
    text = path.read_text()
    for found in re.finditer(r"(?:document|window|bus)\.addEventListener\(", text):
        depth, at = 1, found.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        assert re.search(r"\{signal(: s\.signal)?(, capture: true)?\}\)$", text[found.start() : at]), text[
            found.start() : at
        ]
    assert text.count("Observer(") == text.count(".disconnect()"), "an observer that is never disconnected"


def test_the_shared_scripts_name_no_architecture():
    names = {path.parent.name for path in Path("genai_demo").glob("*/poster.py")} or {"diffusion", "gan", "rag", "clip"}
    for name in ("first", "dom", "bench", "shell", "address", "keys", "header", "visitor"):
        words = set(re.findall(r"[a-z]+", (scripts.HERE / f"{name}.js").read_text().lower()))
        assert not words & names


def test_modules_become_functions_that_run_in_the_order_of_their_imports(tmp_path):
    write(
        tmp_path,
        one="import {two} from './two.js';\nexport const one = two + 1;\n",
        two="import sheet from './a.css' with {type: 'css'};\nexport const two = 2;\n",
    )
    (tmp_path / "a.css").write_text("a { color: red }")
    text = scripts.bundle("one.js", tmp_path)
    assert text.index('modules["a.css"]') < text.index('modules["two.js"] =') < text.index('modules["one.js"] =')
    assert 'const {two} = modules["two.js"];' in text
    assert "return {one};" in text
    assert not re.search(r"^(import|export) ", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("modules", "error"),
    [
        ({"one": "import {two} from './two.js';\n", "two": "import {one} from './one.js';\n"}, ValueError),
        ({"one": "import {two} from './two.js';\n"}, FileNotFoundError),
    ],
)
def test_a_circle_or_a_missing_file_is_an_error(tmp_path, modules, error):
    write(tmp_path, **modules)
    with pytest.raises(error):
        scripts.bundle("one.js", tmp_path)


def test_the_address_changes_with_the_content():
    assert re.search(r'src="\./parts\.js\?[0-9a-f]{12}"', scripts.head())
    assert scripts.head().count("src=") == 1


def test_a_call_names_its_events_in_quotes_and_nothing_else():
    made = scripts.call("film", "pick", words='a "b"')
    assert "'pick'" in made
    assert "parts.film({" in made
    given = re.search(r"JSON\.parse\((.*)\)\}\)\);$", made)
    assert given
    assert json.loads(json.loads(given[1])) == {"words": 'a "b"'}


def test_the_joined_file_is_a_script(tmp_path):
    node = shutil.which("node")
    if not node:
        assert scripts.bundle("main.js").count("{") == scripts.bundle("main.js").count("}")
        return
    for entry in ENTRIES:
        joined = tmp_path / Path(entry).name
        joined.write_text(scripts.bundle(entry))
        subprocess.run([node, "--check", str(joined)], check=True)


def test_comments_stay_behind(tmp_path):
    write(tmp_path, one="// why\n/** what\n * @param {number} a */\nconst at = a => 'http://x'; // here\nat(1);\n")
    made = scripts.bundle("one.js", tmp_path)
    assert "why" not in made
    assert "@param" not in made
    assert "'http://x'; // here\nat(1);" in made


def test_the_types_of_the_wire_format_are_those_of_the_engine():
    types = (scripts.HERE / "types.d.ts").read_text()
    for name, made in vars(wire).items():
        if not hasattr(made, "__required_keys__") or name == "Recording":
            continue
        found = re.search(rf"export interface {name} \{{(.*?)\n?\}}\n", types, re.DOTALL)
        assert found, name
        body = re.sub(r"\{[^{}]*\}|//[^\n]*", "", found[1])
        told = {(key, bool(maybe)) for key, maybe in re.findall(r"(\w+)(\??): ", body)}
        hints = get_type_hints(made, include_extras=True)
        assert told == {(key, get_origin(hint) is NotRequired) for key, hint in hints.items()}, name
