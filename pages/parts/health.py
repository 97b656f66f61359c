"""/healthz: whether the app answers, for a container or a Space that wants to know; nothing of any visitor."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from genai_demo.core import VERSION
from pages.parts.stream import BATCHED, TURNS


def health() -> dict[str, Any]:
    """{"ok", "version", "running", "waiting"}: runs that have begun and runs that have not, of all pages together."""
    counts = [turns.counts() for turns in (TURNS, BATCHED)]
    running, waiting = (sum(column) for column in zip(*counts, strict=True))
    return {"ok": True, "version": VERSION, "running": running, "waiting": waiting}


async def _serve(request: Request) -> Response:
    return JSONResponse(health(), headers={"Cache-Control": "no-store"})


ROUTE = Route("/healthz", _serve)
