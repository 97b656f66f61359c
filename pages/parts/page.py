"""The page of an architecture: its name, a tab for each bench, its family in time, and what lies below them.

def build() -> None:
    build_page("gan", BENCHES, labels=LABELS, timeline=TIMELINE, models=("gan/fashion",), tries=TRIES)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import gradio as gr

from pages import find_page
from pages.parts.bench import Bench, Choices, Panel
from pages.parts.info import info
from pages.parts.lead import Try, lead
from pages.parts.panel import panel
from pages.parts.theme import title
from pages.parts.timeline import Entry, row

T = TypeVar("T")


def build_page(
    path: str,
    benches: Sequence[Bench],
    *,
    labels: Mapping[str, str] | None = None,
    choices: Choices | None = None,
    timeline: Sequence[Entry] = (),
    models: Sequence[str] = (),
    tries: Sequence[Try] = (),
    look: str = "",
) -> None:
    """The page at `path`, whose explanation is pages/text/<path>/how.md.

    labels, choices: words for options and for their values of all benches but those that have their own; timeline: the
    family by its years; models: keys of those that can be looked into, with their cards; tries: guided experiments;
    look: what to look at first.
    """
    page = find_page(path)
    title(page)
    if look or tries:
        lead(page, look, tries)
    worded = [replace(one, labels=_or(one.labels, labels), choices=_or(one.choices, choices)) for one in benches]
    panels = tabs(worded)
    if timeline:
        row(timeline)
    info(page, panels, models=models)


def _or(own: T | None, shared: T | None) -> T | None:
    return shared if own is None else own


def tabs(benches: Sequence[Bench]) -> list[Panel]:
    """A tab for each bench, known by its run; benches of a group share one with a switch, known by all their runs."""
    groups: dict[str, list[Bench]] = {}
    for bench in benches:
        groups.setdefault(bench.group or bench.tab, []).append(bench)
    made = []
    with gr.Tabs(elem_classes="runs", overflow_behavior="wrap"):
        for name, group in groups.items():
            if len(group) == 1:
                made.append(_tab(group[0]))
                continue
            with (
                gr.Tab(name, id=" ".join(bench.run for bench in group)),
                gr.Tabs(elem_classes="switch", overflow_behavior="wrap"),
            ):
                made += map(_tab, group)
    return made


def _tab(bench: Bench) -> Panel:
    with gr.Tab(bench.tab, id=bench.run):
        return panel(bench)
