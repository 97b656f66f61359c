"""The app served once a worker on a free port, with a page of dummy runs added, and Debian's chromium to visit it."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from urllib.parse import urlparse

import pytest

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Each new window would load the address bar's list of proposals, a page of its own: a fifth of what a visit costs.
    # The last such line counts, so playwright's own names that matter here stand in it too.
    "--disable-features=AvoidUnnecessaryBeforeUnloadCheckSync,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,PaintHolding,"
    "MediaRouter,OptimizationHints,ThirdPartyStoragePartitioning,Translate,WebUIOmniboxPopup,WebUIOmniboxAimPopup,"
    "WebUIOmniboxFullPopup,PreloadTopChromeWebUI",
]
WAIT = 60_000  # ms; two slow cores, of which one may be busy
POLICY = "Content Security Policy"  # what a browser says where a page does what its policy does not allow


@pytest.fixture(scope="session")
def app() -> ModuleType:
    """The app's module, with the page of dummy runs; imported here, so that no test has it without that page."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from tests.pages import dummy

    dummy.install()
    import app

    return app


@pytest.fixture(scope="session")
def base_url(app: Any) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    from pages.parts.stream import BATCHED, TURNS

    app.demo.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, **app.launch_options())
    yield f"http://127.0.0.1:{port}"
    app.demo.close()
    until = time.monotonic() + 20  # a run that was left ends at its next frame; torch must not be cut off
    while (len(TURNS) or len(BATCHED)) and time.monotonic() < until:
        time.sleep(0.05)


@pytest.fixture(scope="session")
def client(base_url: str) -> Iterator[Any]:
    from gradio_client import Client

    made = Client(base_url, verbose=False, httpx_kwargs={"timeout": 60})
    yield made
    made.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()


LEFT: list[Any] = []  # contexts that earlier tests are done with


def newcomer(chromium: Any, address: str, width: int = 1280, dark: bool = False) -> Any:
    """A window of somebody who was never here; what an earlier one fetched and compiled is used again."""
    context = LEFT.pop() if LEFT else chromium.new_context(accept_downloads=True)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": address, "storageTypes": "all"})
    session.detach()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_default_timeout(WAIT)
    return page


def leave(page: Any) -> None:
    """Closes the window, and all that it opened."""
    context = page.context
    for one in context.pages:
        one.close()
    context.clear_permissions()
    LEFT.append(context)


@contextlib.contextmanager
def visits(chromium: Any, base_url: str) -> Iterator[Callable[..., Any]]:
    """Inside, visit("diffusion?seed=1", width=390, dark=True) -> a page of a new visitor. Script errors, requests
    elsewhere and what the pages' policy does not allow fail at the end."""
    pages, faults = [], []

    def open_page(path: str = "", width: int = 1280, dark: bool = False) -> Any:
        page = newcomer(chromium, base_url, width, dark)
        pages.append(page)
        page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
        page.on("console", lambda line: POLICY in line.text and faults.append(line.text[:300]))
        page.on("request", lambda request: _elsewhere(request.url, base_url) and faults.append(request.url))
        page.goto(f"{base_url}/{path}")
        page.wait_for_selector("header.atlas")
        return page

    yield open_page
    for page in pages:
        leave(page)
    assert not faults


@pytest.fixture
def visit(chromium: Any, base_url: str) -> Iterator[Callable[..., Any]]:
    """visit("diffusion?seed=1", width=390, dark=True) -> a page. Script errors and requests elsewhere fail the test."""
    with visits(chromium, base_url) as open_page:
        yield open_page


def _elsewhere(url: str, base_url: str) -> bool:
    return url.startswith(("http", "ws")) and urlparse(url).netloc != urlparse(base_url).netloc


def live(page: Any, bench: str) -> Any:
    """Waits until a film that is computed now is whole and its last frame on the stage. -> its frames."""
    page.wait_for_function(
        """bench => {
            const told = document.querySelector(`#${bench}-strip .film`)?.told;
            return told?.done && told.badge === 'live' && told.index === told.frames.length - 1;
        }""",
        arg=bench,
    )
    return page.evaluate(f"document.querySelector('#{bench}-strip .film').told.frames")


class Film:
    """A film strip on a page, by the id of its bench: "p-dummy-squares"."""

    def __init__(self, page: Any, bench: str) -> None:
        self.page, self.bench = page, bench
        self.root = page.locator(f"#{bench}-strip .film")

    def generate(self) -> None:
        self.page.click(f"#{self.bench}-run")

    def wait(self, frames: int, badge: str = "Live") -> None:
        """Until that many frames are here, the last one is painted, and the film is finished."""
        self.page.wait_for_function(
            """([bench, frames, badge]) => {
                const film = document.querySelector(`#${bench}-strip .film`);
                return film && +film.dataset.received === frames && +film.dataset.painted === frames - 1
                    && film.querySelector('.film-badge').textContent.trim() === badge
                    && film.dataset.done === 'true';
            }""",
            arg=[self.bench, frames, badge],
            timeout=WAIT,
        )

    def pixels(self, lane: int = 0) -> str:
        """What a lane shows, as a data URI: equal pictures give equal texts."""
        found: str = self.root.locator(".film-lane canvas").nth(lane).evaluate("canvas => canvas.toDataURL()")
        return found

    def step(self, index: int) -> None:
        self.root.locator("input[type=range]").evaluate(
            "(slider, i) => { slider.value = i; slider.dispatchEvent(new Event('input')); }", index
        )
        self.page.wait_for_function(
            "([bench, i]) => +document.querySelector(`#${bench}-strip .film`).dataset.painted === i",
            arg=[self.bench, index],
        )

    def wait_text(self, text: str) -> None:
        """Until the transport says so: "step 2 of 20"."""
        self.page.wait_for_function(
            "([bench, text]) => document.querySelector(`#${bench}-strip .film-at`).textContent === text",
            arg=[self.bench, text],
        )


@pytest.fixture
def film() -> Callable[[Any, str], Film]:
    return Film
