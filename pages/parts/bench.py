"""A bench is a tab of a page that runs one run: Bench says what it is, panel() builds it, a Panel is what was built.

Bench("Fork", "diffusion/fork", "Two branches share their noise.", ("label", "fork"), primary="Part")
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import Any, TypeVar

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from genai_demo.core.recipe import Recipe, seed_of
from genai_demo.core.run import Run
from genai_demo.core.schedule import Schedule
from pages.parts.chip import chip
from pages.parts.film.strip import FilmStrip
from pages.parts.stream import TURNS

C = TypeVar("C", bound=Block)
Choices = Mapping[str, Sequence[tuple[str, Any]]]


@dataclass(frozen=True)
class Bench:
    """What is told of a bench; everything else is made from what the engine says of the run.

    tab: its name; blurb: one sentence; show: options in sight, in this order, six at most (by default those not marked
    `more`), the rest go under More; primary: the words of the button that runs it.
    labels, choices: words for options and for their values, in place of those of the page.
    own: option -> maker (see `later`) of a component of the page's own, a pad; it lies on top of the controls.
    opening: values that controls show at first in place of the engine's defaults, which old links count on; the
    recording that the bench opens on is made with them.
    stage: one of `own`, or a maker of another component, placed above the film; beside: maker of a button placed
    beside Copy link. hidden: options set by the page through `controls[name]`, or by a link; they have no control.
    model_in_sight: whether the menu of models is, or lies under More. slots: where its runs wait for their turn.
    private: what a program calls the visitor's secret, where the run is to be told it; the browser adds it as a run
    starts, and it is no part of the recipe, the link or the film.
    group: the tab that it shares with others of this group; a page shows seven tabs at most.
    wire: what else is connected, once the panel is built.
    """

    tab: str
    run: str
    blurb: str = ""
    show: Sequence[str] | None = None
    _: KW_ONLY
    primary: str = "Generate"
    labels: Mapping[str, str] | None = None
    choices: Choices | None = None
    own: Mapping[str, Callable[[], Component]] = field(default_factory=dict)
    opening: Mapping[str, Any] = field(default_factory=dict)
    stage: str | Callable[[], Block] = ""
    beside: Callable[[], gr.Button] | None = None
    hidden: Sequence[str] = ()
    seed: int = 0
    model_in_sight: bool = False
    slots: Schedule = TURNS
    private: str = ""
    group: str = ""
    wire: Callable[[Panel], None] | None = None

    @property
    def id(self) -> str:
        """The id of its element in the page: "p-diffusion-fork"."""
        return bench_id(self.run)


def later(component: Callable[..., C], *given: Any, **settings: Any) -> Callable[[], C]:
    """A maker of a component, for what is declared before its page is built: later(PointPad, label="Your points")."""
    return partial(component, *given, render=False, **settings)


def bench_id(run: str) -> str:
    """The id in the page of the bench that runs `run`."""
    return "p-" + run.replace("/", "-")


@dataclass
class Panel:
    """What panel() made. `controls`: option name -> component, in the order of the options class.

    Their type is Any: the events of a component are added by Gradio and no type knows them. `blank`: options whose
    empty text is meant; `also`: components that a link sets besides, each from the options.
    """

    bench: Bench
    entry: Run
    tab: gr.Tab | None
    strip: FilmStrip
    run: gr.Button
    stop: gr.Button
    controls: dict[str, Any]
    seed: gr.Number
    model: gr.Dropdown | None
    status: gr.HTML
    notice: gr.HTML
    chip: gr.HTML
    stage: Any = None
    beside: Any = None
    event: Any = None
    blank: Collection[str] = ()
    also: dict[Component, Callable[[Mapping[str, Any]], Any]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.bench.id

    @property
    def inputs(self) -> list[Component]:
        """Inputs of the generate event: seed, model where there is a menu, then every option."""
        return [self.seed, *([self.model] if self.model else []), *self.controls.values()]

    def recipe(self, *values: Any) -> Recipe:
        """The recipe that the values of `inputs` make, as the browser or a program sent them. Raises DemoError."""
        seed, *rest = values
        model = rest.pop(0) if self.model else None
        given = [(name, _read(made, value)) for (name, made), value in zip(self.controls.items(), rest, strict=True)]
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


def _read(component: Any, value: Any) -> Any:
    """A value as it was sent. Parts of our own read it; those of Gradio would raise what no visitor understands."""
    return component.preprocess(value) if isinstance(component, gr.HTML) else value
