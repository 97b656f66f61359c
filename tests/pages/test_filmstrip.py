"""The film strip by itself, on made-up frames: painting, keys, curves, exports that carry their recipe."""

from __future__ import annotations

import base64
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from genai_demo.results import read_recipe
from tests.pages import film_app

pytestmark = pytest.mark.browser
DONE = "([id, n]) => { const f = document.querySelector(`#${id} .film`); return f && +f.dataset.received === n && f.dataset.done === 'true' }"  # noqa: E501


@pytest.fixture(scope="module")
def strips() -> Iterator[str]:
    demo = film_app.build()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    demo.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, **film_app.launch_options())
    yield f"http://127.0.0.1:{port}"
    demo.close()


@pytest.fixture
def page(chromium: Any, strips: str) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(strips)
    page.wait_for_selector("#pictures .film")
    yield page
    context.close()


def _at(page: Any, name: str, text: str) -> None:
    page.wait_for_function(
        "([id, text]) => document.querySelector(`#${id} .film-at`).textContent === text", arg=[name, text]
    )


def _run(page: Any) -> None:
    page.click("#start")
    page.wait_for_function(DONE, arg=["pictures", 60])


def test_every_frame_arrives_and_the_last_is_painted(page):
    _run(page)
    _at(page, "pictures", "step 60 / 60")
    assert page.locator("#pictures .film-lane canvas").count() == 4  # three sheets and a curve
    assert "0.42 s, 11 ms per step" in page.locator("#pictures").inner_text()


def test_keys_step_play_and_pause(page):
    _run(page)
    page.locator("#pictures .film").focus()
    page.keyboard.press("Home")
    _at(page, "pictures", "step 1 / 60")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    _at(page, "pictures", "step 3 / 60")
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('#pictures .film')?.dataset.playing === 'true'")
    page.wait_for_function("+document.querySelector('#pictures .film')?.dataset.painted > 6")
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('#pictures .film')?.dataset.playing === 'false'")


def test_a_click_on_a_curve_goes_to_its_frame(page):
    page.wait_for_function(DONE, arg=["planes", 40])
    curve = page.locator("#planes .film-curve canvas").first
    curve.scroll_into_view_if_needed()
    box = curve.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    page.wait_for_function("+document.querySelector('#planes .film')?.dataset.painted < 25")


def test_stop_keeps_what_was_drawn(page):
    page.click("#slow")
    page.wait_for_function("+document.querySelector('#pictures .film')?.dataset.received >= 4")
    page.click("#stop")
    page.wait_for_timeout(800)
    kept = page.locator("#pictures .film").get_attribute("data-received")
    page.wait_for_timeout(600)
    assert page.locator("#pictures .film").get_attribute("data-received") == kept
    assert 4 <= int(kept) < 40


@pytest.mark.parametrize(("kind", "frames"), [("png", 1), ("gif", 60), ("json", 0)])
def test_an_export_carries_the_recipe(page, tmp_path: Path, kind, frames):
    _run(page)
    page.click("#pictures .film-export summary")
    with page.expect_download() as found:
        page.click(f"#pictures [data-as={kind}]")
    path = tmp_path / f"export.{kind}"
    found.value.save_as(path)
    recipe, _ = read_recipe(path)
    assert recipe.run == film_app.RECIPE["run"]
    assert recipe.options["word"] == "Grüße"
    assert recipe.seed == 7
    if frames:
        with Image.open(path) as picture:
            assert getattr(picture, "n_frames", 1) == frames


VIDEO = """data => new Promise((done, failed) => {
  const video = Object.assign(document.createElement('video'), {muted: true, src: data});
  video.onended = () => done([video.videoWidth, video.videoHeight, video.currentTime]);
  video.onerror = failed;
  video.play();
})"""


def test_the_film_is_exported_as_a_video_that_plays(page, tmp_path: Path):
    _run(page)
    page.click("#pictures .film-export summary")
    with page.expect_download() as found:
        page.click("#pictures [data-as=webm]")
    assert found.value.suggested_filename == "dummy-film-seed-7.webm"
    found.value.save_as(tmp_path / "film.webm")
    raw = (tmp_path / "film.webm").read_bytes()
    assert raw[:4] == b"\x1a\x45\xdf\xa3"
    width, height, seconds = page.evaluate(VIDEO, "data:video/webm;base64," + base64.b64encode(raw).decode())
    assert width >= 320
    assert height >= 200
    assert seconds > 3  # a film lasts about six seconds; pictures that were late are left out, none comes early


def test_what_is_posted_as_an_input_is_only_an_index(page):
    _run(page)
    page.click("#ask")
    page.wait_for_function("document.querySelector('#seen textarea, #seen input').value.includes('index')")
    assert re.fullmatch(r"\{'index': \d+\}", page.locator("#seen textarea, #seen input").first.input_value())
