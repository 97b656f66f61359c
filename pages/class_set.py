"""A class's way in: the lessons, every question of every page, and a set of some of them as one link and as a handout.

Plain HTML and a form, as the front page: nothing is kept here. A set is its address, `/class?set=ID&set=ID`, in that
order; an ID stands for what a question sets up, so that a link lives on when the words of a question change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from html import escape
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from genai_demo.core.link import from_query
from genai_demo.core.run import all_runs, size_of
from pages import PAGES, Page, lessons
from pages.parts.lead import Try, shown
from pages.parts.standing import standing

HERE = Page("class", "For a class", "Lessons, and what the pages ask: as a list, as one link and as a sheet to print.")
MOST = 40  # questions of a set
SHORT = 30  # the most work, in the measure by which turns are given, that a short run is


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a page. id: of its set-up; short: whether its run is."""

    id: str
    page: Page
    asked: Try
    short: bool

    @property
    def address(self) -> str:
        """Where its run is set up on the real controls."""
        return f"./{self.page.path}?{self.asked.query}"


def tries(page: Page) -> Sequence[Try]:
    """The questions of a page: its module's TRIES, where it declares any."""
    found: Sequence[Try] = getattr(page.module, "TRIES", ())
    return found


@cache
def questions() -> dict[str, Question]:
    """All of them by their id, page by page, the short runs of a page first."""
    found = [_question(page, one) for page in PAGES for one in tries(page)]
    order = [page.path for page in PAGES]
    return {one.id: one for one in sorted(found, key=lambda one: (order.index(one.page.path), not one.short))}


def _question(page: Page, one: Try) -> Question:
    recipe, _ = from_query(dict(parse_qsl(one.query, keep_blank_values=True)), all_runs())
    made = sha256(f"{page.path}?{one.query}".encode()).hexdigest()[:8]
    return Question(made, page, one, recipe is not None and size_of(recipe) <= SHORT)


def address(ids: Sequence[str]) -> str:
    """The link of a set."""
    return "./class?" + urlencode([("set", one) for one in ids])


def html(ids: Sequence[str]) -> str:
    """The page: all questions to choose from, or the set of those ids, each once, in their order."""
    asked = list(dict.fromkeys(ids))[:MOST]
    known = [one for one in asked if one in questions()]
    return standing(HERE, _set(known, len(asked) - len(known)) if known else _all(bool(asked)))


def _all(lost: bool) -> str:
    gone = '<p class="lost">None of the questions of that link is here any more; choose others.</p>' if lost else ""
    parts = "".join(_page(page) for page in PAGES if tries(page))
    return (
        f'<h1 id="stage">{HERE.title}</h1><p class="about">'
        f"{len(questions())} questions, each answered by a run. Let the class say what "
        "it expects, run it, compare. Tick those of your lesson, and they become one link and a sheet to print.</p>"
        f'{gone}{lessons.listed()}<h2 class="head">Questions</h2>'
        f'<form action="./class" method="get"><div class="asked">{parts}</div>'
        '<p class="choose"><button>Make the set</button> <span>The order can be changed there.</span></p></form>'
    )


def _page(page: Page) -> str:
    items = "".join(_choice(one) for one in questions().values() if one.page.path == page.path)
    count = len(tries(page))
    return (
        f'<details open data-family="{page.family}"><summary>{escape(page.title)} <span>{count} '
        f"{'question' if count == 1 else 'questions'}</span></summary><ul>{items}</ul></details>"
    )


def _choice(one: Question) -> str:
    title = escape(one.asked.title, quote=False)
    return (
        f'<li><input type="checkbox" name="set" value="{one.id}" id="q-{one.id}"><div><label for="q-{one.id}">{title}'
        f"</label><p>{escape(one.asked.look_for, quote=False)}</p>{_facts(one)}</div></li>"
    )


def _facts(one: Question) -> str:
    length = "short run" if one.short else "longer run"
    return f'<p class="facts"><a href="{escape(one.address)}">Set it up and run it</a> <span>{length}</span></p>'


def _set(ids: Sequence[str], lost: int) -> str:
    gone = f" {lost} of the link {'is' if lost == 1 else 'are'} here no more." if lost else ""
    items = "".join(_of_set(ids, at) for at in range(len(ids)))
    count = "One question" if len(ids) == 1 else f"{len(ids)} questions"
    return (
        f'<h1 id="stage">{count}</h1><p class="about">For each: say what you expect, run it, compare.{gone}</p>'
        '<p class="set-do" data-part="handout"><button type="button" class="button" data-do="copy">Copy link</button>'
        '<button type="button" class="button quiet-button" data-do="print">Print</button>'
        '<a href="./class">Choose others</a></p>'
        f'<ol class="set">{items}</ol>'
    )


def _of_set(ids: Sequence[str], at: int) -> str:
    one, before = questions()[ids[at]], [*ids]
    before[max(0, at - 1)], before[at] = before[at], before[max(0, at - 1)]
    title = escape(one.asked.title, quote=False)
    without = [other for other in ids if other != one.id]
    earlier = f'<a href="{escape(address(before))}" aria-label="Earlier: {title}">Earlier</a>' if at else ""
    out = f'<a href="{escape(address(without))}" aria-label="Leave out: {title}">Leave out</a>' if without else ""
    return (
        f'<li data-family="{one.page.family}"><h2>{title}</h2><p class="of">{escape(one.page.title)}</p>'
        f"<p>{escape(one.asked.look_for, quote=False)}</p>{shown(one.asked)}"
        f'<p class="facts"><a href="{escape(one.address)}">Set it up and run it</a> '
        f'<span class="order">{earlier} {out}</span></p>'
        '<dl class="sheet"><dt>I expect</dt><dd></dd><dt>I saw</dt><dd></dd></dl></li>'
    )


def _class(request: Request) -> Response:
    lesson = lessons.find(request.query_params.get("lesson", ""))
    if lesson is None:
        made = html(request.query_params.getlist("set"))
    else:
        body = f'<h1 id="stage">{escape(lesson.title, quote=False)}</h1>{lessons.handout(lesson)}'
        made = standing(replace(HERE, title=lesson.title), body)
    return HTMLResponse(made, headers={"Cache-Control": "no-cache"})


ROUTES = [Route("/class", _class)]
