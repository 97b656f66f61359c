"""panel(...): one live panel for a run. Controls, stage, buttons and events are made from what the engine says.

    with gr.Tab("Denoise"):
        parts = panel("diffusion/denoise", title="Denoise", show=("label", "steps", "sampler", "guidance_scale"))

Called inside `collecting(page)`, which app.py does around every page's build(): it wires the link in the query
string and the recording each panel opens on.
"""

from __future__ import annotations

import contextlib
import contextvars
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from gradio.components import Component

from genai_demo.core.link import from_query, to_query
from genai_demo.core.recipe import MAX_SEED, Recipe, seed_of
from genai_demo.core.run import Run, find_run
from genai_demo.core.spec import find_spec
from pages import Page
from pages.parts.chip import chip
from pages.parts.controls import control
from pages.parts.film.strip import FilmStrip
from pages.parts.stream import CHEAP, MODEL, kind_errors, status_before, stream

MOST_SHOWN = 6


@dataclass
class Panel:
    """What panel() made. `controls`: option name -> component, in the order of the options class."""

    entry: Run
    id: str
    strip: FilmStrip
    run: gr.Button
    stop: gr.Button
    controls: dict[str, Component]
    seed: gr.Number
    model: gr.Dropdown | None
    status: gr.HTML
    notice: gr.HTML
    chip: gr.HTML
    opened: gr.State
    tab: gr.Tab | None
    event: Any = None
    private: str = ""
    blank: Collection[str] = ()
    also: dict[Component, Callable[[Mapping[str, Any]], Any]] = field(
        default_factory=dict
    )  # set by a link, from options

    @property
    def inputs(self) -> list[Component]:
        """Inputs of the generate event: seed, model where there is a menu, then every option."""
        return [self.seed, *([self.model] if self.model else []), *self.controls.values()]

    def recipe(self, *values: Any) -> Recipe:
        """The recipe that the values of `inputs` make. Raises DemoError."""
        seed, *rest = values
        model = rest.pop(0) if self.model else None
        given = zip(self.controls, rest, strict=True)
        options = {name: value for name, value in given if value is not None and (value != "" or name in self.blank)}
        return Recipe(self.entry.name, self.entry.options.parse(options).model_dump(), seed_of(seed), model or None)

    def restored(self, recipe: Recipe) -> dict[Any, Any]:
        """Updates that set the controls to a recipe; options it does not name go to their defaults."""
        options = self.entry.options.parse(recipe.options).model_dump()
        found: dict[Any, Any] = {component: options[name] for name, component in self.controls.items()}
        found |= {self.seed: recipe.seed, self.chip: chip(recipe.model or next(iter(self.entry.models), None))}
        found |= {component: value(options) for component, value in self.also.items()}
        if self.model:
            found[self.model] = recipe.model or self.entry.models[0]
        return found


@dataclass
class _Page:
    page: Page
    panels: list[Panel] = field(default_factory=list)


_current: contextvars.ContextVar[_Page] = contextvars.ContextVar("page")


def panel(
    run: str,
    *,
    title: str = "",
    blurb: str = "",
    show: Sequence[str] | None = None,
    extra: Mapping[str, Component] | None = None,
    hidden: Sequence[str] = (),
    primary: str = "Generate",
    labels: Mapping[str, str] | None = None,
    choices: Mapping[str, Sequence[tuple[str, Any]]] | None = None,
    seed: int = 0,
    model_in_sight: bool = False,
    stage: Component | None = None,
    beside: gr.Button | None = None,
    slots: Mapping[str, Any] = MODEL,
    private: str = "",
    blank: bool = False,
) -> Panel:
    """A live panel for a run, built where it is called.

    show: options in sight, in this order, six at most (by default those not marked `more`); the rest go under More.
    extra: option -> a component of the page's own (a pad), made before with render=False; it is placed on top of the
    controls. hidden: options set by the page through `controls[name]`, or by a link; no control is seen for them.
    labels, choices: words for options and for their values. model_in_sight: whether the menu of models is, or lies
    under More. stage: a component of the page's own (an extra, or another), made with render=False, placed above the
    film; beside: a button of the page's own, made likewise, placed beside Copy link.
    slots: how many such runs compute at the same time. private: what a program calls the visitor's secret, where the
    run is to be told it; the browser adds it as a run starts, and it is no part of the recipe, the link or the film.
    blank: a text that was emptied is meant to be empty; else its default stands in for it.
    Raises KeyError for an option that does not exist.
    """
    entry = find_run(run)
    described = {option["name"]: option for option in entry.options.describe()}
    extra = extra or {}
    seen, folded = _arrange(described, show, {*extra, *hidden})
    name = "p-" + run.replace("/", "-")
    with gr.Column(elem_id=name, elem_classes="bench", scale=1):
        with gr.Row(elem_classes="panel-head"):
            gr.HTML(_heading(title, blurb), elem_classes="panel-title")
            chip_ = gr.HTML(chip(entry.models[0] if entry.models else None), elem_classes="panel-chip")
            copy = gr.Button("Copy link", size="sm", elem_classes="quiet", elem_id=f"{name}-copy", min_width=0, scale=0)
            if beside:
                beside.render()
        with gr.Column(elem_classes="panel-controls", elem_id=f"{name}-controls", min_width=0):
            for component in extra.values():  # in sight on a phone too: what is drawn is what a bench is about
                if component is not stage:
                    component.render()
            fold = gr.Button("Settings", size="sm", elem_classes="settings-toggle", elem_id=f"{name}-settings")
            with gr.Column(elem_classes="settings", min_width=0):
                model = _model_menu(entry) if model_in_sight else None
                made = {key: control(described[key], labels, choices) for key in seen}
                with gr.Row(elem_classes="seed-row"):
                    seed_ = gr.Number(
                        seed,
                        label="Seed",
                        precision=0,
                        minimum=0,
                        maximum=MAX_SEED,
                        min_width=0,
                        scale=1,
                        info="The source of chance: the same seed gives the same result",
                        elem_id=f"{name}-seed",
                        interactive=True,
                    )
                    dice = gr.Button("Dice", elem_classes="quiet dice", min_width=0, scale=0, elem_id=f"{name}-dice")
                if folded or (entry.models[1:] and not model):
                    with gr.Accordion("More", open=False, elem_classes="more"):
                        made |= {key: control(described[key], labels, choices) for key in folded}
                        model = model or _model_menu(entry)
                made |= {key: gr.Textbox(_text(described[key]["default"]), visible=False) for key in hidden}
        with gr.Row(elem_classes="panel-actions"):
            run_ = gr.Button(primary, variant="primary", elem_id=f"{name}-run", elem_classes="run", min_width=0)
            stop = gr.Button("Stop", elem_id=f"{name}-stop", elem_classes="stop", min_width=0, scale=0)
        with gr.Column(elem_classes="panel-stage", min_width=0):
            notice = gr.HTML("", elem_classes="notice-place")
            if stage:
                stage.render()
            strip = FilmStrip(label=title or entry.summary, elem_id=f"{name}-strip")
            status = gr.HTML("", elem_classes="status", elem_id=f"{name}-status")
        opened = gr.State(False)
    controls = {key: {**made, **extra}[key] for key in described}
    parts = Panel(
        entry, name, strip, run_, stop, controls, seed_, model, status, notice, chip_, opened, _tab(), private=private
    )
    parts.blank = {
        key for key, one in described.items() if blank and one["type"] == "string" and not one.get("choices")
    }
    if parts.tab is not None and parts.tab.id is None:
        parts.tab.id = run
    _wire(parts, dice, copy, fold, slots)
    _current.get().panels.append(parts)
    return parts


def _arrange(described: Mapping[str, Any], show: Sequence[str] | None, placed: set[str]) -> tuple[list[str], list[str]]:
    """(options in sight, options under More), of those the page does not place itself."""
    free = [name for name in described if name not in placed]
    seen = [name for name in show if name not in placed] if show is not None else []
    if show is None:
        seen = [name for name in free if not described[name]["more"]]
    seen = seen[:MOST_SHOWN]
    for name in (*seen, *placed):
        described[name]  # a KeyError names an option that does not exist
    return seen, [name for name in free if name not in seen]


def _model_menu(entry: Run) -> gr.Dropdown | None:
    if len(entry.models) < 2:
        return None
    choices = [(find_spec(key).title, key) for key in entry.models]
    return gr.Dropdown(
        choices,
        value=entry.models[0],
        label="Model",
        info="Which weights to use",
        interactive=True,
        min_width=0,
        elem_classes="control",
    )


def _wire(parts: Panel, dice: gr.Button, copy: gr.Button, fold: gr.Button, slots: Mapping[str, Any]) -> None:
    outputs = [parts.strip, parts.status]  # few: the browser looks each up among all components, at every message

    def generate(*given: Any) -> Iterator[tuple[Any, ...]]:
        values, secret = (given[:-1], str(given[-1] or "")) if parts.private else (given, "")
        with kind_errors():
            recipe = parts.recipe(*values)
        yield gr.skip(), status_before(recipe)
        for message in stream(recipe, secret):
            if "waiting" in message:
                yield gr.skip(), message["waiting"]
            else:
                yield message, "" if message.get("index", 0) == 0 else gr.skip()

    names = ["seed", *(["model"] if parts.model else []), *parts.controls]  # what a program calls the inputs
    told: list[Component] = [gr.Textbox("", visible=False)] if parts.private else []
    names += [parts.private] if parts.private else []
    last = f"[...values.slice(0, -1), atlas.secret(undefined, '{parts.private}')]" if parts.private else "values"
    generate.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    )
    parts.event = parts.run.click(
        generate,
        [*parts.inputs, *told],
        outputs,
        api_name=parts.entry.name.replace("/", "_"),
        show_progress="minimal",
        show_progress_on=parts.status,
        js=f"(...values) => atlas.started('{parts.id}', {last})",
        **slots,
    )
    parts.event.then(None, js=f"() => atlas.ended('{parts.id}')")
    aside: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private", **CHEAP}
    parts.run.click(lambda: True, None, parts.opened, **aside)
    if parts.entry.models:
        model = parts.model or gr.State(parts.entry.models[0])
        parts.event.success(chip, model, parts.chip, **aside)
    parts.event.failure(None, None, parts.status, js=f"() => (atlas.ended('{parts.id}'), '')")
    parts.stop.click(None, cancels=[parts.event], js=f"() => atlas.ended('{parts.id}')")
    dice.click(None, None, parts.seed, js=f"() => Math.floor(Math.random() * {min(MAX_SEED, 99999)})")
    copy.click(None, parts.strip, None, js=f"(value) => atlas.copyLink('{parts.id}', value)")
    fold.click(None, js=f"() => atlas.fold('{parts.id}')")
    if "points" in parts.controls and "data" in parts.controls:  # who draws points wants them learnt
        parts.controls["points"].input(None, None, parts.controls["data"], js="() => 'drawn'")  # type: ignore[attr-defined]
    if parts.model:
        parts.model.input(chip, parts.model, parts.chip, queue=False, api_visibility="private", **CHEAP)


def benches(tabs: Mapping[str, Callable[[], Panel]]) -> list[Panel]:
    """A tab for each bench: what it is called -> the function that builds it."""
    made = []
    with gr.Tabs(elem_classes="runs"):
        for name, make in tabs.items():
            with gr.Tab(name):
                made.append(make())
    return made


@contextlib.contextmanager
def collecting(page: Page, demo: gr.Blocks) -> Iterator[None]:
    """Around a page's build(): afterwards the page follows links, and opens on recordings."""
    here = _Page(page)
    token = _current.set(here)
    try:
        yield
    finally:
        _current.reset(token)
    if here.panels:
        _restore_on_load(here.panels, demo)
        for parts in here.panels[1:]:
            if parts.tab is not None:
                parts.tab.select(
                    _open(parts),
                    parts.opened,
                    [parts.strip, parts.opened],
                    queue=False,
                    show_progress="hidden",
                    api_visibility="private",
                    **CHEAP,
                )


def _restore_on_load(panels: list[Panel], demo: gr.Blocks) -> None:
    by_run = {parts.entry.name: parts for parts in reversed(panels)}
    go = gr.Textbox(visible=False)
    tabs = {parts.id: parts.tab.parent for parts in panels if parts.tab is not None}

    def restore(request: gr.Request) -> dict[Any, Any]:
        recipe, notice = from_query(request.query_params, list(by_run))
        parts = by_run[recipe.run] if recipe else panels[0]
        found: dict[Any, Any] = {parts.opened: True, parts.strip: recorded(parts.entry.name)}
        if notice:
            found[parts.notice] = f'<p class="notice" role="status">{_escape(notice)}</p>'
        if recipe:
            found |= parts.restored(recipe) | {go: parts.id}
            if parts.id in tabs:
                found[tabs[parts.id]] = gr.Tabs(selected=parts.tab.id)
        return found

    outputs = [go, *dict.fromkeys(tabs.values())]
    for parts in panels:
        outputs += [parts.opened, parts.strip, parts.notice, parts.chip, *parts.inputs, *parts.also]
    event = demo.load(restore, None, outputs, queue=False, show_progress="hidden", api_visibility="private", **CHEAP)
    event.then(None, go, None, js="async (id) => (await atlas.ready).generate(id)")


def _open(parts: Panel) -> Any:
    def open_recording(opened: bool) -> tuple[Any, Any]:
        return (gr.skip(), gr.skip()) if opened else (recorded(parts.entry.name), True)

    return open_recording


def recorded(run: str) -> Any:
    """The strip value of a run's recording; gr.skip() where there is none."""
    try:
        from genai_demo.results.recording import load_recording

        found = load_recording(run)
    except Exception:  # a page without its recording still works
        return gr.skip()
    if not found:
        return gr.skip()
    recipe = found["recipe"]
    link = to_query(Recipe(run, recipe.get("options", {}), recipe.get("seed", 0), recipe.get("model")))
    return {
        "run": f"recorded-{run}",
        "badge": "recorded",
        "recipe": recipe,
        "frames": found["frames"],
        "done": True,
        "note": "",
        "link": link,
    }


def _tab() -> gr.Tab | None:
    block = gr.context.Context.block
    while block is not None and not isinstance(block, gr.Tab):
        block = block.parent
    return block


def _heading(title: str, blurb: str) -> str:
    return (f"<h2>{_escape(title)}</h2>" if title else "") + (f"<p>{_escape(blurb)}</p>" if blurb else "")


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _text(value: Any) -> str:
    return "" if value is None else str(value)
