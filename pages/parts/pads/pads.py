"""What a visitor gives by hand: a picture, a mask, points in the plane.

    picture = PicturePad("sample:27", label="Picture")             # value: text, as genai_demo.inputs.pictures reads it
    mask = PicturePad("", label="Paint anew", mask=True, backdrop_from="the-elem-id-of-the-picture")
    drawn = PointPad(label="Your points")                          # value: base64 int8 pairs, "" for none

All drawing, shrinking of uploads and picking happens in the browser; a value leaves it when a stroke ends. Events:
`input` (the visitor did it) and `change` (also when a page sets the value).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
import numpy as np

from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.inputs.pictures import encode_picture
from genai_demo.inputs.points import MOST_POINTS, POINT_UNIT, encode_points
from pages.parts.scripts import call, literal

SHEET = "images/fashion_test.png"  # the hundred test pictures, served beside the pages
ICONS = {
    "brush": '<path d="M3.5 16.5l.9-3.6L13.6 3.7l2.7 2.7-9.2 9.2z"/>',
    "eraser": '<path d="M9 16.5h7.5M3.5 12.2l7.7-8.2 5.3 5-6.9 7.5H7.3z M7.2 8.3l5.3 5"/>',
    "small": '<circle cx="10" cy="10" r="2" class="full"/>',
    "large": '<circle cx="10" cy="10" r="5" class="full"/>',
    "undo": '<path d="M7 4L3.5 7.5 7 11M3.5 7.5h8a4.5 4.5 0 010 9H8"/>',
    "clear": '<path d="M3.5 6h13M8 6V3.5h4V6M5.5 6l.7 10.5h7.6L14.5 6"/>',
    "prev": '<path d="M12.5 4.5L7 10l5.5 5.5"/>',
    "next": '<path d="M7.5 4.5L13 10l-5.5 5.5"/>',
    "pick": '<path d="M3.5 3.5h5v5h-5zM11.5 3.5h5v5h-5zM3.5 11.5h5v5h-5zM11.5 11.5h5v5h-5z"/>',
    "upload": '<path d="M10 13.5v-10M6 7.5l4-4 4 4M3.5 12.5v4h13v-4"/>',
    "build": '<path d="M3.5 3.5h13v13h-13zM10 14l2.8-5 2.8 5z"/><circle cx="7.5" cy="8" r="2" class="full"/>',
    "half": '<path d="M3.5 3.5h13v13h-13z"/><path class="full" d="M10 3.5h6.5v13H10z"/>',
    "middle": '<path d="M3.5 3.5h13v13h-13z"/><path class="full" d="M7 7h6v6H7z"/>',
}
BRUSHES = (("brush", "Brush"), ("eraser", "Eraser"), ("small", "Thin"), ("large", "Thick"))
PICTURE_TOOLS = (
    *BRUSHES,
    ("undo", "Undo"),
    ("clear", "Clear: all black"),
    ("prev", "Test picture before"),
    ("next", "Next test picture"),
    ("pick", "Choose a test picture"),
    ("upload", "Upload a picture"),
)
MASK_TOOLS = (
    *BRUSHES,
    ("undo", "Undo"),
    ("clear", "Clear: nothing painted anew"),
    ("half", "Right half"),
    ("middle", "Middle"),
)
POINT_TOOLS = (
    ("brush", "Spray points"),
    ("eraser", "Eraser"),
    ("small", "Narrow spray"),
    ("large", "Wide spray"),
    ("undo", "Undo"),
    ("clear", "Clear: no points"),
)
SWITCHES = {"brush": "true", "eraser": "false", "small": "true", "large": "false"}  # name -> pressed at first


class Pad(gr.HTML):
    """A gr.HTML whose value is text, drawn in the browser."""

    def preprocess(self, payload: Any) -> str:
        """Whatever was posted -> text; the engine judges what it says."""
        return payload if isinstance(payload, str) else ""

    def postprocess(self, value: Any) -> str:
        return value if isinstance(value, str) else ""

    def api_info(self) -> dict[str, Any]:
        return {"type": "string"}

    def example_payload(self) -> Any:
        return ""

    def example_value(self) -> Any:
        return ""


class PicturePad(Pad):
    """A 28x28 grey picture to draw on, upload to or choose. Value: base64 PNG without head, or "sample:N", N to 99.

    mask: draws a mask instead, white where to paint anew, over `backdrop` (such a text) or over whatever the pad with
    the elem_id `backdrop_from` shows, or a picker in colour, without asking the server; "" is the right half. A value
    may also be given as an array, (28, 28) uint8. To set the backdrop later: `gr.update(backdrop="sample:3")`.
    """

    def __init__(
        self,
        value: Any = "sample:27",
        *,
        label: str = "Picture",
        info: str = "",
        mask: bool = False,
        backdrop: str = "",
        backdrop_from: str = "",
        elem_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            value=value,
            label=label,
            html_template=_picture_template(label, info, mask),
            elem_id=elem_id,
            apply_default_css=False,
            js_on_load=call(
                "picture",
                "input",
                own=elem_id or "",
                backdrop=backdrop,
                source=backdrop_from,
                names=CLASSES,
                sheet=SHEET,
            ),
            **kwargs,
        )

    def postprocess(self, value: Any) -> str:
        return encode_picture(value) if isinstance(value, np.ndarray) else super().postprocess(value)


class PointPad(Pad):
    """Up to 512 points in the plane from -1.5 to 1.5. Value: base64 of int8 pairs in units of 1/84, "" for none.

    A value may also be given as an array, (n, 2).
    """

    def __init__(self, value: Any = "", *, label: str = "Your points", info: str = "", **kwargs: Any) -> None:
        super().__init__(
            value=value,
            label=label,
            html_template=_point_template(label, info),
            apply_default_css=False,
            js_on_load=call("points", "input", most=MOST_POINTS, grain=POINT_UNIT),
            **kwargs,
        )

    def postprocess(self, value: Any) -> str:
        return encode_points(value) if isinstance(value, np.ndarray) else super().postprocess(value)


def _tools(tools: Sequence[tuple[str, str]], label: str) -> str:
    def button(name: str, title: str) -> str:
        pressed = f' aria-pressed="{SWITCHES[name]}"' if name in SWITCHES else ""
        return (
            f'<button type="button" data-do="{name}" aria-label="{title}" title="{title}"{pressed}>'
            f'<svg viewBox="0 0 20 20" aria-hidden="true">{ICONS[name]}</svg></button>'
        )

    return (
        f'<div class="pad-tools" role="toolbar" aria-label="{label}: tools">'
        f"{''.join(button(*tool) for tool in tools)}</div>"
    )


def head(label: str, info: str) -> str:
    """The label of a pad, with more to read under the pointer."""
    return f'<div class="pad-label" title="{literal(info)}">{literal(label)}</div>'


def _picture_template(label: str, info: str, mask: bool) -> str:
    field = f"{literal(label)}: arrow keys move the brush, space draws"
    upload = "" if mask else '<input type="file" accept="image/*" hidden tabindex="-1" aria-hidden="true">'
    return f"""
<section class="pad picturepad{" masked" if mask else ""}" aria-label="{literal(label)}">
  {head(label, info)}
  <div class="pad-body">
    <div class="pad-frame"><canvas width="28" height="28" tabindex="0" role="application" aria-label="{field}"></canvas>
      <span class="pad-ring" hidden></span></div>
    {_tools(MASK_TOOLS if mask else PICTURE_TOOLS, literal(label))}
  </div>
  <div class="pad-foot"><p class="pad-status" role="status"></p>
    <button type="button" class="pad-invert" hidden>Invert</button></div>{upload}
</section>"""


def _point_template(label: str, info: str) -> str:
    field = f"{literal(label)}: arrow keys move the spray, space adds a point"
    return f"""
<section class="pad pointpad" aria-label="{literal(label)}">
  {head(label, info)}
  <div class="pad-frame"><canvas tabindex="0" role="application" aria-label="{field}"></canvas>
    <span class="pad-ring" hidden></span></div>
  {_tools(POINT_TOOLS, literal(label))}
  <div class="pad-foot"><p class="pad-status" role="status"></p></div>
</section>"""
