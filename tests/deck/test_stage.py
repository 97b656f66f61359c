"""A talk in a real browser: the stage with its keys and the window of notes, then the exported file and its PDF."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from genai_demo.deck import export, parse
from tests.pages.conftest import CHROMIUM, WAIT

ROOT = Path(__file__).resolve().parents[2]
SMALLEST = """() => { const sizes = []; const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) { const one = walk.currentNode.parentElement;
  if (walk.currentNode.data.trim() && one.checkVisibility({visibilityProperty: true, opacityProperty: true})
      && one.getBoundingClientRect().left >= 0
      && !one.closest('script, style, kbd, svg, [data-testid="stIconMaterial"]'))
    sizes.push([parseFloat(getComputedStyle(one).fontSize), walk.currentNode.data.trim().slice(0, 40)]); }
return sizes.sort((a, b) => a[0] - b[0])[0]; }"""
SHOWN = """() => [...document.querySelectorAll('h1')].find(
    one => one.checkVisibility({visibilityProperty: true}))?.textContent"""
TALK = """# A small talk

For the test.

Notes: Say hello.

---

# Lines become a garment

```recipe
run: gan/edges
```

Notes: Wait for the garment.

---

# Broken

<script>document.title = "taken"</script>

---

# Nowhere

```recipe
run: gan/nowhere
```

---

# The end

Thank you.
"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("decks")
    (folder / "small-talk.md").write_text(TALK)
    return folder


@pytest.fixture(scope="module")
def stage(decks: Path) -> Iterator[str]:
    """Address of the deck, served in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "present.py"), f"--server.port={port}"]
    options = ["--server.address=127.0.0.1", "--server.headless=true", "--browser.gatherUsageStats=false"]
    own = {**os.environ, "GENAI_DEMO_DECKS": str(decks)}
    server = subprocess.Popen([*command, *options], cwd=ROOT, env=own, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
            break
        except OSError:
            time.sleep(0.2)
    yield f"http://127.0.0.1:{port}/?deck=small-talk"
    server.terminate()
    server.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield made
        made.close()


def titled(page: Any, title: str) -> None:
    page.wait_for_function(f"title => ({SHOWN})() === title", arg=title, timeout=WAIT)


def test_a_talk_is_given_with_keys_and_the_notes_follow(stage: str, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    page.goto(stage)
    titled(page, "A small talk")
    assert page.evaluate(SMALLEST)[0] >= 28, page.evaluate(SMALLEST)
    address = page.locator('a[href*="notes=1"]').first.evaluate("one => one.href")
    notes = context.new_page()
    notes.goto(address)
    notes.get_by_text("Say hello.").wait_for(timeout=WAIT)
    for key, title in (
        ("ArrowRight", "Lines become a garment"),
        ("PageDown", "Broken"),
        ("ArrowRight", "Nowhere"),
        ("PageUp", "Broken"),
        ("End", "The end"),
        ("Home", "A small talk"),
        ("ArrowRight", "Lines become a garment"),
    ):
        page.keyboard.press(key)
        titled(page, title)
        assert page.evaluate(SMALLEST)[0] >= 28, page.evaluate(SMALLEST)
    page.locator(".now .film img").first.wait_for(timeout=WAIT)
    notes.get_by_text("Wait for the garment.").wait_for(timeout=WAIT)
    for key in (
        "ArrowLeft",
        "l",
        "ArrowRight",
        "l",
    ):  # nothing runs on the first; on the second, before its button is there
        page.keyboard.press(key)
    page.locator(".now .label.live").get_by_text("Live, computed here just now").wait_for(timeout=WAIT)
    assert page.locator(".now .film img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.get_by_role("button", name="Recording").click()
    page.locator(".now .label", has_text="Recorded, seed").wait_for(timeout=WAIT)
    page.goto(stage + "&order=5,1")
    titled(page, "The end")
    context.close()


def test_an_exported_talk_opens_with_no_network_and_prints_a_screen_a_page(
    decks: Path, browser: Any, tmp_path: Path
) -> None:
    deck = parse.read(decks / "small-talk.md")
    file = export.write(deck, tmp_path / "talk.html")
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, offline=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert page.evaluate(SHOWN) == "A small talk"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(SHOWN) == "Lines become a garment"
    assert page.evaluate(SMALLEST)[0] >= 28, page.evaluate(SMALLEST)
    page.keyboard.press("End")
    assert page.evaluate(SHOWN) == "The end"
    assert page.title() == "A small talk", "markup of a deck is not run"
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    printed = [
        " ".join(one.extract_text().split()) for one in PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    ]
    assert len(printed) == len(deck.screens)
    assert all(screen.title in text for screen, text in zip(deck.screens, printed, strict=True))
    assert "Recorded, seed" in printed[1], "what stands below the film is not cut off"
    assert "Say hello." not in file.read_text()
    assert "Say hello." in export.page(deck, notes=True)
    context.close()
