"""How a page opens: each panel on its recording, or on what the link in the address asks for.

`opening(demo)` lies around a page's build(); panels made inside report themselves by `collect`.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import logging
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

import gradio as gr
from pydantic import BaseModel

from genai_demo.core.errors import DemoError
from genai_demo.core.link import from_query, to_query
from genai_demo.core.recipe import Recipe
from genai_demo.results.recording import load_recording
from pages.parts.bench import Panel
from pages.parts.wiring import ASIDE

log = logging.getLogger("genai_demo.pages")
_panels: contextvars.ContextVar[list[Panel]] = contextvars.ContextVar("panels")


def collect(panel: Panel) -> None:
    """Tells the page that is being built of one of its panels."""
    _panels.get().append(panel)


@contextlib.contextmanager
def opening(demo: gr.Blocks) -> Iterator[None]:
    """Around a page's build(): afterwards the page follows links, and opens on recordings."""
    panels: list[Panel] = []
    token = _panels.set(panels)
    try:
        yield
    finally:
        _panels.reset(token)
    if not panels:
        return
    _restore_on_load(panels, demo)
    for panel in panels[1:]:
        if panel.tab is not None:
            panel.tab.select(_opener(panel), panel.opened, [panel.strip, panel.opened], **ASIDE)


def _restore_on_load(panels: list[Panel], demo: gr.Blocks) -> None:
    by_run = {panel.entry.name: panel for panel in reversed(panels)}
    told = gr.Textbox(visible=False)
    tabs = {  # looked up now: once it has been selected in a session, a tab may have lost its parent
        panel.id: (panel.tab.parent, panel.tab.id) for panel in panels if panel.tab is not None
    }

    outputs: list[Any] = [*dict.fromkeys(row for row, _ in tabs.values())]
    for panel in panels:
        outputs += [panel.strip, panel.notice, panel.chip, *panel.inputs, *panel.also]

    def restore(request: gr.Request) -> list[Any]:
        recipe, notice = from_query(request.query_params, list(by_run))
        panel = by_run[recipe.run] if recipe else panels[0]
        found: dict[Any, Any] = {panel.strip: recorded(panel.entry.name)}
        if notice:
            found[panel.notice] = notice_html(notice)
        if recipe:
            found |= panel.restored(recipe)
            if panel.id in tabs:
                row, tab = tabs[panel.id]
                found[row] = gr.update(selected=tab)
        sets = [(outputs.index(component), _sent(component, value)) for component, value in found.items()]
        text = json.dumps({"count": len(outputs), "sets": sets, "run": panel.id if recipe else ""})
        return [text, *(one is panel for one in panels)]

    # The browser sets the components itself: Gradio looks up all that ever were outputs of the server, and at every
    # message of a stream once more.
    event = demo.load(restore, None, [told, *(panel.opened for panel in panels)], **ASIDE)
    event = event.then(None, told, outputs, js="async (text) => (await atlas.ready).restored(text)")
    event.then(None, told, None, js="async (text) => (await atlas.ready).generate(JSON.parse(text).run)")


def _sent(component: Any, value: Any) -> Any:
    """What a browser is sent where a component gets the value."""
    if isinstance(value, dict) and value.get("__type__") == "update":
        return value
    sent = component.postprocess(value)
    return sent.model_dump() if isinstance(sent, BaseModel) else sent


def _opener(panel: Panel) -> Callable[[bool], tuple[Any, Any]]:
    def open_recording(opened: bool) -> tuple[Any, Any]:
        return (gr.skip(), gr.skip()) if opened else (recorded(panel.entry.name), True)

    return open_recording


def recorded(run: str) -> Any:
    """The strip value of a run's recording; gr.skip() where there is none, or a damaged one, which is logged."""
    try:
        found = load_recording(run)
        if not found:
            return gr.skip()
        recipe = found["recipe"]
        link = to_query(Recipe(run, recipe.get("options", {}), recipe.get("seed", 0), recipe.get("model")))
    except DemoError as error:
        log.warning("the page opens without the recording of %s: %s", run, error)
        return gr.skip()
    return {
        "run": f"recorded-{run}",
        "badge": "recorded",
        "recipe": recipe,
        "frames": found["frames"],
        "done": True,
        "note": "",
        "link": link,
    }


def notice_html(text: str) -> str:
    """A sentence above the film, as HTML."""
    return f'<p class="notice" role="status">{escape(text, quote=False)}</p>'
