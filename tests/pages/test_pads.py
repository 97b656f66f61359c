"""The pads in a real browser: what is drawn, uploaded, picked or moved to is what the engine reads."""

from __future__ import annotations

import base64
import io
import json
import math
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlparse

import numpy as np
import pytest
from PIL import Image

from genai_demo.inputs.pictures import decode_picture, encode_picture, sample_picture
from genai_demo.inputs.points import MOST_POINTS, decode_points, encode_points
from pages.parts.pads.pads import PicturePad, PointPad
from pages.parts.plane.plane import LatentPlane, pack_points
from tests.pages import pads_app

pytestmark = pytest.mark.browser
WAIT = 30_000  # ms


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    demo = pads_app.build()
    demo.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, **pads_app.launch_options())
    yield f"http://127.0.0.1:{port}"
    demo.close()


class Site:
    """The demo app in a browser. `sent`: sizes of what was posted."""

    def __init__(self, page: Any) -> None:
        self.page, self.sent = page, []
        page.on("request", lambda request: self.sent.append(len(request.post_data_buffer or b"")))

    def seen(self) -> dict[str, Any]:
        """What Python got last."""
        return dict(json.loads(self.page.locator("#seen textarea").input_value() or "{}"))

    def until(self, pad: str, differs: Any = None) -> Any:
        """The value Python gets for a pad once it is another one than before."""
        self.page.wait_for_function(
            """([pad, old]) => { const text = document.querySelector('#seen textarea').value;
                return text && JSON.stringify(JSON.parse(text)[pad]) !== JSON.stringify(old); }""",
            arg=[pad, differs],
        )
        return self.seen()[pad]

    def press(self, pad: str, tool: str) -> None:
        self.page.click(f"#{pad} [data-do={tool}]")

    def drag(self, where: str, *shares: tuple[float, float], steps: int = 8, up: bool = True) -> None:
        """Along places given in shares of the element, x to the right and y down."""
        field = self.page.locator(where)
        field.scroll_into_view_if_needed()
        box, mouse = field.bounding_box(), self.page.mouse
        for k, (x, y) in enumerate(shares):
            mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=steps if k else 1)
            if k == 0:
                mouse.down()
        if up:
            mouse.up()

    def restore(
        self, picture: str = "sample:27", mask: str = "", points: str = "", plane: tuple[float, float] = (0, 0)
    ) -> None:
        values = [picture, mask, points, plane]
        self.page.fill("#link textarea", json.dumps(values))
        self.page.click("#restore")

    def says(self, pad: str, text: str) -> None:
        self.page.locator(f"#{pad} .pad-status", has_text=text).wait_for()

    def grey(self, pad: str) -> np.ndarray:
        """What the canvas of a picture pad shows, (28, 28, 3) uint8."""
        data = self.page.locator(f"#{pad} .pad-frame canvas").evaluate(
            "canvas => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data]"
        )
        return np.array(data, np.uint8).reshape(28, 28, 4)[..., :3]


@pytest.fixture(scope="module")
def opened(chromium: Any, address: str) -> Iterator[tuple[Site, list[str]]]:
    """One page for the module, and what went wrong on it: script errors, requests to another host."""
    page, faults = chromium.new_page(viewport={"width": 1280, "height": 900}), []
    page.set_default_timeout(WAIT)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: "js_on_load" in line.text and faults.append(line.text))
    page.on("request", lambda request: _elsewhere(request.url, address) and faults.append(request.url))
    page.goto(address)
    page.wait_for_selector("#plane .plane-classes button")
    page.locator("#picture .pad-status", has_text="pullover").wait_for()
    yield Site(page), faults
    page.close()


def _elsewhere(url: str, address: str) -> bool:
    return url.startswith(("http", "ws")) and urlparse(url).netloc != urlparse(address).netloc


@pytest.fixture
def site(opened: tuple[Site, list[str]]) -> Iterator[Site]:
    """The page with every pad and tool as at the start."""
    found, faults = opened
    found.page.evaluate("document.querySelectorAll('[data-do=brush], [data-do=small]').forEach(one => one.click())")
    pads_app.DELAY_S[0] = 0.0
    found.restore("sample:1", points=encode_points(np.zeros((1, 2))))
    found.says("points", "1 of")
    found.restore()
    found.says("points", "0 of")
    found.says("picture", "Test picture 27: pullover")
    found.page.locator("#plane .plane-at", has_text="x 0.00, y 0.00").wait_for()
    found.page.wait_for_function("document.querySelector('#seen textarea').value === ''")
    pads_app.CALLS.clear()
    pads_app.AT_ONCE[:] = [0, 0]
    yield found
    assert not faults


def file_of(picture: Image.Image, kind: str = "PNG", **more: Any) -> dict[str, Any]:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **more)
    return {"name": f"mine.{kind.lower()}", "mimeType": f"image/{kind.lower()}", "buffer": buffer.getvalue()}


def upload(site: Site, file: dict[str, Any]) -> None:
    site.page.locator("#picture input[type=file]").set_input_files(file)


def test_drawing_gives_a_picture_that_is_white_where_drawn(site: Site) -> None:
    site.press("picture", "clear")
    empty = site.until("picture", "sample:27")
    assert not decode_picture(empty).any()
    site.press("picture", "large")
    site.drag("#picture canvas", (0.25, 0.5), (0.75, 0.5), up=False)
    site.page.wait_for_timeout(150)
    assert site.seen()["picture"] == empty  # a value leaves the browser when the stroke ends
    site.page.mouse.up()
    drawn = decode_picture(site.until("picture", empty))
    assert drawn[13:15, 8:20].min() > 200
    assert not drawn[:9].any()
    assert not drawn[19:].any()
    assert np.array_equal(site.grey("picture")[..., 0], drawn)

    before = site.seen()["picture"]
    site.press("picture", "eraser")
    site.drag("#picture canvas", (0.5, 0.3), (0.5, 0.7))
    erased = decode_picture(site.until("picture", before))
    assert not erased[13:15, 13:15].any()
    assert erased[13:15, 8:10].min() > 200
    value = site.seen()["picture"]
    site.press("picture", "undo")
    assert np.array_equal(decode_picture(site.until("picture", value)), drawn)


def test_keys_draw_without_a_mouse(site: Site) -> None:
    site.press("picture", "clear")
    empty = site.until("picture", "sample:27")
    site.page.focus("#picture canvas")
    for key in ("ArrowLeft", "ArrowUp", " "):
        site.page.keyboard.press(key)
    drawn = decode_picture(site.until("picture", empty))
    assert np.all(np.abs(np.argwhere(drawn > 100).mean(0) - 12.5) < 1)


def test_a_picture_20000_pixels_wide_is_shrunk_before_it_leaves_the_browser(site: Site) -> None:
    file = file_of(Image.fromarray(np.random.default_rng(0).integers(128, 256, (20, 20_000), np.uint8)))
    assert len(file["buffer"]) > 200_000
    site.sent.clear()
    upload(site, file)
    shrunk = decode_picture(site.until("picture", "sample:27"))
    site.says("picture", "20000 × 20, shrunk to 28 × 28")
    assert max(site.sent) < 20_000
    rows = np.flatnonzero(shrunk.any(1))
    assert len(rows) == 1
    assert abs(rows[0] - 13.5) < 1
    assert abs(shrunk[rows[0]].mean() - 191) < 12

    value = site.seen()["picture"]
    site.page.click("#picture .pad-invert")
    assert np.array_equal(decode_picture(site.until("picture", value)), 255 - shrunk)


def test_alpha_goes_over_black_and_the_first_frame_counts(site: Site) -> None:
    clear = np.full((64, 64, 4), 255, np.uint8)
    clear[:, 32:, 3] = 0
    upload(site, file_of(Image.fromarray(clear)))
    picture = decode_picture(value := site.until("picture", "sample:27"))
    assert picture[:, :13].min() > 250
    assert picture[:, 15:].max() < 5

    first, second = (Image.new("L", (28, 14), level) for level in (255, 0))
    upload(site, file_of(first, "GIF", save_all=True, append_images=[second], duration=50))
    film = decode_picture(site.until("picture", value))
    assert film[7:21].min() > 250
    assert not film[:7].any()
    assert not film[21:].any()


def test_what_is_no_picture_gets_a_sentence_and_changes_nothing(site: Site) -> None:
    for name, content in (("notes.txt", b"just words"), ("empty.png", b""), ("cut.png", b"\x89PNG\r\n\x1a\nbroken")):
        upload(site, {"name": name, "mimeType": "text/plain", "buffer": content})
        site.says("picture", f"{name} is no picture that can be read; choose a PNG or a JPEG.")
    assert np.array_equal(site.grey("picture")[..., 0], sample_picture(27))
    assert site.seen() == {}


def test_test_pictures_are_picked_from_the_grid_and_stepped_through(site: Site) -> None:
    site.press("picture", "pick")
    site.page.click("#picture dialog [data-n='42']")
    assert site.until("picture", "sample:27") == "sample:42"
    site.says("picture", "Test picture 42: coat")
    site.press("picture", "next")
    assert site.until("picture", "sample:42") == "sample:43"
    site.press("picture", "undo")
    assert site.until("picture", "sample:43") == "sample:42"
    assert np.array_equal(site.grey("picture")[..., 0], sample_picture(42))


def test_mask_is_drawn_over_the_picture_of_the_other_pad(site: Site) -> None:
    site.says("mask", "50 % is painted anew")
    left = site.grey("mask")[:, :14]
    assert np.array_equal(left[..., 0], sample_picture(27)[:, :14])
    site.press("mask", "middle")
    middle = decode_picture(value := site.until("mask", ""))
    assert middle[8:20, 8:20].min() == 255
    assert np.count_nonzero(middle) == 144
    site.press("mask", "half")
    assert site.until("mask", value) == ""

    site.press("mask", "clear")
    site.says("mask", "Nothing marked yet")
    cleared = site.until("mask", "")
    site.press("mask", "large")
    site.drag("#mask canvas", (0.2, 0.2), (0.2, 0.8))
    drawn = decode_picture(site.until("mask", cleared))
    assert set(np.unique(drawn)) == {0, 255}
    assert drawn[6:22, 4:7].min() == 255
    assert not drawn[:, 14:].any()
    site.press("picture", "next")
    site.page.wait_for_function("document.querySelector('#picture .pad-status').textContent.includes('28')")
    assert np.array_equal(site.grey("mask")[:, 14:, 0], sample_picture(28)[:, 14:])


def test_points_decode_to_what_was_drawn(site: Site) -> None:
    value, wanted = None, [(0.25, 0.25), (0.5, 0.5), (0.9, 0.7)]
    for place in wanted:
        site.drag("#points canvas", place)
        value = site.until("points", value or "")
    reach = 127 / 84
    expected = [((2 * x - 1) * reach, (1 - 2 * y) * reach) for x, y in wanted]
    assert np.abs(decode_points(value) - np.array(expected)).max() < 0.03
    site.says("points", f"3 of {MOST_POINTS} points")

    site.drag("#points canvas", (0.2, 0.9), (0.8, 0.9), steps=20)
    sprayed = decode_points(value := site.until("points", value))[3:]
    assert len(sprayed) > 15
    assert np.abs(sprayed[:, 1] + 0.8 * reach).max() < 0.15
    site.press("points", "eraser")
    site.press("points", "large")
    site.drag("#points canvas", (0.1, 0.9), (0.9, 0.9), steps=30)
    value = site.until("points", value)
    assert np.abs(decode_points(value) - np.array(expected)).max() < 0.03
    site.press("points", "clear")
    assert site.until("points", value) == ""


def test_no_more_points_than_the_limit(site: Site) -> None:
    site.restore(points=encode_points(np.random.default_rng(0).uniform(-1, 1, (MOST_POINTS - 1, 2))))
    site.says("points", f"{MOST_POINTS - 1} of")
    site.drag("#points canvas", (0.2, 0.2), (0.8, 0.8))
    assert len(decode_points(site.until("points", ""))) == MOST_POINTS
    site.says("points", "erase some")


def test_values_set_by_the_page_are_shown(site: Site) -> None:
    cross = np.zeros((28, 28), np.uint8)
    cross[10:12], cross[:, 5] = 200, 90
    site.restore(encode_picture(cross), encode_picture(np.eye(28, dtype=np.uint8) * 255), "", (1, 2))
    site.says("picture", "Your drawing")
    assert np.array_equal(site.grey("picture")[..., 0], cross)
    site.says("mask", "4 % is painted anew")
    site.page.locator("#plane .plane-at", has_text="x 1.00, y 2.00").wait_for()
    wait_for_picture(site, 1, 2)
    site.restore("no picture at all")
    site.says("picture", "could not be read")


def test_a_pad_in_a_tab_opened_later_is_whole(site: Site) -> None:
    site.page.wait_for_timeout(300)
    site.page.get_by_role("tab", name="Later").click()
    site.says("later", "Test picture 5: t-shirt")
    assert np.array_equal(site.grey("later")[..., 0], sample_picture(5))


def wait_for_picture(site: Site, x: float, y: float, negative: bool = False) -> None:
    shown = pads_app.disc(x, y)
    site.page.wait_for_function(
        "uri => document.querySelector('#plane img').src === uri", arg=pads_app.uri(255 - shown if negative else shown)
    )


def settled() -> tuple[float, float]:
    """The last place asked for, once nothing has been asked for a while."""
    seen = -1
    while seen != len(pads_app.CALLS):
        seen = len(pads_app.CALLS)
        time.sleep(0.4)
    return pads_app.CALLS[-1]


FIELD = "#plane .plane-field canvas"


def test_a_click_on_the_plane_brings_the_picture_decoded_there(site: Site) -> None:
    site.drag(FIELD, (0.75, 0.25))
    place = site.until("plane")
    assert abs(place["x"] - 2) < 0.05
    assert abs(place["y"] - 2) < 0.05
    wait_for_picture(site, *settled())
    assert all(math.isclose(a, b, abs_tol=1e-3) for a, b in zip(pads_app.CALLS[-1], place.values()))
    site.page.keyboard.press("ArrowLeft")
    assert abs(site.until("plane", place)["x"] - place["x"] + 0.1) < 0.001
    site.page.keyboard.press("Home")
    wait_for_picture(site, 0, 0)


def test_a_rapid_drag_asks_one_at_a_time_and_ends_at_the_last_place(site: Site) -> None:
    pads_app.DELAY_S[0] = 0.06
    site.drag(FIELD, (0.1, 0.1), (0.6, 0.4), (0.25, 0.75), steps=60)
    place = site.until("plane")
    wait_for_picture(site, *settled())
    assert pads_app.AT_ONCE[1] == 1
    assert len(pads_app.CALLS) < 100
    assert abs(place["x"] + 2) < 0.05
    assert all(math.isclose(a, b, abs_tol=1e-3) for a, b in zip(pads_app.CALLS[-1], place.values()))


def test_an_error_of_the_decoder_is_a_sentence_and_another_model_decodes_anew(site: Site) -> None:
    site.drag(FIELD, (0.999, 0.001))
    site.page.locator("#plane .plane-note", has_text="x is past 3.9; stay within the plane").wait_for()
    site.drag(FIELD, (0.5, 0.5))
    wait_for_picture(site, *settled())
    site.page.click("#other")
    site.page.wait_for_timeout(100)
    wait_for_picture(site, *settled(), negative=True)


def test_touch_draws(chromium: Any, address: str) -> None:
    pads_app.CALLS.clear()
    page = chromium.new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.set_default_timeout(WAIT)
    page.goto(address)
    site = Site(page)
    page.wait_for_selector("#plane .plane-classes button")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#points canvas").tap()
    assert len(decode_points(site.until("points", ""))) == 1
    assert pads_app.CALLS == []  # the plane has asked nothing yet
    page.close()


@pytest.mark.parametrize(
    "junk", [None, "x", 3, [], ["a", "b"], {"x": "nan", "y": 1e999}, {"z": 1}, {"x": [1], "y": {}}]
)
def test_junk_from_a_client_becomes_a_place_within_the_plane(junk: Any) -> None:
    plane = LatentPlane(lambda x, y: "", limit=3, render=False)
    place = plane.preprocess(junk)
    assert set(place) == {"x", "y"}
    assert all(abs(v) <= 3 for v in place.values())
    assert set(plane.decode_at(junk)) == {"picture"}


def test_values_may_be_arrays_and_text() -> None:
    picture = sample_picture(3)
    assert np.array_equal(decode_picture(PicturePad(picture, render=False).value), picture)
    assert decode_points(PointPad(np.array([[0.5, -0.5]]), render=False).value).round(2).tolist() == [[0.5, -0.5]]
    assert LatentPlane(lambda x, y: "", "1.5, 9", render=False).value == {"x": 1.5, "y": 4.0}
    assert PicturePad(render=False).preprocess(["no text"]) == ""
    raw = np.frombuffer(base64.b64decode(pack_points([[1, -2], [9, float("nan")]], 4)), "<i2")
    assert raw.tolist() == [8192, -16384, 32767, 0]
