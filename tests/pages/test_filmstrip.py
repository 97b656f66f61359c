"""The film strip by itself, on made-up frames: painting, keys, curves, exports that carry their recipe."""

from __future__ import annotations

import base64
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
from PIL import Image

from genai_demo.results.files import read_recipe
from pages import parts
from tests.pages import film_app
from tests.pages.conftest import leave, newcomer

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
    page = newcomer(chromium, strips)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.goto(strips)
    page.wait_for_selector("#pictures .film")
    yield page
    leave(page)
    assert not faults


def _at(page: Any, name: str, text: str) -> None:
    page.wait_for_function(
        "([id, text]) => document.querySelector(`#${id} .film-at`).textContent === text", arg=[name, text]
    )


def _run(page: Any) -> None:
    page.click("#start")
    page.wait_for_function(DONE, arg=["pictures", 60])


def test_every_frame_arrives_and_the_last_is_painted(page):
    _run(page)
    _at(page, "pictures", "step 60 of 60")
    assert page.locator("#pictures .film-lane canvas").count() == 4  # three sheets and a curve
    assert "0.42 s, 11 ms per step" in page.locator("#pictures").inner_text()


def test_keys_step_play_and_pause(page):
    _run(page)
    page.locator("#pictures .film").focus()
    page.keyboard.press("Home")
    _at(page, "pictures", "step 1 of 60")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    _at(page, "pictures", "step 3 of 60")
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


@pytest.mark.parametrize(("kind", "frames"), [("png", 1), ("slide", 1), ("gif", 60), ("json", 0)])
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
            assert kind != "slide" or picture.size == (1920, 1080)


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


def _texts(page: Any, lane: str = "") -> Any:
    page.wait_for_selector("#texts .film-row")
    return page.locator(f"#texts {lane}")


def _go(page: Any, name: str, step: int) -> None:
    """To a step of a recorded film, by keys, whatever it was playing."""
    page.wait_for_function(f"document.querySelector('#{name} .film')?.dataset.done === 'true'")
    page.locator(f"#{name} .film").focus()
    page.keyboard.press("Home")
    for _ in range(step - 1):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "([name, pos]) => +document.querySelector(`#${name} .film`).dataset.painted === pos", arg=[name, step - 1]
    )


def _seen(page: Any) -> str:
    page.wait_for_function("document.querySelector('#seen textarea, #seen input').value.startsWith('picked')")
    return page.locator("#seen textarea, #seen input").first.input_value()


SAID = "[...document.querySelectorAll('#texts .film-tok:not(.later)')].map(one => one.textContent).join('')"


def test_markup_in_a_token_is_shown_as_text(page):
    strip = _texts(page, ".film")
    _go(page, "texts", 12)
    assert "<script>" in page.evaluate(SAID)
    assert strip.locator("script").count() == 0
    assert strip.locator(".film-ranked .label b").count() == 0
    assert "<b>no</b>" in strip.locator(".film-ranked").inner_text()


def test_tokens_grow_and_follow_the_step(page):
    _go(page, "texts", 2)
    two = page.evaluate(SAID)
    assert two == "Write a short diary.⏎The lighthouse"
    _go(page, "texts", 4)
    assert page.evaluate(SAID) == two + " keeper wrote"
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("+document.querySelector('#texts .film').dataset.painted === 2")
    assert page.evaluate(SAID) == two + " keeper"
    assert page.locator("#texts .film-tok.now").inner_text().strip() == "keeper"


def test_a_click_on_a_token_goes_to_its_frame_and_tells_the_page(page):
    _go(page, "texts", 8)
    page.locator("#texts .film-tok", has_text="lighthouse").click()
    page.wait_for_function("+document.querySelector('#texts .film').dataset.painted === 1")
    assert _seen(page) == "picked answer, frame 1, item 6, id 101, ' lighthouse'"


def test_tokens_are_reached_by_keys_and_say_their_probability(page):
    _go(page, "texts", 5)
    page.locator("#texts .film-tok[tabindex='0']").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    tip = page.locator("#texts .film-tip")
    assert "·lighthouse" in tip.inner_text()
    assert re.search(r"probability \d+\.\d+\s%", tip.inner_text())
    assert "token 101" in tip.inner_text()
    page.keyboard.press("Enter")
    assert "item 6" in _seen(page)


@pytest.mark.parametrize(("lane", "says"), [("next token", "id 302"), ("from logits to the choice", "id 302")])
def test_a_bar_is_a_button_that_tells_the_page(page, lane, says):
    _go(page, "texts", 3)
    kind = "ranked" if lane == "next token" else "stages"
    row = page.locator(f"#texts .film-{kind} button.film-row").nth(2)
    assert row.get_attribute("aria-label").startswith("go on with “")
    row.click()
    assert _seen(page).startswith(f"picked {lane}, frame 2, item 2, {says}")


def test_what_a_stage_drops_stays_dropped(page):
    _go(page, "texts", 3)
    columns = page.locator("#texts .film-column")
    dropped = [
        set(columns.nth(k).locator("[data-kind=off]").evaluate_all("rows => rows.map(row => row.dataset.key)"))
        for k in range(5)
    ]
    assert not dropped[0]
    assert dropped[2] < dropped[3] == dropped[4]
    assert columns.nth(4).locator("[data-kind=picked]").count() <= 1


def test_a_matrix_names_row_and_column_under_the_pointer(page):
    _go(page, "texts", 9)
    canvas, read = page.locator("#texts .film-matrix canvas").first, page.locator("#texts .film-read").first
    canvas.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    assert re.fullmatch(r"“·short” → “·a”: \d.*", read.inner_text())
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert read.inner_text() == "“Write” may not look at “·a”"
    page.locator("#texts .film").focus()
    page.keyboard.press("End")
    page.wait_for_function("+document.querySelector('#texts .film').dataset.painted === 39")
    assert not canvas.is_visible(), "a frame without it leaves no gap"
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("+document.querySelector('#texts .film').dataset.painted === 38")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] - 8)
    assert "most at" in read.inner_text(), "the name of a row is pointed at"
    page.mouse.move(box["x"] + box["width"] - 8, box["y"] + box["height"] - 8)
    assert "→" in read.inner_text()


def test_a_small_map_becomes_the_large_one(page):
    _go(page, "texts", 5)
    page.locator("#texts .film-map").nth(3).click()
    page.wait_for_function("document.querySelector('#texts .film-read').textContent.startsWith('head 4')")
    page.keyboard.press("ArrowRight")
    assert page.locator("#texts .film-map").nth(3).get_attribute("aria-pressed") == "true"


def test_two_hundred_tokens_stream_in_order(page):
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    _texts(page)
    page.evaluate(
        "document.querySelector('#texts').addEventListener('film-shown', event => { window.last = event.detail; })"
    )
    page.click("#fast")
    page.wait_for_function(DONE, arg=["texts", 200])
    _at(page, "texts", "step 200 of 200")
    steps = page.locator("#texts .film-tok").evaluate_all("all => all.map(one => one.frame)")
    assert len(steps) == 205
    assert steps == sorted(steps)
    assert page.evaluate("[last.index, last.frames.length, last.done, last.badge]") == [199, 200, True, "live"]
    assert not errors


def test_text_lanes_are_in_an_exported_picture(page, tmp_path: Path):
    _go(page, "texts", 7)
    page.click("#texts .film-export summary")
    with page.expect_download() as found:
        page.click("#texts [data-as=png]")
    found.value.save_as(tmp_path / "film.png")
    with Image.open(tmp_path / "film.png") as picture:
        width, height = picture.size
        inked = sum(1 for _, colour in picture.convert("RGB").resize((200, 400)).getcolors(80_000) if min(colour) < 200)
    assert 900 < height <= 2000
    assert width > 600
    assert inked > 50, "there is more than an empty page"


COUNTED = """(() => {
  const counted = window.counted = {listeners: 0, observers: 0};
  for (const kind of ['MutationObserver', 'ResizeObserver']) {
    window[kind] = class extends window[kind] {
      observe(...given) { if (!this.on) { this.on = true; counted.observers += 1; } super.observe(...given); }
      disconnect() { if (this.on) { this.on = false; counted.observers -= 1; } super.disconnect(); }
    };
  }
  const add = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (name, does, options) {
    if (this === document || this === window || this === document.body) {
      counted.listeners += 1;
      if (options?.signal) add.call(options.signal, 'abort', () => { counted.listeners -= 1; });
    }
    return add.call(this, name, does, options);
  };
})()"""
MOUNTED = """async () => {
  const rest = () => new Promise(done => setTimeout(done, 100));
  const {run, recipe, frames} = document.querySelector('#planes .film').told;
  const html = document.querySelector('#pictures .film').outerHTML, seen = [{...counted}];
  for (let k = 0; k < 4; k++) {
    const element = Object.assign(document.createElement('div'), {innerHTML: html});
    const props = {value: {run: `${run}-${k}`, recipe, frames, done: true, badge: 'recorded'}};
    document.body.append(element);
    atlas.mount(parts => parts.film({element, props, trigger() {}, watch() {}, server: null, SETTINGS: {}}));
    await rest();
    seen.push({...counted});
    element.remove();
    await rest();
    seen.push({...counted});
  }
  return seen;
}"""


def test_what_a_mount_adds_to_the_page_goes_with_it(chromium, strips):
    context = chromium.new_context()
    page = context.new_page()
    page.add_init_script(COUNTED)
    page.goto(strips)
    page.wait_for_function(DONE, arg=["planes", 40], timeout=60_000)
    before, *seen = page.evaluate(MOUNTED)
    context.close()
    assert all(there["listeners"] > before["listeners"] for there in seen[::2])
    assert all(there["observers"] >= before["observers"] + 3 for there in seen[::2])
    assert all(after == before for after in seen[1::2])


WRITTEN = [
    (1.0, "1"),
    (1_234_567, "1,234,567"),
    (0.00179053, "0.00179"),
    (1.02e-7, "1.02\u202f\u00d7\u202f10\u207b\u2077"),
    (-3e12, "\u22123.00\u202f\u00d7\u202f10\u00b9\u00b2"),
    (1e-9, "10\u207b\u2079"),
    (None, "\u2013"),
    (True, "yes"),
]


def test_numbers_are_written_as_people_write_them(chromium):
    page = newcomer(chromium, "http://parts.test")
    page.route("http://parts.test/**", _part)
    page.goto("http://parts.test/none.html")
    said = (
        "async values => { const {readable} = await import('/film/draw.js'); return values.map(one => readable(one)); }"
    )
    assert page.evaluate(said, [value for value, _ in WRITTEN]) == [text for _, text in WRITTEN]
    units = "async values => { const {unitOf} = await import('/film/words.js'); return values.map(unitOf); }"
    asked = [(1, "pictures"), (0, "pictures"), (1, "%"), (None, "pictures"), (3, "")]
    found = page.evaluate(units, [{"value": value, "unit": unit} for value, unit in asked])
    assert found == ["picture", "pictures", "%", "", ""]
    leave(page)


def _part(route: Any) -> None:
    """A part's script as it lies in the folder."""
    path = Path(parts.__file__).parent / urlparse(route.request.url).path[1:]
    if path.suffix == ".js":
        route.fulfill(path=path, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html>", content_type="text/html")
