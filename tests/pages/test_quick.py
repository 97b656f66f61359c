"""What the app does otherwise than Gradio as it starts is in use with the installed release, and says the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import gradio as gr
import gradio.blocks
import gradio.components.base
import gradio.events
import gradio.networking
import gradio.utils
import httpx
import pytest
from gradio.blocks import BlocksConfig

from pages.parts import quick, stubs
from pages.parts.asked import Asked

# A component of one's own in a folder where a stub could be written, imported as the app imports its own.
MADE = """
from pages.parts import stubs
{first}
import gradio as gr
{then}
import own
with gr.Blocks(analytics_enabled=False):
    own.Own().click(print)
"""
OWN = """
import gradio as gr

class Own(gr.HTML):
    EVENTS = [gr.events.Events.click]
"""


@pytest.mark.parametrize("told", [("stubs.unwritten()", ""), ("", "stubs.unwritten()"), ("", "")])
def test_no_stub_is_written_beside_a_component(tmp_path: Path, told: tuple[str, str]) -> None:
    """With the installed release; where nobody said so there is one, as a sign that this looks at the right place."""
    (tmp_path / "own.py").write_text(OWN)
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    command = [sys.executable, "-c", MADE.format(first=told[0], then=told[1])]
    settings = {**os.environ, "PYTHONPATH": paths, "GRADIO_ANALYTICS_ENABLED": "False"}
    subprocess.run(command, check=True, env=settings, capture_output=True, timeout=180)
    assert (tmp_path / "own.pyi").exists() == (not any(told))


def test_another_release_of_gradio_is_left_as_it_is() -> None:
    module = ModuleType("other")
    stubs._without(module)
    quick._instead(module, "get_upload_folder", print)
    assert not hasattr(module, "get_upload_folder")
    assert not hasattr(module, stubs.NAME)
    other: Any = SimpleNamespace()
    quick.described_once(other)
    quick.described_anew(other)
    assert vars(other) == {}


def small(kind: type[gr.Blocks]) -> gr.Blocks:
    """An app with what the pages have: events, one that stops another, a component whose functions a browser calls."""
    with kind(analytics_enabled=False) as demo:
        box, button, files = gr.Textbox(label="A"), gr.Button(), gr.FileExplorer()
        first = button.click(lambda text: text, box, box, api_name="first")
        button.click(lambda text: text, box, box, api_name="other")
        box.change(None, cancels=[first])
        files.change(None, files, None, js="() => {}")
    return demo


def told(demo: gr.Blocks) -> Any:
    """What it says of its components and events, numbered from 0."""
    config, lowest = demo.get_config_file(), min(demo.blocks)
    numbers = {block: block - lowest for block in demo.blocks}
    parts = [{**part, "id": numbers[part["id"]]} for part in config["components"]]
    events = [[(numbers.get(block), event) for block, event in one["targets"]] for one in config["dependencies"]]
    stopped = [one["cancels"] for one in config["dependencies"]]
    return parts, events, stopped, demo.get_api_info()


def test_an_app_says_of_itself_what_it_says_in_gradios_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    quick.remember()
    assert gradio.blocks.get_upload_folder is quick._upload_folder
    assert gradio.events.get_cancelled_fn_indices is quick._stopped
    ours = told(small(Asked))
    assert [0] in ours[2]
    assert any(part["props"].get("server_fns") == ["ls"] for part in ours[0])
    monkeypatch.setattr(gradio.components.base, "dir", dir)
    monkeypatch.setattr(gradio.blocks, "get_upload_folder", gradio.utils.get_upload_folder)
    monkeypatch.setattr(gradio.events, "get_cancelled_fn_indices", gradio.utils.get_cancelled_fn_indices)
    assert told(small(gr.Blocks)) == ours


def test_files_are_kept_where_gradio_is_told_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    quick.remember()
    for folder in ("one", "two"):
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / folder))
        assert str(tmp_path / folder) == gr.Textbox().GRADIO_CACHE
    monkeypatch.delenv("GRADIO_TEMP_DIR")
    assert gradio.utils.get_upload_folder() == gr.Textbox().GRADIO_CACHE


def test_an_app_is_described_once_as_it_starts_and_anew_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    described, gradios = list[int](), BlocksConfig.get_config

    def counted(config: BlocksConfig, *asked: Any) -> Any:
        described.append(len(config.blocks))
        return gradios(config, *asked)

    monkeypatch.setattr(BlocksConfig, "get_config", counted)
    demo = small(Asked)
    demo.launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
    try:
        assert described.count(len(demo.blocks)) == 1
        assert demo.config["components"] == demo.get_config_file()["components"]
        assert described.count(len(demo.blocks)) == 2
    finally:
        demo.close()


def test_an_app_whose_page_comes_slowly_starts_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradio.networking, "url_ok", lambda url: False)  # as after 3 seconds
    demo = small(Asked)
    _, address, _ = demo.launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
    try:
        assert httpx.get(address, timeout=60).status_code == 200
    finally:
        demo.close()


def test_what_is_added_to_an_app_is_described() -> None:
    demo = small(Asked)
    with demo:
        box = gr.Textbox()
    assert box._id in [part["id"] for part in demo.config["components"]]


def test_what_a_page_is_made_of_is_copied_whole_and_its_files_get_addresses_as_gradios_do() -> None:
    class Word(str):
        pass

    def page() -> Any:
        file = {"path": "a", "url": "/file=a", "meta": {"_type": "gradio.FileData"}}
        away = {**file, "url": "https://example.org/a"}
        odd = {1: None, "texts": ["x", {"y": (True, {"z": 2.5})}], "word": Word("w"), "set": {1, 2}}
        return {"parts": [{"value": file}, (file | {"path": "b"}, [away])], "path": "no file", **odd}

    quick.install()
    assert gradio.utils.safe_deepcopy is quick.copied
    assert gradio.processing_utils.add_root_url is quick.rooted
    mine, theirs = quick.copied(page()), quick._copied(page())
    assert mine == theirs == page()
    assert type(mine["word"]) is Word
    for before, root in ((None, "http://here"), ("http://here", "http://there")):
        mine, theirs = quick.rooted(mine, root, before), quick._rooted(theirs, root, before)
        assert mine["parts"][0] == theirs["parts"][0]
        assert mine["parts"][0]["value"]["url"] == f"{root}/file=a"
        assert list(mine["parts"][1]) == theirs["parts"][1]
        assert mine["parts"][1][1][0]["url"] == "https://example.org/a"
    kept = page()
    quick.copied(kept)["parts"][0]["value"]["url"] = "changed"
    assert kept == page()
