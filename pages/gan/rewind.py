"""Buttons above a film of a training: go on, one step, one network only, branch at the step on screen; and presets.

Bench("Points", "gan/points", stage=toolbar, wire=wire)
"""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe, seed_of
from genai_demo.gan.points_options import PRESETS, PointsOptions
from genai_demo.gan.rewind import branch, go_on, one_step
from pages.parts.bench import Panel
from pages.parts.opening import notice_html
from pages.parts.stream import CHEAP, kind

BUTTONS = {
    "on": ("Go on", "Train on from the step on screen"),
    "both": ("One step", "One training step of both networks"),
    "d": ("D only", "One training step of the discriminator"),
    "g": ("G only", "One training step of the generator"),
    "branch": ("Branch here", "Change a setting first; then both trainings run side by side from this step"),
}
OWN = "Own settings"
LONGEST = 20_000  # characters of a recipe


def toolbar() -> gr.Row:
    """The menu of presets, then a button for each of BUTTONS."""
    choices = [OWN]
    for name in PRESETS:
        choices += [name.capitalize(), f"{name.capitalize()}: cure"]
    row = gr.Row(render=False, elem_classes="training-bar")
    with row:
        gr.Dropdown(
            choices,
            value=OWN,
            show_label=False,
            min_width=0,
            scale=0,
            elem_classes="preset",
            elem_id="training-preset",
            container=False,
        )
        for what, (text, _) in BUTTONS.items():
            gr.Button(text, size="sm", elem_classes="quiet", min_width=0, scale=0, elem_id=f"training-{what}")
    return row


def wire(panel: Panel) -> None:
    """Each button sets the controls to the training it stands for, and starts it; a preset too."""
    preset, *buttons = panel.stage.children
    moment = gr.Textbox(visible=False)
    outputs = [*panel.inputs, panel.chip, *panel.also]
    for what, button in zip(BUTTONS, buttons, strict=True):
        event = button.click(
            _again(panel, what),
            [moment, *panel.inputs],
            outputs,
            cancels=[panel.event],
            js=f"(_, ...values) => [atlas.moment('{panel.id}'), ...values]",
            show_progress="hidden",
            api_visibility="private",
            **CHEAP,
        )
        event.success(None, js=f"() => atlas.generate('{panel.id}')")
    chosen = preset.input(
        _preset(panel),
        [preset, panel.seed],
        [*outputs, panel.notice],
        show_progress="hidden",
        api_visibility="private",
        **CHEAP,
    )
    chosen.success(None, js=f"() => atlas.generate('{panel.id}')")


def _again(panel: Panel, what: str) -> Any:
    @kind
    def again(moment: str, *values: Any) -> dict[Any, Any]:
        seen, at, seed = _read(moment)
        wanted = PointsOptions.parse(panel.recipe(*values).options) if what == "branch" else seen
        if what == "on":
            found = go_on(seen, at)
        else:
            found = branch(seen, at, wanted) if what == "branch" else one_step(seen, at, what)  # type: ignore[arg-type]
        return panel.restored(Recipe(panel.entry.name, found.model_dump(), seed))

    return again


def _read(moment: Any) -> tuple[PointsOptions, int, int]:
    """What the browser says is on screen: {"options", "seed", "step"} as JSON -> options, step, seed.

    Raises DemoError where there is nothing, or nothing that can be read.
    """
    if not isinstance(moment, str) or len(moment) > LONGEST:
        raise DemoError("what is on the stage can't be read; press Train")
    try:
        found = json.loads(moment or "{}")
        options, at, seed = found["options"], int(found["step"]), int(found["seed"])
    except (KeyError, TypeError, ValueError):
        raise DemoError("there is no training on the stage yet; press Train first") from None
    parsed = PointsOptions.parse(options)
    if not 0 <= at <= parsed.steps:
        raise DemoError(f"step is {at}; this training goes from 0 to {parsed.steps}")
    return parsed, at, seed


def _preset(panel: Panel) -> Any:
    @kind
    def set_to(name: str, seed: Any) -> dict[Any, Any]:
        wanted, _, cure = name.partition(":")
        found = PRESETS.get(wanted.lower())
        if found is None:
            return {**panel.restored(Recipe(panel.entry.name, {}, seed_of(seed))), panel.notice: ""}
        options, words = {**found.options, **(found.cure if cure else {})}, found.why if cure else found.look
        shown = panel.restored(Recipe(panel.entry.name, options, seed_of(seed)))
        return {**shown, panel.notice: notice_html(words)}

    return set_to
