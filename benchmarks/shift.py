"""How far what one sees moves while a page opens: the layout shift of each page, as a browser counts it."""

from __future__ import annotations

from typing import Any

from benchmarks import Row
from benchmarks.browser import _chromium
from benchmarks.classroom import served
from pages import PAGES

MOST = 0.05  # layout shift, the sum without what follows an input (Layout Instability API)
WINDOWS = ((1280, 900), (390, 844))
SETTLED_MS = 4000
COUNT = """window.shifted = []; new PerformanceObserver(list => { for (const one of list.getEntries())
  if (!one.hadRecentInput) window.shifted.push([one.value, one.sources.map(s => s.node?.className || '')]);
}).observe({type: 'layout-shift', buffered: true});"""


def rows() -> list[Row]:
    """A row for each page at each width."""
    found: list[Row] = []
    with served() as base, _chromium() as browser:
        for page in PAGES:
            for width, height in WINDOWS:
                moved = shifts(browser, f"{base}/{page.path}", width, height)
                name = f"layout shift: /{page.path} at {width} (at most {MOST})"
                found.append((name, f"{sum(value for value, _ in moved):.3f}", "-", None))
    return found


def shifts(browser: Any, address: str, width: int, height: int) -> list[tuple[float, list[str]]]:
    """Each shift as the page opens: its value, and the classes of what moved."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.add_init_script(COUNT)
    page.goto(address)
    page.wait_for_selector("h1")
    page.wait_for_timeout(SETTLED_MS)
    found: list[tuple[float, list[str]]] = page.evaluate("window.shifted")
    page.close()
    return found
