"""How a page opens on what the link in the address asks for; without one it asks the server nothing.

`opening(demo)` lies around a page's build(); panels made inside report themselves by `collect`.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
from collections.abc import Iterator
from html import escape
from typing import Any
from urllib.parse import parse_qsl

import gradio as gr
from pydantic import BaseModel

from genai_demo.core.link import from_query
from pages.parts.bench import Panel
from pages.parts.stream import kind
from pages.parts.wiring import ASIDE

FOLLOW = "() => { if (new URLSearchParams(location.search).has('run')) document.getElementById('follow').click(); }"
_panels: contextvars.ContextVar[list[Panel]] = contextvars.ContextVar("panels")


def collect(panel: Panel) -> None:
    """Tells the page that is being built of one of its panels."""
    _panels.get().append(panel)


@contextlib.contextmanager
def opening(demo: gr.Blocks) -> Iterator[None]:
    """Around a page's build(): afterwards the page follows links."""
    panels: list[Panel] = []
    token = _panels.set(panels)
    try:
        yield
    finally:
        _panels.reset(token)
    if not panels:
        return
    _restore_on_load(panels, demo)


def _restore_on_load(panels: list[Panel], demo: gr.Blocks) -> None:
    by_run = {panel.entry.name: panel for panel in reversed(panels)}
    told = gr.Textbox(visible=False)
    tabs = {panel.id: _tabs(panel.tab) for panel in panels}  # now: once it has been selected, a tab may have no parent
    outputs: list[Any] = [*dict.fromkeys(row for found in tabs.values() for row, _ in found)]
    for panel in panels:
        outputs += [panel.notice, panel.chip, *panel.inputs, *panel.also]

    @kind
    def restore(search: Any) -> str:
        asked = dict(parse_qsl(str(search or "").removeprefix("?"), keep_blank_values=True))
        recipe, notice = from_query(asked, list(by_run))
        panel = by_run[recipe.run] if recipe else panels[0]
        found: dict[Any, Any] = {}
        if notice:
            found[panel.notice] = notice_html(notice)
        if recipe:
            found |= panel.restored(recipe)
            found |= {row: gr.update(selected=tab) for row, tab in tabs[panel.id]}
        sets = [(outputs.index(component), _sent(component, value)) for component, value in found.items()]
        return json.dumps({"count": len(outputs), "sets": sets, "run": panel.id if recipe else ""})

    # The browser sets the components itself: Gradio looks up all that ever were outputs of the server, and at every
    # message of a stream once more.
    follow = gr.Button(visible="hidden", elem_id="follow")
    demo.load(None, js=FOLLOW)
    event = follow.click(restore, told, told, js="() => location.search", **ASIDE)
    event = event.then(None, told, outputs, js="async (text) => (await atlas.ready).restored(text)")
    event.then(None, told, None, js="async (text) => (await atlas.ready).generate(JSON.parse(text).run)")


def _tabs(block: Any) -> list[tuple[Any, Any]]:
    """A row of tabs and which of them, for the tab and those around it."""
    found = []
    while block is not None:
        if isinstance(block, gr.Tab):
            found.append((block.parent, block.id))
        block = block.parent
    return found


def _sent(component: Any, value: Any) -> Any:
    """What a browser is sent where a component gets the value."""
    if isinstance(value, dict) and value.get("__type__") == "update":
        return value
    sent = component.postprocess(value)
    return sent.model_dump() if isinstance(sent, BaseModel) else sent


def notice_html(text: str) -> str:
    """A sentence above the film, as HTML."""
    return f'<p class="notice" role="status">{escape(text, quote=False)}</p>'
