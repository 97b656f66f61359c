"""What lies below the bench: How it works, Inside the model, Code, Data and quality.

info(find_page("vae"), panels, models=("vae/vae-2",))
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.run import find_run, source
from genai_demo.core.spec import find_spec
from genai_demo.quality.laboratory_table import families
from genai_demo.quality.tables import render
from pages import Page
from pages.parts.bench import Panel
from pages.parts.figures import figures
from pages.parts.stream import CHEAP, in_turn, kind
from pages.parts.tree import diagram, tree
from pages.parts.wiring import ASIDE
from pages.words import explained

LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
MOST_BATCH = 25
YEARS = "A year is that of a work's preprint or, where it has none, of its printing."
LEFT_OUT = ("quality", "versions", "platform", "title", "network", "history")  # shown elsewhere, or in the file
REPRODUCE = (
    '<p class="badge"><b>Recorded</b>: read from the cards beside the weights, which '
    "<code>python -m genai_demo train</code> and <code>python -m genai_demo quality</code> write.</p>"
)


def info(page: Page, panels: Sequence[Panel], *, models: Sequence[str]) -> None:
    """The tabs. panels: whose source can be read; models: keys that can be looked into, with cards.

    The explanation is pages/text/<path>/how.md, its words with their definitions. Without models there is nothing to
    look into.
    """
    text = explained((Path(__file__).parents[1] / "text" / page.path / "how.md").read_text())
    runs = list(dict.fromkeys(panel.entry.name for panel in panels))
    inside: tuple[gr.Dropdown, gr.Number] | tuple[()] = ()
    with gr.Tabs(elem_classes="info-tabs", elem_id="info"):
        with gr.Tab("How it works", id="how"):
            gr.Markdown(f"{text}\n\n{YEARS}", latex_delimiters=LATEX, elem_classes="prose-page")
        if models:
            with gr.Tab("Inside the model", id="inside") as tab:
                inside = _inside(models, tab)
        with gr.Tab("Code", id="code") as code:
            run = _code(runs, code)
        with gr.Tab("Data and quality", id="quality"):
            gr.HTML(REPRODUCE)
            gr.Markdown(_quality(page), elem_classes="prose-page wide")
            figures(page)
            gr.HTML("".join(map(card_html, models)))
    _follow([run, *inside], models)


def _follow(shown: Sequence[Component], models: Sequence[str]) -> None:
    """When a run begins, Code shows its source, and the drawing takes its model and batch; the browser says which."""
    ran = gr.Button(visible="hidden", elem_id="ran")
    ran.click(None, None, shown, js=f"() => atlas.ran({json.dumps(models)}, {MOST_BATCH}).slice(0, {len(shown)})")


def _inside(models: Sequence[str], tab: gr.Tab) -> tuple[gr.Dropdown, gr.Number]:
    gr.HTML(
        '<p class="badge"><b>Live</b>: the loaded network runs once on its own example; hooks note every block.</p>'
    )
    with gr.Row(elem_classes="inside-row"):
        choices = [(find_spec(key).title, key) for key in models]
        model = gr.Dropdown(choices, value=models[0], label="Model", interactive=True, scale=3)
        batch = gr.Number(1, label="Batch", precision=0, minimum=1, maximum=MOST_BATCH, interactive=True, scale=1)
        again = gr.Button("Measure again", elem_classes="quiet", scale=0, min_width=140)
    shown = gr.HTML('<p class="badge">Loading the model, a few seconds the first time.</p>')
    common: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", **CHEAP}
    tab.select(_look, [model, batch], shown, **common)
    again.click(_look, [model, batch], shown, **common)
    model.input(_look, [model, batch], shown, **common)
    return model, batch


@kind
def _look(model: Any, batch: Any) -> str:
    from genai_demo.core.inspect import trace

    load(find_spec(str(model)))  # in no turn: a fetch must hold up nobody
    blocks = in_turn("inspect", lambda: trace(str(model), int(batch or 1)), str(model))
    return diagram(blocks) + tree(blocks)


def _code(runs: Sequence[str], tab: gr.Tab) -> gr.Dropdown:
    choices = [(f"{name}: {find_run(name).summary}", name) for name in runs]
    run = gr.Dropdown(choices, value=runs[0], label="Run", interactive=True)
    shown = gr.HTML("", elem_classes="source")
    tab.select(_source, run, shown, **ASIDE)
    run.change(_source, run, shown, **ASIDE)
    return run


@kind
def _source(run: Any) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    where = find_run(str(run)).start.partition(":")[0].replace(".", "/")
    shown = highlight(f"# {where}.py\n\n{source(str(run))}", PythonLexer(), HtmlFormatter(nowrap=True))
    return f'<pre class="code" tabindex="0" role="region" aria-label="The generator that runs">{shown}</pre>'


def _quality(page: Page) -> str:
    """The table of the architecture's README, made from the cards, its sheet of samples; that of the laboratory."""
    found = "### Measured quality\n\n" + _table(page.architecture)
    found = found.replace("](samples.png)", f"](./sheets/{page.architecture}.png)")
    return found + (f"\n\n### On the same points\n\n{_table('lab')}" if page.architecture in families() else "")


def _table(name: str) -> str:
    try:
        return render(name)
    except DemoError as error:
        return str(error)


def card_html(key: str) -> str:
    """The card of a model, folded: what it was trained on, how, for how long and where, and the file's SHA-256.

    Of a model that others trained, its licence and where it comes from.
    """
    spec = find_spec(key)
    rows = [("key", key), ("licence of the weights", escape(spec.licence)), *_facts(spec.card)]
    if not spec.card:
        rows.append(("from", escape(", else ".join(map(str, spec.sources)))))
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{value}</td></tr>" for name, value in rows)
    table = f'<div class="scroller"><table class="facts">{cells}</table></div>'
    return f'<details class="card-facts"><summary>How it was made: {escape(spec.title)}</summary>{table}</details>'


def _facts(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Rows of a card, nested ones as "quality: accuracy"; long lists (the training curves) are left to their panel."""
    rows: list[tuple[str, str]] = []
    for name, value in card.items():
        if name in LEFT_OUT:
            continue
        if isinstance(value, Mapping):
            rows += [(f"{name}: {inner}".replace("_", " "), text) for inner, text in _facts(value)]
        elif not (isinstance(value, list) and len(json.dumps(value)) > 200) and value is not None:
            rows.append((name.replace("_", " "), escape(_short(value))))
    return rows


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(_short(part) for part in value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
