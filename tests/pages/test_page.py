"""The page builder, with an architecture made for the test: a package in a folder of its own, without a model."""

from __future__ import annotations

import ast
import gzip
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

import genai_demo
import pages
from genai_demo.core import registry
from genai_demo.core import run as run_module
from genai_demo.results import recording
from pages.parts import info, opening, page
from pages.parts.bench import Bench
from pages.parts.film.recorded import ROUTE, recorded

NAME, PATH = "line_drawing", "line-drawing"
RUN = f"{NAME}/draw"
PACKAGE = f'''
from genai_demo.core.options import Options, option
from genai_demo.core.registry import Family
from genai_demo.core.run import Run


class DrawOptions(Options):
    steps: int = option(3, "How many steps", at_least=1, at_most=9)


FAMILY = Family("Line drawing", "Systems", "Made for a test.")
RUNS = [Run("{RUN}", "Draws", DrawOptions, "genai_demo.{NAME}:draw")]


def draw(options, *, seed):
    yield from ()
'''


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pages.Page]:
    """The page `line-drawing` of the package `line_drawing`, which declares RUNS and no SPECS."""
    folder = tmp_path / NAME
    folder.mkdir()
    (folder / "__init__.py").write_text(PACKAGE)
    (folder / "samples.png").write_bytes(b"a picture")
    monkeypatch.setattr(genai_demo, "__path__", [*genai_demo.__path__, str(tmp_path)])
    found = pages.Page(PATH, "Line drawing", "Made for a test.", "Systems", (), NAME)
    monkeypatch.setattr(pages, "PAGES", (*pages.PAGES, found))
    module = types.ModuleType(f"pages.{NAME}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(run_module, "all_runs", lambda: {entry.name: entry for entry in registry.declared("RUNS")})
    for cache in (registry.packages, registry.families):
        cache.cache_clear()
    yield found
    sys.modules.pop(f"genai_demo.{NAME}", None)
    for cache in (registry.packages, registry.families):
        cache.cache_clear()


def test_a_package_with_runs_alone_is_found(made: pages.Page) -> None:
    assert NAME in registry.packages()
    assert RUN in run_module.all_runs()
    assert registry.part(NAME, "quality") is None


def test_a_page_without_models_is_built(made: pages.Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pages" / "text" / PATH).mkdir(parents=True)
    (tmp_path / "pages" / "text" / PATH / "how.md").write_text("It draws.")
    monkeypatch.setattr(info, "__file__", str(tmp_path / "pages" / "parts" / "info.py"))
    with gr.Blocks() as demo, opening.opening(demo):
        page.build_page(PATH, [Bench("Draw", RUN)])
    tabs = [block.label for block in demo.blocks.values() if isinstance(block, gr.Tab)]
    assert tabs == ["Draw", "How it works", "Code", "Data and quality"]


def test_a_page_finds_the_table_and_the_sheet_of_its_package(made: pages.Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(info, "render", lambda name: f"the table of {name} ![](samples.png)")
    text = info._quality(made)
    assert f"the table of {NAME}" in text
    assert f"(./sheets/{NAME}.png)" in text


def test_the_sheet_is_served_by_the_name_of_the_package(
    app: Any, made: pages.Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "PAGES", pages.PAGES)
    asked = TestClient(Starlette(routes=[Route("/sheets/{name}.png", app._sheet)]))
    assert asked.get(f"/sheets/{NAME}.png").content == b"a picture"
    assert asked.get(f"/sheets/{PATH}.png").status_code == 404
    assert asked.get("/sheets/classifier.png").status_code == 404, "it has no page"


def test_a_damaged_recording_is_logged_and_leaves_the_stage_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recording, "RECORDINGS", tmp_path)
    recording.recording_path("vae/sample").write_bytes(gzip.compress(b"{"))
    assert recorded("vae/sample") is None
    assert "vae/sample" in caplog.text


def test_a_mistake_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(run: str) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(recording, "beginning", read)
    with pytest.raises(ZeroDivisionError):
        recorded("vae/sample")


def test_a_recording_is_kept_by_the_browser_and_named_by_its_content() -> None:
    value = recorded("vae/sample")
    assert value is not None
    asked = TestClient(Starlette(routes=[ROUTE]))
    first = asked.get(value["from"].removeprefix("."))
    assert "immutable" in first.headers["cache-control"]
    assert first.json()["recipe"] == value["recipe"]
    assert first.headers["content-encoding"] == "gzip"
    bare = value["from"].removeprefix(".").partition("?")[0]
    again = asked.get(bare, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["cache-control"]) == (304, b"", "no-cache")
    assert asked.get(bare, headers={"Accept-Encoding": "identity"}).json() == first.json()
    assert asked.get("/recordings/none.json").status_code == 404


def test_shared_parts_import_no_architecture() -> None:
    """What is of one architecture lies beside its page, or is handed in."""
    architectures = {f"genai_demo.{name}" for name in registry.families()}
    own = {f"pages.{name}" for name in registry.families()}
    for path in (Path(pages.__file__).parent / "parts").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            named: set[str] = set()
            if isinstance(node, ast.Import):
                named = {one.name for one in node.names}
            elif isinstance(node, ast.ImportFrom):
                named = {str(node.module), *(f"{node.module}.{one.name}" for one in node.names)}
            known = {name for name in named if ".".join(name.split(".")[:2]) in architectures | own}
            assert not known, f"{path.name} knows {known}"


def test_the_app_names_no_page(app: Any) -> None:
    text = Path(str(app.__file__)).read_text()
    for one in pages.PAGES:
        if one.path:
            assert f"pages.{one.path}" not in text
            assert f"import {one.path}" not in text
