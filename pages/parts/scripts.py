"""The scripts of the pages: ES modules beside the components, joined to one file that the browser fetches once.

Each module says what it imports and exports; `bundle` follows the imports of one of them and makes a function
of each, those that are imported first. What it understands is a subset, one line each, and test_scripts.py keeps to it:

    import {make, clamp} from '../dom.js';
    import sheet from './film.css' with {type: 'css'};
    export const name = ...                                      (or class, function, async function)

`first.js` stands in the page's head itself; `main.js` with all components is `/parts.js`, under the hash of its
content; the front page, which is not Gradio's, has `front.js` in its place. A component carries only a call:
`window.atlas.mount(parts => parts.film({...}))`, which waits for that file. What few visits need is a file of its own,
fetched where it is needed (late.js): it leaves out the modules that its page has already.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HERE = Path(__file__).parent
KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}  # the address changes with the content
IMPORT = re.compile(r"^import (?:\{(?P<names>[\w, ]+)\}|(?P<sheet>\w+)) from '(?P<path>[^']+)'(?: with .+)?;\n", re.M)
EXPORT = re.compile(r"^export (?=(?:const|class|function|async function) (?P<name>\w+))", re.M)
COMMENT = re.compile(r"^ *(?://[^\n]*|/\*\*(?:(?!\*/).)*\*/)\n", re.M | re.S)  # lines that hold nothing else


def call(part: str, *events: str, **settings: Any) -> str:
    """What a gr.HTML is given as js_on_load. events: those the part triggers.

    Gradio offers an event for every quoted word of the script, so that the events stand here in quotes and the
    settings are JSON twice over. They are no props of gr.HTML: an update (even gr.skip()) that comes before a component
    is on the page, as in a tab not yet opened, replaces all of those.
    """
    needed = LATE.get(part)
    named = ", ".join(f"'{event}'" for event in events)
    given = f"SETTINGS: JSON.parse({json.dumps(json.dumps(settings))})"
    mounted = f"parts.{part}({{element, props, trigger, watch, server: host, {given}}})"
    if needed:
        mounted = f"parts.late(`{address(needed)}`).then(parts => {mounted})"
    return (
        f"// events: {named}\nconst host = typeof server === typeof undefined ? null : server;\n"
        f"window.atlas.mount(parts => {mounted});"
    )


def literal(text: str) -> str:
    """Text for a template that is both a JavaScript template string and a Handlebars template."""
    safe = escape(text)
    for sign in "`$\\{}":
        safe = safe.replace(sign, f"&#{ord(sign)};")
    return safe


def imports(path: Path) -> list[Path]:
    """The files that a module imports, in its order. Raises FileNotFoundError for one that is not there."""
    return [(path.parent / found["path"]).resolve(strict=True) for found in IMPORT.finditer(path.read_text())]


def ordered(entry: Path) -> list[Path]:
    """A module and all that it imports, each after those it needs. Raises ValueError where they form a circle."""
    done: list[Path] = []

    def visit(path: Path, above: tuple[Path, ...]) -> None:
        if path in above:
            raise ValueError(f"modules import each other: {' -> '.join(one.name for one in (*above, path))}")
        if path in done:
            return
        if path.suffix == ".js":
            for one in imports(path):
                visit(one, (*above, path))
        done.append(path)

    visit(entry.resolve(), ())
    return done


@functools.cache
def bundle(entry: str, root: Path = HERE, beside: tuple[str, ...] = ()) -> str:
    """A module of `root` and all that it imports as one script without imports.

    beside: entries of which one is on the page already; what all of them have is left out.
    """
    here = [set(ordered(root / one)) for one in beside]
    needed = [path for path in ordered(root / entry) if not here or path not in set.intersection(*here)]
    made = "\n".join(_made(path, root.resolve()) for path in needed)
    return f'(() => {{\n"use strict";\nconst modules = window.atlas?.modules ?? {{}};\n{made}\n}})();\n'


def _made(path: Path, root: Path) -> str:
    """One module as a function that is called at once and returns what the module exports."""
    name, text = json.dumps(path.relative_to(root).as_posix()), path.read_text()
    if path.suffix == ".css":
        return f"modules[{name}] = new CSSStyleSheet();\nmodules[{name}].replaceSync({json.dumps(text)});"
    taken = "\n".join(_taken(path, root))
    exported = ", ".join(found["name"] for found in EXPORT.finditer(text))
    body = EXPORT.sub("", IMPORT.sub("", COMMENT.sub("", text)))
    return f"modules[{name}] = (() => {{\n{taken}\n{body}\nreturn {{{exported}}};\n}})();"


def _taken(path: Path, root: Path) -> Iterator[str]:
    for found in IMPORT.finditer(path.read_text()):
        of = json.dumps((path.parent / found["path"]).resolve().relative_to(root).as_posix())
        yield f"const {found['sheet'] or '{' + found['names'] + '}'} = modules[{of}];"


def head() -> str:
    """The lines of a page's head that bring them."""
    guide = f'<meta name="atlas-guide" content="{address("guide.js")}">'  # fetched where a lesson is wanted
    from pages import words
    from pages.parts.language import language  # which serve as this module does

    begun = f'<script>{bundle("first.js")}</script><script src="{address("parts.js")}"></script>'
    return f"{language.meta()}{guide}{words.meta()}{begun}"


def address(name: str) -> str:
    """Where a script of SERVED lies; it changes with the content."""
    return f"./{name}?{hashlib.sha256(_script(name).encode()).hexdigest()[:12]}"


def _script(name: str) -> str:
    return bundle(SERVED[name], beside=BESIDE.get(name, ()))


async def _serve(request: Request) -> Response:
    script = _script(request.url.path.rpartition("/")[2])
    return Response(script, media_type="text/javascript", headers=KEPT)


SERVED = {
    "parts.js": "main.js",
    "drop.js": "drop/begin.js",
    "front.js": "front.js",  # the front page needs few of the parts
    "guide.js": "guide/begin.js",
    "language.js": "language/begin.js",
    "scene.js": "scene/begin.js",
    "tunes.js": "tune/begin.js",
}
BESIDE = {  # which of them come later, and after which
    "drop.js": ("main.js",),
    "guide.js": ("main.js", "front.js"),
    "language.js": ("main.js", "front.js"),
    "scene.js": ("main.js",),
    "tunes.js": ("main.js",),
}
LATE = {"drop": "drop.js", "player": "tunes.js", "tune": "tunes.js"}  # parts that their page fetches once it stands
ROUTES = [Route(f"/{name}", _serve) for name in SERVED]
