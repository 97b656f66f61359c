"""The app's events, public and private: what can't be read is answered kindly, and a frame is sent at little cost."""

from __future__ import annotations

import re
from typing import Any

import gradio as gr
import gradio.routes
from gradio import route_utils
from gradio.components import _Keywords
from gradio.route_utils import FnIndexInferError
from gradio.utils import is_prop_update
from starlette.responses import JSONResponse

from genai_demo.core.errors import DemoError, shown
from pages.parts import quick
from pages.parts.film.strip import FilmStrip
from pages.parts.stream import REFUSED, kind_errors

AT = re.compile(r"component at index (\d+)")  # how Gradio says which input it could not read


class Asked(gr.Blocks):
    """Gradio's app, but that wrong inputs are the caller's mistake: a sentence for the caller, a line for the log.

    While it starts its components are described once, where Gradio would do it four times.
    """

    def __exit__(self, *raised: Any) -> None:
        """As Gradio's: it is built, and described for the first time, which holds until it is launched."""
        quick.described_once(self)
        super().__exit__(*raised)

    def launch(self, *args: Any, **kwargs: Any) -> Any:
        """As Gradio's; what is asked for later is described as it is then.

        Gradio would ask for a page once more at the end, and end the program where that took over 3 seconds, as it may
        on a machine that others use too.
        """
        try:
            return super().launch(*args, _frontend=False, **kwargs)
        finally:
            quick.described_anew(self)

    async def preprocess_data(self, block_fn: Any, inputs: Any, state: Any, explicit_call: bool = False) -> Any:
        """As Gradio's. Raises gr.Error where there are too few inputs, or one is of the wrong kind."""
        with kind_errors():
            if len(inputs) < len(block_fn.inputs):
                raise DemoError(
                    f"there are {len(inputs)} inputs; send {len(block_fn.inputs)}, or reload the page, which is old"
                )
            try:
                return await super().preprocess_data(block_fn, inputs, state, explicit_call)
            except (gr.Error, ValueError) as error:
                raise DemoError(_wrong(str(error), block_fn.inputs, inputs)) from error

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        """As Gradio's, but for the outputs of a run, which come many times a second.

        Gradio would make a component for each skip and look for files three times in all that a frame holds, on the
        one event loop that serves everybody. A film holds none.
        """
        if not (block_fn.outputs and isinstance(block_fn.outputs[0], FilmStrip)):
            return await super().postprocess_data(block_fn, predictions, state)
        return [_sent(*pair) for pair in zip(block_fn.outputs, predictions, strict=True)]


class Answered(JSONResponse):
    """An answer of Gradio's: where something was refused the caller is told so (422), not that the server failed."""

    def __init__(self, content: Any = None, status_code: int = 200, *args: Any, **kwargs: Any) -> None:
        """As starlette's."""
        refused = status_code == 500 and isinstance(content, dict) and content.get("title") == REFUSED
        super().__init__(content, 422 if refused else status_code, *args, **kwargs)


def install() -> None:
    """Before an app is launched: a number that is no event's names no event; Gradio would fail for want of it."""
    gradio.routes.JSONResponse = Answered  # type: ignore[attr-defined]
    theirs = route_utils.get_fn
    if getattr(theirs, "kind", False):
        return

    def get_fn(blocks: Any, api_name: str | None, body: Any) -> Any:
        try:
            return theirs(blocks, api_name, body)
        except KeyError as error:
            raise FnIndexInferError(f"there is no event {shown(body.fn_index)}") from error

    get_fn.kind = True  # type: ignore[attr-defined]
    route_utils.get_fn = get_fn


def _sent(block: Any, value: Any) -> Any:
    """What the browser is told of an output of a run: its new value, that it stays, or nothing after the last."""
    if value is _Keywords.FINISHED_ITERATING:
        return None
    return value if is_prop_update(value) else block.postprocess(value)  # type: ignore[no-untyped-call]


def _wrong(message: str, components: Any, inputs: Any) -> str:
    """Which input it is, where Gradio tells, and what to do."""
    found = AT.search(message)
    if found is None:
        return "an input can't be read or is out of its range; send what its control in the page offers"
    place = int(found[1])
    name = getattr(components[place], "label", None) or f"input {place + 1}"
    return f"{name} is {shown(inputs[place])}; send what its control in the page offers"
