"""Figures that can be turned, zoomed and saved, drawn by Plotly when asked for: its script takes a second or two."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from html import escape
from typing import Any

import gradio as gr

from genai_demo.core.registry import part
from genai_demo.quality.laboratory_table import families
from pages import Page
from pages.parts.stream import CHEAP, in_turn, kind

IN_DARK = "(title) => [title, document.body.classList.contains('dark')]"
ASK = '<p class="badge">Choose one and press Draw; it can be turned or zoomed, and saved as a picture.</p>'


def makers(page: Page) -> dict[str, Callable[[], Any]]:
    """Title -> maker: the architecture's own figures, then those that compare it with the others."""
    own = part(page.architecture, "figures")
    modules = [*([own] if own else []), *(["genai_demo.quality.figures"] if page.architecture in families() else [])]
    return {title: maker for name in modules for title, maker in importlib.import_module(name).figures().items()}


def figures(page: Page) -> None:
    """A menu, a button and room for one figure; nothing where the page has none."""
    known = makers(page)
    if not known:
        return

    @kind
    def draw(title: Any, dark: Any) -> tuple[Any, str]:
        from genai_demo.quality.charts import painted

        figure = in_turn("figure", known.get(str(title), next(iter(known.values()))))
        told = figure.layout.meta
        badge = "<b>Live</b>: computed now" if told["live"] else "<b>Recorded</b>: read from what was measured"
        shown = painted(figure, dark=bool(dark))
        return gr.Plot(shown, visible=True), f'<p class="badge">{badge}. {escape(told["said"])}</p>'

    gr.HTML("<h3>Figures</h3>")
    with gr.Row(elem_classes="inside-row"):
        title = gr.Dropdown(list(known), value=next(iter(known)), label="Figure", interactive=True, scale=3)
        button = gr.Button("Draw", elem_id="figure-draw", elem_classes="quiet", scale=0, min_width=140)
    dark = gr.Checkbox(visible=False)
    said = gr.HTML(ASK)
    plot = gr.Plot(visible=False, show_label=False, elem_id="figure")
    button.click(draw, [title, dark], [plot, said], js=IN_DARK, api_visibility="private", **CHEAP)
