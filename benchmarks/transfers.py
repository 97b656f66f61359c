"""Bytes and requests of every page on the wire, as a browser counts them: on a first visit, and on the next."""

from __future__ import annotations

from typing import Any

from benchmarks import Row
from benchmarks.browser import _chromium
from benchmarks.classroom import served
from pages import PAGES

COLD_KB, COLD_REQUESTS, WARM_KB = 900, 70, 150  # at most, of each page
SETTLED_MS = 1500  # after the network was idle: what a page fetches once it stands


def rows() -> list[Row]:
    """A row for a page's first visit, and one for its second, in one browser whose cache was empty."""
    found: list[Row] = []
    with served() as base, _chromium() as browser:
        for page in PAGES:
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            for visit, most_kb, most in (("cold", COLD_KB, COLD_REQUESTS), ("warm", WARM_KB, None)):
                size, requests = visited(context, f"{base}/{page.path}")
                aim = f"at most {most_kb} kB" + (f" and {most} requests" if most else "")
                name = f"transfers: /{page.path}, {visit} ({aim})"
                found.append((name, f"{size / 1000:.0f} kB, {requests} requests", "-", None))
            context.close()
    return found


def visited(context: Any, address: str) -> tuple[float, int]:
    """(bytes that came over the wire with their headers, requests that went over it) of a visit in that context."""
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    asked: dict[str, str] = {}
    here: set[str] = set()
    sizes: dict[str, float] = {}
    wire.on("Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: event["request"]["url"]}))
    wire.on("Network.requestServedFromCache", lambda event: here.add(event["requestId"]))
    wire.on(
        "Network.responseReceived",
        lambda event: event["response"].get("fromDiskCache") and here.add(event["requestId"]),
    )
    wire.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(address)
    page.wait_for_selector("h1")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLED_MS)
    page.close()
    fetched = [one for one, url in asked.items() if url.startswith("http") and one not in here]
    return sum(sizes.get(one, 0) for one in fetched), len(fetched)
