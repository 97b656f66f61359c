"""In a real browser: frames painted while a film streams or a GAN trains, scrubbing, the plane, a chat."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from benchmarks import Row, seconds
from benchmarks.start import free_port
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from tests.pages.conftest import CHROMIUM

FRAMES, FPS, MOVES, TYPED = 100, 30, 25, 8
ANSWER, CHATS = 192, 5  # tokens of an answer, and how many
LIVE = """([bench, n]) => { const film = document.querySelector(`#${bench}-strip .film`);
return film.querySelector('.film-badge').textContent.trim() === 'Live' && film.dataset.received >= n
  && film.dataset.done !== 'true'; }"""
DONE = """bench => document.querySelector(`#${bench}-strip .film`).dataset.done === 'true'"""
COUNT = """() => { const film = document.querySelector('#pictures .film'); window.seen = new Set();
film.addEventListener('painted', event => window.seen.add(event.detail)); }"""
MOVE = """async ([x, y]) => { const plane = document.querySelector('#latent-plane');
const field = plane.querySelector('.plane-field'), shown = plane.querySelector('.plane-picture img');
const box = field.getBoundingClientRect(), old = shown.src, start = performance.now();
const at = {clientX: box.x + x * box.width, clientY: box.y + y * box.height, pointerId: 1, bubbles: true,
  isPrimary: true};
field.dispatchEvent(new PointerEvent('pointerdown', {...at, button: 0, buttons: 1}));
field.dispatchEvent(new PointerEvent('pointerup', at));
while (shown.src === old) {
  await new Promise(requestAnimationFrame); if (performance.now() - start > 5000) return null; }
return performance.now() - start; }"""
EMPTY = """async () => { const start = performance.now(), seen = performance.getEntriesByType('resource').length;
document.querySelector('#empty').click();
while (performance.getEntriesByType('resource').length === seen) {
  await new Promise(requestAnimationFrame); if (performance.now() - start > 5000) return null; }
return performance.now() - start; }"""

CHAT = "#p-decoder-chat"
ANSWERED = """() => { const told = document.querySelector('#p-decoder-chat-strip .film')?.told;
return told?.done && told.badge === 'live'; }"""
ASK = """async question => { const film = document.querySelector('#p-decoder-chat-strip .film');
const before = film.told?.run, seen = [], start = performance.now();
const box = document.querySelector('#p-decoder-chat .chat-form textarea');
box.value = question; box.dispatchEvent(new Event('input', {bubbles: true}));
document.querySelector('#p-decoder-chat .chat-send').click();
while (!(film.told?.run !== before && film.told.done && film.told.badge === 'live')) {
  const count = +film.dataset.received;
  if (film.told?.run !== before && count && count !== seen.at(-1)?.[1]) seen.push([performance.now() - start, count]);
  await new Promise(requestAnimationFrame); if (performance.now() - start > 60000) return null; }
return [...seen[0], ...seen.at(-1), performance.now() - start]; }"""


def rows() -> list[Row]:
    """Film strip: of 100 frames sent. Latent plane: milliseconds from a click to a picture, and of an empty event."""
    import app
    from tests.pages import film_app, pads_app

    with _served(film_app.bench(FRAMES, FPS), film_app.launch_options()) as films, _chromium() as browser:
        painted, asked = _film(browser, films)
    site, pads = _served(app.build(), app.launch_options()), _served(pads_app.build(), pads_app.launch_options())
    with site as site_url, pads as pads_url, _chromium() as browser:
        ours, empty = _plane(browser, site_url, pads_url)
        rate, typed = training(browser, site_url, "gan", "Rate of G")
        streamed, alone, whole, bare = _chat(browser, site_url)
    return [
        (
            f"film strip: frames painted at {FPS} a second (at least 98)",
            str(painted),
            f"{FRAMES} sent",
            painted / FRAMES,
        ),
        (f"film strip: requests while scrubbing {FRAMES} frames (none)", str(asked), "0", None),
        (
            "latent plane: a click to a new picture (at most 60 ms more)",
            f"{ours:.0f} ms",
            f"{empty:.0f} ms",
            ours / empty,
        ),
        ("GAN on points, live: frames painted a second (at least 10)", f"{rate:.0f}", "-", None),
        ("GAN on points, live: changes of a control that were kept", str(typed), str(TYPED), typed / TYPED),
        (
            "chat: tokens painted in a page against the run alone (at least 0.95)",
            f"{1 / streamed:.0f} tokens/s",
            f"{1 / alone:.0f} tokens/s",
            alone / streamed,
        ),
        seconds(f"chat: from sending to the end of {ANSWER} tokens, page and run (at most 1.2)", whole, bare),
    ]


def _film(browser: Any, url: str) -> tuple[int, int]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(url)
    page.wait_for_selector("#pictures .film")
    page.evaluate(COUNT)
    page.click("#start")
    page.wait_for_function(
        "(n) => +document.querySelector('#pictures .film')?.dataset.received === n", arg=FRAMES, timeout=60_000
    )
    page.wait_for_timeout(300)
    painted = page.evaluate("window.seen.size")
    asked: list[str] = []
    page.on("request", lambda request: request.url.startswith("http") and asked.append(request.url))
    for i in range(FRAMES):
        page.locator("#pictures input[type=range]").evaluate(
            "(slider, i) => { slider.value = i; slider.dispatchEvent(new Event('input')); }", i
        )
    page.wait_for_timeout(300)
    return painted, len(asked)


def training(browser: Any, site: str, path: str, control: str, steps: int | None = None) -> tuple[float, int]:
    """Frames painted a second while the page's training runs, and how many of TYPED values stayed in a control.

    steps: of the training, where it is a shorter one than the page's own.
    """
    bench, page = f"p-{path}-points", browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{site}/{path}")
    page.wait_for_selector(f"#{bench}-strip .film")
    if steps is not None:
        page.locator(f"#{bench}").get_by_label("Training steps").first.fill(str(steps))
    for seed in (1, 2):  # the first imports and warms up
        page.fill(f"#{bench}-seed input", str(seed))
        page.click(f"#{bench}-run")
        page.wait_for_function(LIVE, arg=[bench, 3], timeout=60_000)
        if seed == 1:
            page.wait_for_function(DONE, arg=bench, timeout=60_000)
    page.evaluate(COUNT.replace("#pictures", f"#{bench}-strip"))
    start, kept = page.evaluate("performance.now()"), 0
    for value in range(1, TYPED + 1):
        typed = page.locator(f"#{bench}").get_by_label(control).first
        typed.fill(str(value / 1000))
        kept += typed.input_value() == str(value / 1000)
    page.wait_for_function(DONE, arg=bench, timeout=60_000)
    taken = (page.evaluate("performance.now()") - start) / 1000
    return page.evaluate("window.seen.size") / taken, kept


def _chat(browser: Any, site: str) -> tuple[float, float, float, float]:
    """Seconds a token takes, in a page and in the same run with nobody to stream it to; seconds to the whole answer."""
    options = {"temperature": 0, "repetition_penalty": 1, "max_new_tokens": ANSWER}
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{site}/decoder?{urlencode({'run': 'decoder/chat', 'turns': 'Say hello.', **options})}")
    page.wait_for_function(ANSWERED, timeout=120_000)
    measured = []
    for i in range(CHATS + 1):  # the first warms up
        question = f"Write a long story about {i + 2} boats."
        page.click(f"{CHAT} [data-do=new]")
        first_ms, first, last_ms, last, done_ms = page.evaluate(ASK, question)
        start = time.perf_counter()
        times = [time.perf_counter() - start for _ in run(Recipe("decoder/chat", {**options, "turns": question}, 0))]
        assert len(times) == ANSWER, "the answer ended early"
        streamed, alone = (last_ms - first_ms) / 1000 / (last - first), (times[-1] - times[0]) / (ANSWER - 1)
        measured.append((streamed, alone, done_ms / 1000, times[-1]))
    streamed, alone, whole, bare = (statistics.median(column) for column in zip(*measured[1:], strict=True))
    return streamed, alone, whole, bare


def _plane(browser: Any, site: str, pads: str) -> tuple[float, float]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{site}/vae")
    page.wait_for_function("document.querySelector('#latent-plane')?.innerText.includes('trouser')", timeout=60_000)
    other = browser.new_page()
    other.goto(pads)
    other.wait_for_selector("#empty")
    ours, empty = [], []
    for k in range(MOVES):  # in turn, so that both meet the same load
        ours.append(page.evaluate(MOVE, [0.2 + 0.6 * (k % 5) / 4, 0.2 + 0.6 * (k // 5) / 4]))
        empty.append(other.evaluate(EMPTY))
    return tuple(statistics.median(v for v in values if v is not None) for values in (ours, empty))  # type: ignore[return-value]


def painted(path: str, control: str, steps: int) -> float:
    """Frames painted a second by `training` on a page, with a server and a browser of its own."""
    import app

    with _served(app.build(), app.launch_options()) as site, _chromium() as browser:
        return training(browser, site, path, control, steps)[0]


@contextmanager
def _served(demo: Any, options: dict[str, Any]) -> Iterator[str]:
    port = free_port()
    demo.launch(
        server_name="127.0.0.1",
        server_port=port,
        prevent_thread_lock=True,
        **{"quiet": True, "ssr_mode": False, **options},
    )
    yield f"http://127.0.0.1:{port}"
    demo.close()


@contextmanager
def _chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
