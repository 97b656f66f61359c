"""The deck: a change of screen in a real browser, beside an app that changes one title; bytes of exported decks."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import Row
from benchmarks.browser import _chromium
from benchmarks.start import ROOT, free_port
from genai_demo.deck import export, parse

PATIENCE = 120  # seconds until a server that does not answer is given up
MOST_MS, MOST_MB = 200, 15
BARE = """
import streamlit as st
at = st.session_state.get("at", 0)
st.button("next", shortcut="Right", on_click=lambda: st.session_state.update(at=at + 1))
st.html(f"<h1>{at}</h1>")
"""
# Presses a key; -> milliseconds until another title, and what stands beside it, have been painted.
STEP = """async key => { const seen = one => one.checkVisibility({visibilityProperty: true});
const title = () => [...document.querySelectorAll('h1')].find(seen)?.textContent;
const whole = () => [...document.querySelectorAll('.frame:empty, .chart:empty')].filter(seen).length === 0;
const painted = () => new Promise(requestAnimationFrame), before = title(), start = performance.now();
document.body.dispatchEvent(new KeyboardEvent('keydown', {key, code: key, bubbles: true, cancelable: true}));
while (title() === before || title() === undefined || !whole()) {
  await painted(); if (performance.now() - start > 10000) return null; }
await painted();
return performance.now() - start; }"""


def rows() -> list[Row]:
    """Milliseconds over all screens of all decks, from their second visit on; the largest exported deck."""
    with tempfile.TemporaryDirectory() as folder:
        bare_script = Path(folder) / "bare.py"
        bare_script.write_text(BARE)
        with _streamlit(ROOT / "present.py") as ours, _streamlit(bare_script) as bare, _chromium() as browser:
            changes = [
                taken for name in parse.names() for taken in _changes(browser, f"{ours}/?deck={name}", _count(name))
            ]
            empty = _changes(browser, bare, 10)
    median, slowest, least = statistics.median(changes), max(changes), statistics.median(empty)
    sizes = {name: len(export.page(parse.load(name)).encode()) for name in parse.names()}
    largest = max(sizes, key=lambda name: sizes[name])
    return [
        (
            f"deck: change of screen, median (at most {MOST_MS} ms)",
            f"{median:.0f} ms",
            f"{least:.0f} ms",
            median / least,
        ),
        ("deck: change of screen, the slowest", f"{slowest:.0f} ms", f"{max(empty):.0f} ms", slowest / max(empty)),
        (
            f"deck: exported, {largest}, {_count(largest)} screens (at most {MOST_MB} MB for twelve)",
            f"{sizes[largest] / 1e6:.1f} MB",
            "-",
            None,
        ),
    ]


def _count(name: str) -> int:
    return len(parse.load(name).screens)


def _changes(browser: Any, address: str, count: int) -> list[float]:
    """Of one step on after the other, the second time through; the first warms up."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(address)
    page.wait_for_selector("h1 >> visible=true", timeout=PATIENCE * 1000)
    page.wait_for_timeout(1000)
    taken = []
    for _ in range(2):
        found = []
        for _ in range(count - 1):
            found.append(page.evaluate(STEP, "ArrowRight"))
            page.wait_for_timeout(300)  # charts and films settle, as they do in a talk
        taken = [value for value in found if value is not None]
        page.keyboard.press("Home")
        page.wait_for_timeout(1000)
    page.close()
    assert taken, "no screen came"
    return taken


@contextmanager
def _streamlit(script: Path) -> Iterator[str]:
    """That script served on a port of its own; its address."""
    port = free_port()
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *options, "--browser.gatherUsageStats=false"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + PATIENCE
        while not _answers(port):
            if time.monotonic() > until or server.poll() is not None:
                raise RuntimeError(f"{script.name} does not answer")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
