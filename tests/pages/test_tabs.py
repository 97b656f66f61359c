"""Ten tabs of one browser: none keeps a connection open, so that a run in the last one goes through."""

from __future__ import annotations

import time
from typing import Any

import pages
from pages.parts import stream
from tests.pages.conftest import WAIT, Film


def test_no_page_keeps_a_connection_open(app: Any) -> None:
    assert not app.demo.config["connect_heartbeat"]


def test_every_page_in_a_tab_and_a_run_in_the_last(chromium: Any, base_url: str) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    paths = [page.path for page in pages.PAGES if page.path != "dummy"]
    for path in [*paths, *paths][:9]:
        tab = context.new_page()
        tab.goto(f"{base_url}/{path}", timeout=WAIT, wait_until="commit")  # the last waits for all of them
    last = context.new_page()
    last.goto(f"{base_url}/dummy", timeout=WAIT)
    last.wait_for_selector("#p-dummy-squares-strip .film", timeout=WAIT)
    film = Film(last, "p-dummy-squares")
    film.generate()
    film.wait(20)
    until = time.monotonic() + WAIT / 1000
    while len(stream.TURNS) and time.monotonic() < until:  # a turn ends a moment after its last frame
        last.wait_for_timeout(50)
    assert not len(stream.TURNS)
    context.close()
