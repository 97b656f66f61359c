"""The film strip: a canvas component that shows the frames of a run, streamed or recorded.

Each streamed message carries the new frames; to a program the last one carries them all. The frames stay in the
browser: playing, scrubbing and exporting ask the server nothing. What is drawn is what
`genai_demo.core.frames.pack` wrote.

    strip = FilmStrip(label="Denoising")
    button.click(stream, inputs, strip)              # a generator of live_value(...), then final_value(...)
    strip.pick(handler)                              # event.lane, .frame, .item, .id, .text: a token, bar, picture

In the browser the strip sends two DOM events that bubble: "film-pick" with the same detail, and "film-shown" with
{run, recipe, frames, index, done, badge} whenever what it shows changes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import gradio as gr

from genai_demo.core.wire import FilmValue, PackedFrame, PlainRecipe
from pages.parts.scripts import call, literal

MOST_INDEX = 4999  # frames a film may have, less one
SPEEDS = (0.5, 1, 2)
BUTTONS = (
    ("first", "First step", "M4 4h2v12H4zM16 4v12l-9-6z"),
    ("prev", "One step back", "M14 4v12l-9-6z"),
    ("play", "Play", "M6 3.5v13l10.5-6.5z"),
    ("next", "One step on", "M6 4v12l9-6z"),
    ("last", "Last step", "M14 4h2v12h-2zM4 4v12l9-6z"),
)
EXPORTS = (
    ("png", "Picture of this step, PNG"),
    ("slide", "Slide of this step, 16:9 PNG"),
    ("gif", "Film of all steps, GIF"),
    ("webm", "Film of all steps, video"),
    ("ipynb", "Notebook, Jupyter"),
    ("json", "Recipe, JSON"),
)
KEYS = (
    ("Space", "play or pause"),
    ("Left, Right", "one step back, one step on"),
    ("Home, End", "first step, last step"),
    ("?", "these keys"),
)

Badge = Literal["live", "recorded"]


def _template(label: str, empty: str) -> str:
    """The skeleton; it depends on no value, so that Gradio never touches it again."""
    icon = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="{}"/></svg>'
    buttons = "".join(
        f'<button type="button" data-do="{name}" aria-label="{title}" title="{title}">{icon.format(path)}</button>'
        for name, title, path in BUTTONS
    )
    exports = "".join(f'<button type="button" data-as="{kind}">{text}</button>' for kind, text in EXPORTS)
    speeds = "".join(f'<option value="{s}"{" selected" if s == 1 else ""}>{s}&times;</option>' for s in SPEEDS)
    keys = "".join(f"<dt>{key}</dt><dd>{what}</dd>" for key, what in KEYS)
    return f"""
<section class="film" tabindex="0" aria-label="{label}" aria-roledescription="film strip">
  <span class="film-probe"></span>
  <div class="film-head"><span class="film-badge"></span>
    <span class="film-work" hidden><progress aria-label="How far it is"></progress><span></span></span>
    <span class="film-note"></span>
    <details class="film-export" hidden><summary>Export</summary><div class="film-menu">{exports}</div></details></div>
  <div class="film-stage"><p class="film-empty">{empty}</p></div>
  <div class="film-foot"><div class="film-transport">
    <div class="film-buttons">{buttons}</div>
    <div class="film-slide"><input type="range" min="0" max="1" value="0" step="1" aria-label="Step" disabled></div>
    <output class="film-at"></output>
    <select class="film-speed" aria-label="Speed">{speeds}</select>
  </div>
  <dl class="film-numbers"></dl></div>
  <dl class="film-keys" hidden>{keys}</dl>
  <div class="film-spoken" role="status" aria-live="polite"></div>
</section>"""


class FilmStrip(gr.HTML):
    """Value: what `live_value`, `final_value` return, or None. Event: pick.

    pick: a token, a ranked bar, a bar of a stage or a picture was clicked: {lane: title, frame: its place among the
    film's frames, item: place among the lane's items (with `stage`, among those of this stage), id: number or None,
    text}. It is what a browser says, to be checked like any input.

    As an input it gives {"index": int}, the frame last stepped to; nothing else of what a client posts is read.
    """

    def __init__(
        self, value: Any = None, *, label: str = "Film", empty: str = "Nothing has run here yet.", **kwargs: Any
    ) -> None:
        template = _template(literal(label), literal(empty))
        super().__init__(
            value=value,
            label=label,
            html_template=template,
            js_on_load=call("film", "pick"),
            apply_default_css=False,
            **kwargs,
        )

    def preprocess(self, payload: Any) -> dict[str, int]:  # type: ignore[override]
        """Whatever was posted -> {"index": 0 to 4999}."""
        index = payload.get("index") if isinstance(payload, dict) else 0
        whole = index if isinstance(index, int) and not isinstance(index, bool) else 0
        return {"index": max(0, min(MOST_INDEX, whole))}

    def postprocess(self, value: Any) -> Any:
        """The recipe travels as JSON text: gradio_client takes a mapping with the name "path", which is an option of
        some runs, for a file and tries to fetch it."""
        if not isinstance(value, dict):
            return None
        return {**value, "recipe": json.dumps(value["recipe"])} if isinstance(value.get("recipe"), dict) else value

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "a film: run, badge, recipe (JSON), and append with index, or frames"}

    def example_payload(self) -> Any:
        return {"index": 0}

    def example_value(self) -> Any:
        return None


def live_value(
    run_id: str, index: int, packed: PackedFrame, recipe: PlainRecipe, total: int | None = None
) -> FilmValue:
    """One more frame of a film that is being computed: `packed` is frame number `index`, from 0."""
    return {"run": run_id, "badge": "live", "recipe": recipe, "total": total, "index": index, "append": packed}


def final_value(
    run_id: str, packed: Sequence[PackedFrame], recipe: PlainRecipe, badge: Badge = "live", note: str = ""
) -> FilmValue:
    """A whole film: the end of a stream with the same `run_id`, or a recording, which then plays once."""
    return {"run": run_id, "badge": badge, "recipe": recipe, "frames": list(packed), "done": True, "note": note}
