"""Memory of a visitor's session, and what the most that are kept take together; components and events of each page."""

from __future__ import annotations

import gc
import os

import psutil

from benchmarks import Row

COPIES = 2000


def rows() -> list[Row]:
    """Memory of each of COPIES sessions; the bound is that of app.SESSIONS and of the kept runs."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    import app
    from genai_demo.core.schedule import KEPT_BYTES
    from pages.parts.sessions import Visit

    Visit(app.demo)
    process = psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    sessions = [Visit(app.demo) for _ in range(COPIES)]
    each = (process.memory_info().rss - before) / 1e6 / len(sessions)
    most = app.SESSIONS * each + 2 * KEPT_BYTES / 1e6
    counted = {
        path or "overview": f"{len(page['components'])} components, {len(page['dependencies'])} events"
        for path, page in app.demo.config["page"].items()
    }
    return [
        ("sessions: memory of one", f"{1000 * each:.1f} kB", "-", None),
        (
            f"sessions: {app.SESSIONS} of them and all kept runs (at most 400 MB)",
            f"{most:.0f} MB",
            "400 MB",
            most / 400,
        ),
        *((f"sessions: the page {path}", text, "-", None) for path, text in counted.items()),
    ]
