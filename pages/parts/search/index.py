"""What can be found: every page, bench, question to try and word of the glossary, each with its address.

The browser fetches it when someone searches for the first time, and searches by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from genai_demo.core.run import find_run
from genai_demo.data.knowledge import articles
from pages import PAGES, Page

Entry = dict[str, str]  # kind, title, text, href, and also: other words by which it is found


def entries() -> list[Entry]:
    """All of them: pages, benches, questions, words."""
    found = [_entry("page", page.title, page.summary, f"./{page.path}", page.group) for page in PAGES]
    for page in PAGES:
        found += [*_benches(page), *_questions(page)]
    for one in articles():
        text = one.definition.replace("*", "").replace("`", "")
        found.append(_entry("word", one.title, text, f"./glossary#{one.stem}", ", ".join(one.also)))
    return found


def _benches(page: Page) -> Iterator[Entry]:
    for bench in getattr(page.module, "BENCHES", ()):
        text = bench.blurb or find_run(bench.run).summary
        href = f"./{page.path}?bench={bench.id.removeprefix('p-')}"
        yield _entry("bench", f"{page.title}: {bench.tab}", text, href, f"{bench.run} {find_run(bench.run).summary}")


def _questions(page: Page) -> Iterator[Entry]:
    for one in getattr(page.module, "TRIES", ()):
        yield _entry("question", one.title, one.look_for, f"./{page.path}?{one.query}", page.title)


def _entry(kind: str, title: str, text: str, href: str, also: str) -> Entry:
    return {"kind": kind, "title": title, "text": text, "href": href, "also": also}


@cache
def _body() -> bytes:
    return json.dumps(entries(), separators=(",", ":"), ensure_ascii=False).encode()


def _index(request: Request) -> Response:
    return Response(_body(), media_type="application/json", headers={"Cache-Control": "max-age=600"})


ROUTES = [Route("/search.json", _index)]
