"""The front page against an empty page of Gradio in the same browser: bytes fetched cold, and when it can be seen."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks import Row, seconds
from benchmarks.browser import _chromium, _served

TIMES = 5
TITLE = "h1"
SCROLL = """async () => { for (let y = 0; y < document.body.scrollHeight; y += 300) {
  scrollTo(0, y); await new Promise(done => setTimeout(done, 60)); } }"""


def rows() -> list[Row]:
    """Bytes are those on the wire, after scrolling to the end; times are medians of cold visits, taken in turn."""
    import gradio as gr

    import app

    with gr.Blocks(analytics_enabled=False) as empty:
        gr.Markdown("# empty")
    measured: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": []}
    with _served(app.build(), app.launch_options()) as ours, _served(empty, {}) as bare, _chromium() as browser:
        for _ in range(TIMES + 1):
            measured["ours"].append(_visit(browser, ours))
            measured["bare"].append(_visit(browser, bare))
    (seen, size), (bare_seen, bare_size) = (
        tuple(statistics.median(part) for part in zip(*found[1:])) for found in measured.values()
    )
    return [
        seconds("front page: until its title is seen, cold (at most 1.2)", seen, bare_seen),
        (
            "front page: transferred cold, to its end (at most 400 kB)",
            f"{size / 1000:.0f} kB",
            f"{bare_size / 1000:.0f} kB",
            size / bare_size,
        ),
    ]


def _visit(browser: Any, address: str) -> tuple[float, float]:
    """(seconds until the title is there, bytes) of a first visit."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="commit")
    page.wait_for_selector(TITLE)
    taken = page.evaluate("performance.now()") / 1000
    page.wait_for_load_state("networkidle")
    page.evaluate(SCROLL)
    page.wait_for_load_state("networkidle")
    context.close()
    return taken, sum(sizes)
