"""What is sent to any event, also to those that only the pages call, is answered kindly where it can't be read."""

from __future__ import annotations

import re
from typing import Any

import gradio as gr

from genai_demo.core.errors import DemoError, shown
from pages.parts.stream import kind_errors

AT = re.compile(r"component at index (\d+)")  # how Gradio says which input it could not read


class Asked(gr.Blocks):
    """Gradio's app, but that wrong inputs are the caller's mistake: a sentence for the caller, a line for the log."""

    async def preprocess_data(self, block_fn: Any, inputs: Any, state: Any, explicit_call: bool = False) -> Any:
        """As Gradio's. Raises gr.Error where there are too few inputs, or one is of the wrong kind."""
        with kind_errors():
            if len(inputs) < len(block_fn.inputs):
                raise DemoError(f"the call has {len(inputs)} inputs; send {len(block_fn.inputs)}, as view_api() lists")
            try:
                return await super().preprocess_data(block_fn, inputs, state, explicit_call)
            except (gr.Error, ValueError) as error:
                raise DemoError(_wrong(str(error), block_fn.inputs, inputs)) from error


def _wrong(message: str, components: Any, inputs: Any) -> str:
    """Which input it is, where Gradio tells, and what to do."""
    found = AT.search(message)
    if found is None:
        return "an input can't be read or is out of its range; send what its control in the page offers"
    place = int(found[1])
    name = getattr(components[place], "label", None) or f"input {place + 1}"
    return f"{name} is {shown(inputs[place])}; send what its control in the page offers"
