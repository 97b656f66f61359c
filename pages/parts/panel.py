"""panel(bench): one live panel for a run. Controls, stage, buttons and events are made from what the engine says.

    with gr.Tab("Denoise"):
        made = panel(Bench("Denoise", "diffusion/denoise", show=("label", "steps", "sampler")))

Called inside `opening(demo)`, which app.py does around every page's build(): it wires the link in the query string.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from genai_demo.core.recipe import MAX_SEED
from genai_demo.core.run import Run, find_run
from genai_demo.core.spec import find_spec
from pages.parts.bench import Bench, Panel
from pages.parts.chip import chip
from pages.parts.controls import control
from pages.parts.film.recorded import recorded
from pages.parts.film.strip import FilmStrip
from pages.parts.opening import collect
from pages.parts.wiring import wire

MOST_SHOWN = 6


class Options(NamedTuple):
    """The options of a run, as described by the engine, in sight and under More."""

    described: Mapping[str, Mapping[str, Any]]
    seen: Sequence[str]
    folded: Sequence[str]


class Stage(NamedTuple):
    """What a run is seen on."""

    notice: gr.HTML
    strip: FilmStrip
    status: gr.HTML


class Settings(NamedTuple):
    """What lies under Settings: option -> its control, and what is there whatever the run."""

    controls: dict[str, Any]
    seed: gr.Number
    model: gr.Dropdown | None


def panel(bench: Bench) -> Panel:
    """A live panel, built where it is called. Raises KeyError for an option that does not exist."""
    entry = find_run(bench.run)
    options = _arranged(entry, bench)
    own = {name: make() for name, make in bench.own.items()}
    stage = _stage(bench, own)
    with gr.Column(elem_id=bench.id, elem_classes="bench", scale=1):
        shown, beside = _head(bench, entry)
        with gr.Column(elem_classes="panel-controls", elem_id=f"{bench.id}-controls", min_width=0):
            for component in own.values():  # in sight on a phone too: what is drawn is what a bench is about
                if component is not stage:
                    _render(component)
            gr.Button("Settings", size="sm", elem_classes="settings-toggle", elem_id=f"{bench.id}-settings")
            settings = _settings(bench, entry, options)
        run, stop = _actions(bench)
        film = _film(bench, entry, stage)
    made = Panel(
        bench,
        entry,
        _tab(),
        film.strip,
        run,
        stop,
        {name: {**settings.controls, **own}[name] for name in options.described},
        settings.seed,
        settings.model,
        film.status,
        film.notice,
        shown,
        stage,
        beside,
        blank=_may_be_empty(options),
    )
    wire(made)
    if bench.wire:
        bench.wire(made)
    collect(made)
    return made


def _arranged(entry: Run, bench: Bench) -> Options:
    """Which options are in sight and which under More, of those the page does not place itself."""
    described = {option["name"]: option for option in entry.options.describe()}
    for name, value in bench.opening.items():
        described[name] = {**described[name], "default": value}
    placed = {*bench.own, *bench.hidden}
    free = [name for name in described if name not in placed]
    wanted = bench.show if bench.show is not None else [name for name in free if not described[name]["more"]]
    seen = [name for name in wanted if name not in placed][:MOST_SHOWN]
    for name in (*seen, *placed):
        described[name]  # a KeyError names an option that does not exist
    return Options(described, seen, [name for name in free if name not in seen])


def _stage(bench: Bench, own: Mapping[str, Any]) -> Any:
    """The component above the film, None where there is none."""
    if isinstance(bench.stage, str):
        return own[bench.stage] if bench.stage else None
    return bench.stage()


def _render(component: Any) -> None:
    """Places a component that was made before."""
    component.render()


def _actions(bench: Bench) -> tuple[gr.Button, gr.Button]:
    """The buttons that run it and stop it."""
    with gr.Row(elem_classes="panel-actions"):
        run = gr.Button(bench.primary, variant="primary", elem_id=f"{bench.id}-run", elem_classes="run", min_width=0)
        stop = gr.Button("Stop", elem_id=f"{bench.id}-stop", elem_classes="stop", min_width=0, scale=0)
    return run, stop


def _film(bench: Bench, entry: Run, stage: Any) -> Stage:
    """Notice, the page's own component, film and status."""
    with gr.Column(elem_classes="panel-stage", min_width=0):
        notice = gr.HTML("", elem_classes="notice-place")
        if stage is not None:
            _render(stage)
        strip = FilmStrip(recorded(bench.run), label=entry.summary, elem_id=f"{bench.id}-strip")
        status = gr.HTML("", elem_classes="status", elem_id=f"{bench.id}-status")
    return Stage(notice, strip, status)


def _head(bench: Bench, entry: Run) -> tuple[gr.HTML, gr.Button | None]:
    """Blurb, the model's chip, Copy link and the page's own button; returned are the chip and the last."""
    with gr.Row(elem_classes="panel-head"):
        gr.HTML(f"<p>{escape(bench.blurb, quote=False)}</p>" if bench.blurb else "", elem_classes="panel-title")
        shown = gr.HTML(chip(entry.models[0] if entry.models else None), elem_classes="panel-chip")
        gr.Button(
            "Copy link", size="sm", elem_classes="quiet copy-link", elem_id=f"{bench.id}-copy", min_width=0, scale=0
        )
        beside = bench.beside() if bench.beside else None
        if beside is not None:
            _render(beside)
    return shown, beside


def _settings(bench: Bench, entry: Run, options: Options) -> Settings:
    described, labels, choices = options.described, bench.labels, bench.choices
    with gr.Column(elem_classes="settings", min_width=0):
        model = _model_menu(entry) if bench.model_in_sight else None
        made: dict[str, Any] = {name: control(described[name], labels, choices) for name in options.seen}
        with gr.Row(elem_classes="seed-row"):
            seed = _seed(bench)
            gr.Button("Dice", elem_classes="quiet dice", min_width=0, scale=0, elem_id=f"{bench.id}-dice")
        if options.folded or (entry.models[1:] and not model):
            with gr.Accordion("More", open=False, elem_classes="more"):
                made |= {name: control(described[name], labels, choices) for name in options.folded}
                model = model or _model_menu(entry)
        made |= {name: gr.Textbox(_text(described[name]["default"]), visible=False) for name in bench.hidden}
    return Settings(made, seed, model)


def _seed(bench: Bench) -> gr.Number:
    return gr.Number(
        bench.seed,
        label="Seed",
        precision=0,
        minimum=0,
        maximum=MAX_SEED,
        min_width=0,
        scale=1,
        info="The source of chance: the same seed gives the same result",
        elem_id=f"{bench.id}-seed",
        interactive=True,
    )


def _model_menu(entry: Run) -> gr.Dropdown | None:
    if len(entry.models) < 2:
        return None
    choices: list[Any] = [(find_spec(key).title, key) for key in entry.models]
    return gr.Dropdown(
        choices,
        value=entry.models[0],
        label="Model",
        info="Which weights to use",
        interactive=True,
        min_width=0,
        elem_classes=["control", "option-model"],
    )


def _may_be_empty(options: Options) -> set[str]:
    """Options that are free text."""
    return {name for name, one in options.described.items() if one["type"] == "string" and not one.get("choices")}


def _tab() -> gr.Tab | None:
    """The tab in which something is being built."""
    block = gr.context.Context.block
    while block is not None and not isinstance(block, gr.Tab):
        block = block.parent
    return block


def _text(value: Any) -> str:
    return "" if value is None else str(value)
