"""What happens on a panel: a click runs the recipe of its controls, Stop ends it, and the quick buttons beside them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import EventListenerMethod, set_cancel_events

from pages.parts.bench import Panel
from pages.parts.chip import chip
from pages.parts.stream import CHEAP, kind, kind_errors, status_before, stream

ASIDE: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private", **CHEAP}


def wire(panel: Panel) -> None:
    """Connects the buttons of a panel that ask the server; Dice, Copy link and Settings are those of shell.js.

    A page pays for each event as it opens: the browser looks through all of them for every component.
    """
    _wire_run(panel)
    _wire_chip(panel)
    set_cancel_events([EventListenerMethod(panel.stop, "click")], [panel.event])


def _wire_run(panel: Panel) -> None:
    """The run itself: the one event of a panel that programs may call."""
    private = panel.bench.private
    secret: list[Component] = [gr.Textbox("", visible=False)] if private else []
    last = f"[...values.slice(0, -1), atlas.secret(undefined, '{private}')]" if private else "values"
    panel.event = panel.run.click(
        _generator(panel),
        [*panel.inputs, *secret],
        [panel.strip, panel.status],  # few: the browser looks each up among all components, at every message
        api_name=panel.entry.name.replace("/", "_"),
        show_progress="minimal",
        show_progress_on=panel.status,
        js=f"(...values) => atlas.started('{panel.id}', {last})",
        preprocess=False,  # Panel.recipe reads what was sent, and says kindly what is wrong with it
        **CHEAP,  # a run waits for its turn in the schedule, not here
    )
    panel.event.then(None, js=f"() => atlas.ended('{panel.id}')")
    panel.event.failure(None, None, panel.status, js=f"() => (atlas.ended('{panel.id}'), '')")


def _generator(panel: Panel) -> Callable[..., Iterator[tuple[Any, ...]]]:
    """The handler of the run button: values of the controls in, values of the film strip and the status out."""
    private = panel.bench.private

    def generate(request: gr.Request | None, *given: Any) -> Iterator[tuple[Any, ...]]:
        values, secret = (given[:-1], str(given[-1] or "")) if private else (given, "")
        who = str(getattr(request, "session_hash", None) or "")
        with kind_errors():
            recipe = panel.recipe(*values)
        said = status_before(recipe)
        yield gr.skip(), said
        for message in stream(recipe, secret, who, panel.bench.slots, whole=not _from_page(request)):
            if "waiting" in message:
                said = message["waiting"] or said
                yield gr.skip(), said
            else:
                said = ""
                yield message, said

    names = ["request", "seed", *(["model"] if panel.model else []), *panel.controls, *([private] if private else [])]
    wanted = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    generate.__annotations__ = {"request": gr.Request}
    generate.__signature__ = inspect.Signature(wanted)  # type: ignore[attr-defined]  # what a program calls the inputs
    return generate


def _from_page(request: gr.Request | None) -> bool:
    """Whether Gradio's own page asks, and no program."""
    return bool(request and request.headers.get("x-gradio-user") == "app")


def _wire_chip(panel: Panel) -> None:
    """The chip says which model is chosen, and what is known of it once it has run."""
    if panel.entry.models:
        shown = kind(chip if panel.model else functools.partial(chip, panel.entry.models[0]))
        panel.event.success(shown, panel.model, panel.chip, **ASIDE)
    if panel.model:
        panel.model.input(kind(chip), panel.model, panel.chip, queue=False, api_visibility="private", **CHEAP)


def when_drawn(pad: str, **sets: str) -> Callable[[Panel], None]:
    """A `wire` of a bench: its pad is in sight only where an option says that it is used.

    Who draws on a pad wants it used, so that the option is set to say so.

    when_drawn("points", data="drawn")
    """

    def connect(panel: Panel) -> None:
        drawn = panel.controls[pad]
        drawn.elem_classes = [*drawn.elem_classes, "when-drawn"]
        for name, value in sets.items():
            said = f"(value) => {{ document.getElementById('{panel.id}').dataset.drawn = value === '{value}'; }}"
            panel.controls[name].change(None, panel.controls[name], js=said, **ASIDE)
            drawn.input(None, None, panel.controls[name], js=f"() => '{value}'")

    return connect
