"""A family in the order of its years; each entry opens the bench that runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr


@dataclass(frozen=True, slots=True)
class Entry:
    """tab: the bench it opens; run: what a link to it says; query: options, where the bench alone does not show it."""

    name: str
    year: int
    run: str
    tab: str
    idea: str
    query: str = ""


def timeline(entries: Sequence[Entry]) -> gr.HTML:
    """A row of links, which work without scripts too; with them, a bench opens where you are."""
    items = "".join(map(_item, entries))
    return gr.HTML(f'<nav aria-label="The family"><ol class="timeline">{items}</ol></nav>', elem_classes="timeline-row")


def _item(entry: Entry) -> str:
    query = escape(f"?run={entry.run}" + (f"&{entry.query}" if entry.query else ""))
    bench = "" if entry.query else f' data-tab="{escape(entry.tab)}"'
    words = f"<span>{entry.year}</span><b>{escape(entry.name)}</b><em>{escape(entry.idea)}</em>"
    return f'<li><a href="{query}"{bench}>{words}</a></li>'
