"""What a page says before its controls: one thing to look at, and questions that a run answers.

Each question is folded; inside stand what to look for, a line for what the visitor expects, the link that sets the run
up, and, folded once more, what the run shows. What was expected stays in the tab (lead.js); nothing is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr

from genai_demo.lessons.lesson import Lesson
from pages import Page, lessons
from pages.parts import scripts


@dataclass(frozen=True, slots=True)
class Try:
    """A guided experiment: a question, the link that sets its run up, what to look for in it, and what it shows."""

    title: str
    query: str
    look_for: str
    shows: str = ""


def lead(page: Page, look: str, tries: Sequence[Try]) -> gr.HTML:
    """look: one sentence or two, "" for none."""
    first = f'<p class="look"><b>Look at this first.</b> {escape(look, quote=False)}</p>' if look else ""
    items = "".join(f"<li>{_item(page, one)}</li>" for one in tries)
    first += _offered(lessons.lessons(page))
    row = f'<nav aria-label="Try this"><ul class="tries"><li>Try this</li>{items}</ul></nav>' if tries else ""
    return gr.HTML(first + row, js_on_load=scripts.call("lead"), elem_classes="lead")


def _offered(found: Sequence[Lesson]) -> str:
    links = [lessons.link(one, f"{'Begin here: ' if one.level == 'first' else ''}{one.title}") for one in found]
    return f'<p class="offered">{"".join(links)}<a href="./class#lessons">All lessons</a></p>' if found else ""


def _item(page: Page, one: Try) -> str:
    return (
        f'<details name="try"><summary>{escape(one.title, quote=False)}</summary><div class="posed">'
        f"<p>{escape(one.look_for, quote=False)}</p>"
        '<p class="expect"><label>I expect <input type="text" maxlength="200" autocomplete="off"></label>'
        f'<a href="./{page.path}?{escape(one.query)}">Set it up and run it</a></p>{shown(one)}</div></details>'
    )


def shown(one: Try) -> str:
    """What the run of a question shows, folded; nothing where that is not told."""
    if not one.shows:
        return ""
    return f'<details class="shows"><summary>What it shows</summary><p>{escape(one.shows, quote=False)}</p></details>'
