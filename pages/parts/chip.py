"""The chip that says which model is on stage: title, parameters, device. Every number is read, none is typed."""

from __future__ import annotations

from html import escape
from typing import Any

from genai_demo.core import load
from genai_demo.core.spec import find_spec


def chip(model: str | None) -> str:
    """HTML for a model key; empty where a run needs no model."""
    if model is None:
        return ""
    spec = find_spec(model)
    parts = [count(spec.card.get("parameters"))] if spec.card.get("parameters") else []
    info = load.peek(spec)
    if info is not None:
        parts = [
            count(info.parameters),
            f"{info.device.upper()} {info.dtype.replace('bfloat', 'bf').replace('float', 'fp')}",
        ]
    more = escape(f"{model}; {spec.licence}; {', '.join(map(str, spec.sources))}")
    rest = f" <span>{escape(', '.join(parts))}</span>" if parts else ""
    return f'<p class="chip" data-model="{escape(model)}" title="{more}"><b>{escape(spec.title)}</b>{rest}</p>'


def count(number: Any) -> str:
    """1615748 -> "1.6 M parameters"."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {unit} parameters"
    return f"{number} parameters"
