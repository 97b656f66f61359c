"""What a page says before its controls: one thing to look at, and questions that a run answers.

Each question is folded; inside stand what to look for and the link that sets the run up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr

from pages import Page


@dataclass(frozen=True, slots=True)
class Try:
    """A guided experiment: a question, the link that sets its run up, and what to look for in it."""

    title: str
    query: str
    look_for: str


def lead(page: Page, look: str, tries: Sequence[Try]) -> gr.HTML:
    """look: one sentence or two, "" for none."""
    first = f'<p class="look"><b>Look at this first.</b> {escape(look, quote=False)}</p>' if look else ""
    items = "".join(f"<li>{_item(page, one)}</li>" for one in tries)
    row = f'<nav aria-label="Try this"><ul class="tries"><li>Try this</li>{items}</ul></nav>' if tries else ""
    return gr.HTML(first + row, elem_classes="lead")


def _item(page: Page, one: Try) -> str:
    link = f'<a href="./{page.path}?{escape(one.query)}">Set it up and run it</a>'
    words = f"{escape(one.look_for, quote=False)} {link}"
    return f'<details name="try"><summary>{escape(one.title, quote=False)}</summary><p>{words}</p></details>'
