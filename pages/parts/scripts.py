"""The scripts of the shared components: one file that the browser fetches once; a component carries only a call to it.

A page of nine film strips and nine pads would otherwise carry each script nine times, a megabyte in all.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HERE = Path(__file__).parent
PARTS = {
    "film": (
        "film/film.css",
        "film/draw.js",
        "film/text.js",
        "film/matrix.js",
        "film/textdraw.js",
        "film/stage.js",
        "film/export.js",
        "film/strip.js",
    ),
    "picture": ("pads/pads.css", "pads/tools.js", "pads/picture.js"),
    "points": ("pads/pads.css", "pads/tools.js", "pads/points.js"),
    "plane": ("pads/pads.css", "pads/tools.js", "plane/plane.js"),
    "chat": ("chat/chat.css", "chat/chat.js"),
    "branches": ("chat/branches.css", "chat/branches.js"),
    "shelf": ("shelf/shelf.css", "shelf/store.js", "shelf/shelf.js"),
    "articles": ("shelf/shelf.css", "shelf/store.js", "shelf/articles.js"),
    "leftout": ("shelf/shelf.css", "shelf/leftout.js"),
    "picker": ("pads/pads.css", "picker/picker.css", "pads/tools.js", "picker/files.js", "picker/picker.js"),
    "folder": ("pads/pads.css", "picker/picker.css", "pads/tools.js", "picker/files.js", "picker/folder.js"),
    "patches": ("picker/patch.css", "picker/patch.js"),
    "glossary": ("glossary/glossary.css", "glossary/glossary.js"),
}  # # name -> style sheets and scripts
KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}  # the address changes with the content


def call(part: str, *events: str, **settings: Any) -> str:
    """What a gr.HTML is given as js_on_load. events: those the part triggers.

    Gradio offers an event for every quoted word of the script, so that the events stand here in quotes and the
    settings are JSON twice over. They are no props of gr.HTML: an update (even gr.skip()) that comes before a component
    is on the page, as in a tab not yet opened, replaces all of those.
    """
    named = ", ".join(f"'{event}'" for event in events)
    given = f"SETTINGS: JSON.parse({json.dumps(json.dumps(settings))})"
    return (
        f"// events: {named}\nconst host = typeof server === typeof undefined ? null : server;\n"
        f"window.atlasParts.{part}({{element, props, trigger, watch, server: host, {given}}});"
    )


def literal(text: str) -> str:
    """Text for a template that is both a JavaScript template string and a Handlebars template."""
    safe = escape(text)
    for sign in "`$\\{}":
        safe = safe.replace(sign, f"&#{ord(sign)};")
    return safe


@functools.cache
def bundle() -> str:
    """All parts as one script: window.atlasParts.film({element, props, trigger, watch, server, SETTINGS})."""
    parts = [_function(name, files) for name, files in PARTS.items()]
    return "window.atlasParts = {\n" + ",\n".join(parts) + "\n};\n"


def _function(name: str, files: Sequence[str]) -> str:
    css, body = (
        "\n".join((HERE / file).read_text() for file in files if file.endswith(end)) for end in (".css", ".js")
    )
    style = f"const CSS = {json.dumps(css)};"
    return f"{name}({{element, props, trigger, watch, server, SETTINGS}}) {{\n{style}\n{body}\n}}"


def head() -> str:
    """The line of a page's head that brings them."""
    return f'<script src="./parts.js?{hashlib.sha256(bundle().encode()).hexdigest()[:12]}"></script>'


async def _serve(request: Request) -> Response:
    return Response(bundle(), media_type="text/javascript", headers=KEPT)


ROUTE = Route("/parts.js", _serve)
