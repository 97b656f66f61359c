"""Buttons above a film of a training: go on, one step, branch at the step on screen; and presets that go wrong.

BAR = Rewind(PointsOptions, {"on": Again("Go on", go_on), "branch": Again("Branch here", branch, settings=True)})
Bench("Points", "gan/points", stage=BAR.toolbar, wire=BAR.wire)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block

from genai_demo.core.changes import Changing, Preset
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe, seed_of
from pages.parts.bench import Panel
from pages.parts.opening import notice_html
from pages.parts.stream import CHEAP, kind

OWN = "Own settings"
LONGEST = 20_000  # characters of a recipe


class Again(NamedTuple):
    """A button: its words, and (options on the stage, step on the stage) -> the training it starts.

    settings: the function is given the options of the controls too.
    """

    words: str
    found: Callable[..., Changing]
    settings: bool = False


@dataclass(frozen=True)
class Rewind:
    """The bar of one bench. options: those of its run; presets: by name; beside: maker of what stands last in it."""

    options: type[Changing]
    buttons: Mapping[str, Again]
    presets: Mapping[str, Preset] = field(default_factory=dict)
    beside: Callable[[], Block] | None = None

    def toolbar(self) -> gr.Row:
        """The menu of presets, where there are any, then the buttons."""
        row = gr.Row(render=False, elem_classes="training-bar")
        with row:
            if self.presets:
                self._menu()
            for what, again in self.buttons.items():
                gr.Button(
                    again.words, size="sm", elem_classes="quiet", min_width=0, scale=0, elem_id=f"training-{what}"
                )
            if self.beside:
                self.beside()
        return row

    def _menu(self) -> None:
        choices = [OWN]
        for name in self.presets:
            choices += [name.capitalize(), f"{name.capitalize()}: cure"]
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

    def wire(self, panel: Panel) -> None:
        """Each button sets the controls to the training it stands for, and starts it; a preset too."""
        preset = panel.stage.children[0] if self.presets else None
        buttons = [child for child in panel.stage.children if isinstance(child, gr.Button)]
        moment = gr.Textbox(visible=False)
        outputs = [*panel.inputs, panel.chip, *panel.also]
        for again, button in zip(self.buttons.values(), buttons, strict=True):
            event = button.click(
                self._start(panel, again),
                [moment, *panel.inputs],
                outputs,
                cancels=[panel.event],
                js=f"(_, ...values) => [atlas.moment('{panel.id}'), ...values]",
                show_progress="hidden",
                api_visibility="private",
                **CHEAP,
            )
            event.success(None, js=f"() => atlas.generate('{panel.id}')")
        if preset is None:
            return
        chosen = preset.select(  # not input, which Gradio also tells when the menu is only passed by the tabulator
            self._preset(panel),
            [preset, panel.seed],
            [*outputs, panel.notice],
            show_progress="hidden",
            api_visibility="private",
            **CHEAP,
        )
        chosen.success(None, js=f"() => atlas.generate('{panel.id}')")

    def _start(self, panel: Panel, again: Again) -> Any:
        @kind
        def start(moment: str, *values: Any) -> dict[Any, Any]:
            seen, at, seed = read(moment, self.options)
            given = [self.options.parse(panel.recipe(*values).options)] if again.settings else []
            found = again.found(seen, at, *given)
            return panel.restored(Recipe(panel.entry.name, found.model_dump(), seed))

        return start

    def _preset(self, panel: Panel) -> Any:
        @kind
        def set_to(name: Any, seed: Any) -> dict[Any, Any]:
            wanted, _, cure = str(name or OWN).partition(":")
            found = self.presets.get(wanted.lower())
            if found is None:
                return {**panel.restored(Recipe(panel.entry.name, {}, seed_of(seed))), panel.notice: ""}
            options, words = {**found.options, **(found.cure if cure else {})}, found.why if cure else found.look
            shown = panel.restored(Recipe(panel.entry.name, options, seed_of(seed)))
            return {**shown, panel.notice: notice_html(words)}

        return set_to


def read(moment: Any, kind: type[Changing]) -> tuple[Changing, int, int]:
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
    parsed = kind.parse(options)
    if not 0 <= at <= parsed.steps:
        raise DemoError(f"step is {at}; this training goes from 0 to {parsed.steps}")
    return parsed, at, seed
