"""Lessons on their way to the browser: as JSON for the guide, as a list and as a sheet of paper for a class.

A teacher's own lesson is read here and kept nowhere: its text stays in the browser, or travels behind the # of a link.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from html import escape
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from genai_demo.core.errors import DemoError, sentence
from genai_demo.core.link import to_query
from genai_demo.core.run import all_runs
from genai_demo.lessons import library
from genai_demo.lessons.lesson import Lesson, Step
from genai_demo.lessons.parse import MOST_BYTES, parse
from pages import PAGES, Page
from pages.parts.standing import part

EXAMPLE = "gan-game"  # the lesson that a teacher is given to begin with
OWN = "own"  # what an address calls the lesson that its visitor opened


@cache
def known() -> Mapping[str, Collection[str]]:
    """Path of each page -> the runs of its architecture."""
    of = {page.architecture: page.path for page in PAGES if page.architecture}
    found: dict[str, list[str]] = {path: [] for path in of.values()}
    for name in all_runs():
        if path := of.get(name.partition("/")[0]):
            found[path].append(name)
    return found


def lessons(page: Page | None = None) -> tuple[Lesson, ...]:
    """All of them, or those of a page, the first one first."""
    return tuple(one for one in library.lessons(known()) if page is None or one.page == page.path)


def address(lesson: Lesson) -> str:
    """Where it begins, on the real controls."""
    return f"./{lesson.page}?lesson={lesson.name}&part=1"


def link(lesson: Lesson, words: str = "") -> str:
    """A link that a page opens where it stands."""
    return (
        f'<a data-lesson="{escape(lesson.name)}" href="{escape(address(lesson))}">'
        f"{escape(words or lesson.title, quote=False)}</a>"
    )


def told(lesson: Lesson) -> dict[str, Any]:
    """A lesson as JSON for the guide. Its solutions stay here."""
    steps = [_told(one) for one in lesson.steps]
    found = {"name": lesson.name, "title": lesson.title, "page": lesson.page, "steps": steps}
    following = [one for one in lessons() if one.page == lesson.page and lesson.name != OWN]
    at = [one.name for one in following].index(lesson.name) + 1 if following else 0
    return (
        found | {"next": {"name": following[at].name, "title": following[at].title}} if at < len(following) else found
    )


def _told(step: Step) -> dict[str, Any]:
    return {
        "title": step.title,
        "text": step.text,
        "query": step.query,
        "run": step.recipe.run,
        "link": to_query(step.recipe),
        "look": step.look,
        "point": list(step.point),
        "frame": step.frame,
        "predict": step.predict,
        "choices": [{"text": one.text, "right": one.right} for one in step.choices],
        "shows": step.shows,
        "check": [{"name": one.name, "sign": one.sign, "value": one.value} for one in step.check],
        "yes": step.yes,
        "notYet": step.not_yet,
    }


def listed() -> str:
    """All lessons as HTML, page by page, and the place for a lesson of one's own."""
    titles = {page.path: page for page in PAGES}
    rows = "".join(_row(one, titles[one.page]) for one in lessons())
    return (
        '<section class="lessons" aria-labelledby="lessons"><h2 id="lessons">Lessons</h2>'
        "<p>Each leads through a page on its real controls, and ends with a question that an experiment answers.</p>"
        f'<ul>{rows}</ul><div class="own-lesson" {part("ownlesson")}><h3>A lesson of your own</h3>'
        f'<p>A text file in the form of <a href="./lessons/{EXAMPLE}.md" download>this one</a>: copy and change it. '
        "It stays in this browser; nobody else sees it.</p>"
        '<label>Open a lesson <input type="file" accept=".md,.txt,text/markdown,text/plain"></label>'
        '<p role="status"></p><div class="own-sheet"></div></div></section>'
    )


def _row(lesson: Lesson, page: Page) -> str:
    sheet = f'<a href="./class?lesson={lesson.name}" aria-label="Sheet of {escape(lesson.title)}">Sheet</a>'
    return (
        f'<li data-family="{page.family}"><span class="of">{escape(page.title)}</span>{link(lesson)}'
        f'<span class="of">{lesson.minutes} min, {len(lesson.steps)} steps</span>{sheet}</li>'
    )


def find(name: str) -> Lesson | None:
    """The lesson of that name, where there is one."""
    return next((one for one in lessons() if one.name == name), None)


def handout(lesson: Lesson) -> str:
    """The page's body for a sheet of a lesson."""
    return (
        f'<p class="set-do" data-part="handout"><a class="begin" href="{escape(address(lesson))}">Begin</a>'
        '<button type="button" class="button quiet-button" data-do="copy">Copy link</button>'
        '<button type="button" class="button quiet-button" data-do="print">Print</button>'
        f'<a href="./class">All lessons and questions</a></p>{sheet(lesson)}'
    )


def sheet(lesson: Lesson) -> str:
    """A lesson to be printed: what to do, and room for what was expected and seen; no answers."""
    page = next(page for page in PAGES if page.path == lesson.page)
    steps = "".join(f"<li>{_on_paper(one)}</li>" for one in lesson.steps)
    return (
        f'<div data-family="{page.family}"><p class="about">{escape(page.title)}, {lesson.minutes} minutes</p>'
        f'<ol class="set">{steps}</ol></div>'
    )


def _on_paper(step: Step) -> str:
    choices = "".join(f"<li>{escape(one.text, quote=False)}</li>" for one in step.choices)
    return (
        f"<h2>{escape(step.title, quote=False)}</h2><p>{escape(step.text, quote=False)}</p>"
        + (f'<p class="seen"><b>Look at:</b> {escape(step.look, quote=False)}</p>' if step.look else "")
        + (
            f'<p class="seen">{escape(step.predict, quote=False)}</p><ul class="boxes">{choices}</ul>'
            if choices
            else ""
        )
        + '<dl class="sheet"><dt>I expect</dt><dd></dd><dt>I saw</dt><dd></dd></dl>'
    )


async def _one(request: Request) -> Response:
    found = find(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    spoken = library.translated(found, request.query_params.get("lang", ""), known())
    return JSONResponse(told(spoken), headers={"Cache-Control": "no-cache"})


async def _text(request: Request) -> Response:
    found = find(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    return PlainTextResponse(library.text(found.name), media_type="text/markdown")


async def _read(request: Request) -> Response:
    """A lesson of a visitor's, as text in the body: what the guide needs of it, or one sentence why not."""
    try:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                raise DemoError(f"the lesson has more than {MOST_BYTES} bytes; leave some of it out")
        lesson = parse(OWN, body.decode(), known())
    except UnicodeDecodeError:
        return _refused("the lesson is no text in UTF-8; save it as plain text")
    except DemoError as error:
        return _refused(str(error))
    except ClientDisconnect:
        return Response(status_code=400)
    return JSONResponse({**told(lesson), "sheet": sheet(lesson)})


def _refused(what: str) -> Response:
    return JSONResponse({"error": sentence(what)}, status_code=422)


ROUTES = [
    Route("/lessons/{name}.json", _one),
    Route("/lessons/{name}.md", _text),
    Route("/lessons/read", _read, methods=["POST"]),
]
