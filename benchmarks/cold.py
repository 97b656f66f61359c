"""A class that opens its first page at once: forty browsers' first loads of an app that has just started.

What a page fetches is what a real browser asked for, on a visit of its own to another start of the app. Then raw
clients ask for the same, each as a browser does: the page first, and what it names over six connections. They share the
machine's cores with the app.
"""

from __future__ import annotations

import http.client
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from benchmarks import Row
from benchmarks.browser import _chromium
from benchmarks.classroom import served
from benchmarks.keeping import Told
from benchmarks.transfers import SETTLED_MS
from pages import PAGES

BROWSERS, CONNECTIONS = 40, 6
PATIENCE_MS = 120_000
MOST_S = 6.0
ONE = "diffusion"  # the page that all open
STREAMS = ("/heartbeat", "/queue/data")  # have no end while the page is open
HEADERS = {"Accept-Encoding": "gzip, deflate, br", "Accept": "*/*"}


@dataclass
class Loads:
    """What came of some loads: seconds until each was complete, bytes of all, requests that were not answered 200."""

    seconds: list[float] = field(default_factory=list)
    bytes: int = 0
    failed: list[str] = field(default_factory=list)


def rows() -> list[Row]:
    """All of one page, and each of the next page; of both the app is started anew."""
    wanted = asked_for([page.path for page in PAGES])
    crowds = {"of one page": [ONE] * BROWSERS, "of all pages": [PAGES[i % len(PAGES)].path for i in range(BROWSERS)]}
    found: list[Row] = []
    for what, paths in crowds.items():
        with served() as base:
            loads = loaded(base, [wanted[path] for path in paths])
        name = f"cold: {BROWSERS} first loads at once, {what}"
        last, requests = max(loads.seconds), sum(len(wanted[path]) for path in paths)
        found += [
            (f"{name}, the last (at most {MOST_S:.0f} s)", f"{last:.1f} s", f"{MOST_S:.0f} s", last / MOST_S),
            (f"{name}, not answered (none)", str(len(loads.failed)), f"{requests} requests", None),
        ]
        print(f"{what}: {loads.bytes / 1e6:.1f} MB; {sorted(set(loads.failed))[:5]}", file=sys.stderr)
    return found


def told(found: list[Row]) -> Told:
    """For the README: seconds until the last browser had its page, and what failed."""
    one, one_failed, all_pages, all_failed = (row[1] for row in found)
    failed = int(one_failed) + int(all_failed)
    return (
        f"{BROWSERS} browsers' first loads at once of an app just started, on the cores that it has too",
        f"the last is complete after {one} where all open one page, {all_pages} where they open all pages; "
        + (f"{failed} requests failed" if failed else "no request failed"),
    )


def asked_for(paths: Sequence[str]) -> dict[str, list[str]]:
    """Of each page the addresses, without the host, that a browser with an empty cache asks for, in its order."""
    wanted: dict[str, list[str]] = {}
    with served() as base, _chromium() as browser:
        for path in paths:
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            wanted[path] = _requests(context, base, path)
            context.close()
    return wanted


def _requests(context: Any, base: str, path: str) -> list[str]:
    page, asked = context.new_page(), list[str]()
    page.set_default_timeout(PATIENCE_MS)
    page.on("request", lambda request: request.method == "GET" and asked.append(request.url))
    page.goto(f"{base}/{path}")
    page.wait_for_selector("h1")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLED_MS)
    page.close()
    here = [url.removeprefix(base) for url in asked if url.startswith(base)]
    return [one for one in dict.fromkeys(here) if not any(stream in one for stream in STREAMS)]


def loaded(base: str, wanted: Sequence[Sequence[str]]) -> Loads:
    """All those loads, begun at the same time."""
    found, lock, place = Loads(), threading.Lock(), urlsplit(base).netloc

    def browser(addresses: Sequence[str]) -> None:
        fetch = Fetching(place)
        began = time.monotonic()
        sizes = [fetch(addresses[0])]
        with ThreadPoolExecutor(CONNECTIONS) as connections:
            sizes += connections.map(fetch, addresses[1:])
        took = time.monotonic() - began
        fetch.close()
        with lock:
            found.seconds.append(took)
            found.bytes += sum(sizes)
            found.failed += fetch.failed

    threads = [threading.Thread(target=browser, args=(addresses,)) for addresses in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


class Fetching:
    """Asks over a connection for each thread, which is kept; bytes of an answer. failed: those that were not 200."""

    def __init__(self, place: str) -> None:
        self._place, self._mine = place, threading.local()
        self._open: list[http.client.HTTPConnection] = []
        self.failed: list[str] = []

    def __call__(self, address: str) -> int:
        connection = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = http.client.HTTPConnection(self._place, timeout=120)
            self._open.append(connection)
        try:
            connection.request("GET", address, headers=HEADERS)
            answer = connection.getresponse()
            size = len(answer.read())
            if answer.status != 200:
                self.failed.append(f"{address[:80]}: status {answer.status}")
        except (OSError, http.client.HTTPException) as error:
            self.failed.append(f"{address[:80]}: {type(error).__name__}")
            connection.close()
            return 0
        return size

    def close(self) -> None:
        """All connections."""
        for connection in self._open:
            connection.close()
