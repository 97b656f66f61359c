"""/healthz: small, of nobody, and true while something is computed."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import httpx

from genai_demo.core import VERSION
from genai_demo.core.recipe import Recipe
from pages.parts.health import health
from pages.parts.stream import stream


def test_it_answers_with_counts_and_nothing_of_visitors(base_url: str) -> None:
    answer = httpx.get(f"{base_url}/healthz", timeout=60)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.content) < 200
    found: dict[str, Any] = answer.json()
    assert set(found) == {"ok", "version", "running", "waiting"}
    assert (found["ok"], found["version"]) == (True, VERSION)
    assert "set-cookie" not in answer.headers
    assert httpx.head(f"{base_url}/healthz", timeout=60).status_code == 200
    assert httpx.post(f"{base_url}/healthz", timeout=60).status_code == 405


def test_a_run_is_counted_while_it_is_computed(app: Any) -> None:
    before = health()["running"] + health()["waiting"]
    slow = Recipe("dummy/squares", {"steps": 150, "pause_ms": 300}, 80_001)
    with closing(stream(slow)) as film:
        next(message for message in film if "append" in message)
        now = health()
        assert now["running"] + now["waiting"] == before + 1
