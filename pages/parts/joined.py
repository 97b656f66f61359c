"""Gradio's many small style sheets as one: of 35 that a page asks for, most have a few lines.

A page is given the joined one and, for each that is in it, a link that is disabled: the browser fetches no such link,
and Gradio, which looks for a link before it makes one, asks for none.
"""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path

import gradio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.parts.scripts import KEPT

FILES = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
LARGEST = 12_000  # bytes of a sheet that is joined; the larger ones are of components that hardly a page has
FIRST = re.compile(rb'<link rel="stylesheet"[^>]* href="\./assets/[^"]+\.css">')  # the one that Gradio's page names
ELSEWHERE = re.compile(r"url\(|@import|@charset")  # what would mean something else in another file


@functools.cache
def sheets() -> dict[str, str]:
    """File name -> text, of the sheets that are joined."""
    small = [path for path in sorted(FILES.glob("*.css")) if path.stat().st_size <= LARGEST]
    found = {path.name: path.read_text() for path in small}
    return {name: text for name, text in found.items() if not ELSEWHERE.search(text)}


@functools.cache
def sheet() -> str:
    """All of them in one."""
    return "\n".join(sheets().values())


@functools.cache
def links() -> bytes:
    """The lines for a page's head."""
    name = hashlib.sha256(sheet().encode()).hexdigest()[:12]
    there = "".join(f'<link rel="stylesheet" disabled href="./assets/{one}">' for one in sheets())
    return f'<link rel="stylesheet" href="./joined.css?{name}">{there}'.encode()


def linked(page: bytes) -> bytes:
    """A page of Gradio's with those lines; any other as it is."""
    return FIRST.sub(lambda found: found[0] + links(), page, count=1)


async def _serve(request: Request) -> Response:
    return Response(sheet(), media_type="text/css", headers=KEPT)


ROUTE = Route("/joined.css", _serve)
