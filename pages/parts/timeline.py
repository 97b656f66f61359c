"""A family in the order of its years; an entry opens the bench that shows it, where there is one.

A year is that of the preprint or, where there is none, of print: the same on the timelines and in the texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr


@dataclass(frozen=True, slots=True)
class Entry:
    """run: the one it opens, "" for none; query: options, where opening the bench alone does not show the idea.

    page: path of the page that has the run, "" for the one on which the row is.
    """

    name: str
    year: int
    run: str
    idea: str
    query: str = ""
    page: str = ""


def row(entries: Sequence[Entry]) -> gr.HTML:
    """A row of links, which work without scripts too; with them, a bench opens where you are."""
    items = "".join(map(_item, entries))
    return gr.HTML(f'<nav aria-label="The family"><ol class="timeline">{items}</ol></nav>', elem_classes="timeline-row")


def _item(entry: Entry) -> str:
    words = f"<span>{entry.year}</span><b>{escape(entry.name)}</b><em>{escape(entry.idea)}</em>"
    if not entry.run:
        return f"<li><div>{words}</div></li>"
    path = f"./{entry.page}" if entry.page else ""
    query = escape(f"{path}?run={entry.run}" + (f"&{entry.query}" if entry.query else ""))
    bench = "" if entry.query or path else f' data-run="{escape(entry.run)}"'
    return f'<li><a href="{query}"{bench}>{words}</a></li>'
