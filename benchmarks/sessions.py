"""What visitors leave behind: memory of a session, of 2,000 visits with a run each, their threads and files; components
and events of each page.

SESSIONS_VISITS (2000) is how many.
"""

from __future__ import annotations

import gc
import os
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil

from benchmarks import Row
from benchmarks.classroom import KINDS, LIMITS, Caller, served, serving
from benchmarks.keeping import Told

COPIES = 2000
VISITS = int(os.environ.get("SESSIONS_VISITS", COPIES))
AT_ONCE, SEEDS, QUICK_S = 8, 3, 0.4
MOST_MB = 400  # that the visits may leave


def rows() -> list[Row]:
    """Memory of each of COPIES sessions, then the visits, then the pages."""
    return [*_copies(), *_visits()]


def told(found: list[Row]) -> Told:
    """For the README."""
    grown, _, threads, files = found[-4:]
    return (
        f"{VISITS:,} visits, each opens a page and has a run of it",
        f"memory {grown[1]} more, of {grown[2]} before (at most {MOST_MB} MB); {threads[1]} threads, {threads[2]} "
        f"before; {files[1]} open files, {files[2]} before; one session takes {found[0][1]}",
    )


def _copies() -> list[Row]:
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    import app
    from pages.parts.sessions import Visit

    Visit(app.demo)
    process = psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    sessions = [Visit(app.demo) for _ in range(COPIES)]
    each = (process.memory_info().rss - before) / 1e6 / len(sessions)
    counted = {
        path or "overview": f"{len(page['components'])} components, {len(page['dependencies'])} events"
        for path, page in app.demo.config["page"].items()
    }
    pages = [(f"sessions: the page {path}", text, "-", None) for path, text in counted.items()]
    return [(f"sessions: memory of one, of which {app.SESSIONS} are kept", f"{1000 * each:.1f} kB", "-", None), *pages]


def _visits() -> list[Row]:
    """Every visitor is new, opens a page and has a run of it, one of those that take less than QUICK_S alone.

    Before: each kind has run twice. Of each there are SEEDS seeds: the first who ask have it computed, the others get
    the same frames, which costs the server as many messages, and no less memory.
    """
    with served() as base:
        process = serving()
        ask, opened = Caller(base), httpx.Client(base_url=base, timeout=60, limits=LIMITS)
        alone = [ask(kind, 0) and ask(kind, 1) for kind in range(len(KINDS))]  # the first loads the model
        quick = [kind for kind, took in enumerate(alone) if took < QUICK_S]

        def visit(number: int) -> None:
            turn, place = divmod(number, len(quick))
            opened.get(f"/{KINDS[quick[place]][0].partition('_')[0]}").raise_for_status()
            ask(quick[place], 100 + turn % SEEDS)

        def now() -> tuple[float, int, int]:
            return process.memory_info().rss / 1e6, process.num_threads(), process.num_fds()

        before = now()
        with ThreadPoolExecutor(AT_ONCE) as visitors:
            list(visitors.map(visit, range(VISITS)))
        opened.close()
        ask.client.close()
        time.sleep(2)  # their connections are closed
        after = now()
    grown = after[0] - before[0]
    what = f"sessions: {VISITS} visits, each with a run"
    return [
        (f"{what} (at most {MOST_MB} MB)", f"{grown:.0f} MB", f"{before[0]:.0f} MB", grown / MOST_MB),
        (f"{what}, memory of one", f"{grown / VISITS:.3f} MB", "-", None),
        (f"{what}, threads", str(after[1]), str(before[1]), None),
        (f"{what}, open files", str(after[2]), str(before[2]), None),
    ]
