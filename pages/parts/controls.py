"""A control for an option, made from what Options.describe() says: limits, help and units derive from the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

RADIO = 3  # choices up to which all are shown
WIDEST = 10_000  # a range past this is typed, not dragged
STEEPEST = 1_000  # and so is a number above 0 whose largest value is this many times its smallest: a learning rate


def words(name: str) -> str:
    """A name of the program as words: "guidance_scale" -> "Guidance scale"."""
    text = name.split("/")[-1].replace("_", " ")
    return text[:1].upper() + text[1:]


def control(
    option: Mapping[str, Any],
    labels: Mapping[str, str] | None = None,
    choices: Mapping[str, Sequence[tuple[str, Any]]] | None = None,
) -> Component:
    """The component for one described option."""
    name, kind = option["name"], option["type"]
    label = (labels or {}).get(name, words(name))
    if option["unit"]:
        label = f"{label} ({option['unit']})"
    common: dict[str, Any] = {
        "value": option["default"],
        "label": label,
        "info": option["help"],
        "interactive": True,
        "min_width": 0,
        "elem_classes": ["control", f"option-{name}"],
    }
    values = (choices or {}).get(name) or [(words(str(value)), value) for value in option.get("choices", ())]
    if values:
        return gr.Radio(list(values), **common) if len(values) <= RADIO else gr.Dropdown(list(values), **common)
    if kind == "boolean":
        return gr.Checkbox(**common)
    if kind in ("integer", "number"):
        return _number(option, common)
    return gr.Textbox(max_lines=4, max_length=option.get("longest"), **common)


def _number(option: Mapping[str, Any], common: dict[str, Any]) -> Component:
    whole = option["type"] == "integer"
    low, high = option.get("minimum"), option.get("maximum")
    if low is None or high is None or high - low > WIDEST or (not whole and low > 0 and high / low > STEEPEST):
        return gr.Number(precision=0 if whole else None, minimum=low, maximum=high, **common)
    return gr.Slider(low, high, step=1 if whole else _step(low, high), buttons=[], **common)


def _step(low: float, high: float) -> float:
    """A round step of a two-hundredth of the range at most: 0.1 for 0 to 20, 0.01 for 0 to 5."""
    step = 1.0
    while step > (high - low) / 200 * 1.0001:
        step /= 10
    return step
