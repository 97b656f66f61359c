"""What a visitor gives by hand: a picture, a mask, points in the plane, a place on the latent plane.

    picture = PicturePad("sample:27", label="Picture")             # value: text, as genai_demo.inputs.pictures reads it
    mask = PicturePad("", label="Paint anew", mask=True, backdrop_from="the-elem-id-of-the-picture")
    drawn = PointPad(label="Your points")                          # value: base64 int8 pairs, "" for none
    plane = LatentPlane(decode, points=codes, labels=classes)      # value: {"x": float, "y": float}

All drawing, shrinking of uploads and picking happens in the browser; a value leaves it when a stroke ends. Events:
`input` (the visitor did it) and `change` (also when a page sets the value).
"""

from __future__ import annotations

import base64
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr
import numpy as np

from genai_demo.core.errors import DemoError
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.inputs.pictures import MOST_POINTS, POINT_UNIT, encode_picture, encode_points
from pages.parts.scripts import call, literal

SHEET = "images/fashion_test.png"  # the hundred test pictures, served beside the pages
LONGEST_CONTEXT = 100  # characters
NOTHING = ""
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

    def preprocess(self, payload: Any) -> str:  # type: ignore[override]
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
    the elem_id `backdrop_from` shows, without asking the server; "" is the right half. A value may also be given as an
    array, (28, 28) uint8. To set the backdrop later: `gr.update(backdrop="sample:3")`.
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


class LatentPlane(gr.HTML):
    """A plane to move on, with the decoded picture beside it. Value: {"x": float, "y": float}, within -limit..limit.

    decode: (x, y) -> data URI of a PNG; called off the queue, one call at a time for each visitor, for every place
    the cursor passes that it can keep up with. A DemoError of its is shown under the picture. Where `context` (text,
    the key of a model) is given, decode gets it as a third argument; it comes from the browser, so check it.
    points (n, 2) with labels (n,) indexing `classes` are drawn behind; backdrop: data URI of a square picture of the
    whole plane; picture: data URI shown before the first move, so that opening a page asks nothing. `plane_update`
    changes them later.
    """

    def __init__(
        self,
        decode: Callable[..., str],
        value: Any = None,
        *,
        points: Any = NOTHING,
        labels: Any = NOTHING,
        classes: Sequence[str] = CLASSES,
        limit: float = 4.0,
        backdrop: str = "",
        picture: str = "",
        context: str = "",
        unit: str = "sd",
        axes: Sequence[str] = ("z1", "z2"),
        label: str = "Latent plane",
        info: str = "",
        **kwargs: Any,
    ) -> None:
        self._limit = float(limit)
        super().__init__(
            value=value,
            label=label,
            html_template=_plane_template(label, info),
            apply_default_css=False,
            server_functions=[_decoder(decode, self._limit)],
            js_on_load=call(
                "plane",
                "input",
                points=pack_points(points, limit),
                labels=pack_labels(labels),
                classes=list(classes),
                limit=self._limit,
                backdrop=backdrop,
                picture=picture,
                context=context,
                unit=unit,
                axes=list(axes),
            ),
            **kwargs,
        )

    def preprocess(self, payload: Any) -> dict[str, float]:  # type: ignore[override]
        """Whatever was posted -> {"x", "y"}, finite and within the plane."""
        return _place(payload, self._limit)

    def postprocess(self, value: Any) -> dict[str, float]:  # type: ignore[override]
        return _place(value, self._limit)

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "a place: x and y"}

    def example_payload(self) -> Any:
        return {"x": 0.0, "y": 0.0}

    def example_value(self) -> Any:
        return {"x": 0.0, "y": 0.0}


def plane_update(limit: float = 4.0, **changes: Any) -> Any:
    """An update for a LatentPlane: any of value, points, labels, classes, backdrop, picture, context, axes.

    limit has to be that of the plane when points are changed.
    """
    made = dict(changes)
    if "points" in made:
        made["points"] = pack_points(made["points"], limit)
    if "labels" in made:
        made["labels"] = pack_labels(made["labels"])
    return gr.update(**made)


def pack_points(points: Any, limit: float) -> str:
    """(n, 2) within -limit..limit -> base64 of little-endian int16 pairs, 32767 for the limit; text stays as it is."""
    if isinstance(points, str):
        return points
    steps = np.clip(np.nan_to_num(np.asarray(points, np.float64)) / limit, -1, 1) * 32767
    return base64.b64encode(steps.round().astype("<i2").tobytes()).decode()


def pack_labels(labels: Any) -> str:
    """(n,) small whole numbers -> base64 of bytes; text stays as it is."""
    return labels if isinstance(labels, str) else base64.b64encode(np.asarray(labels, np.uint8).tobytes()).decode()


def _place(value: Any, limit: float) -> dict[str, float]:
    """{"x": .., "y": ..}, "x,y", a pair or anything else -> a place within the plane; 0 for what is no number."""
    if isinstance(value, str):
        value = value.split(",")
    if isinstance(value, Mapping):
        value = [value.get("x"), value.get("y")]
    pair = [*value, 0, 0][:2] if isinstance(value, Sequence | np.ndarray) else [0, 0]
    return dict(zip(("x", "y"), (_within(v, limit) for v in pair), strict=True))


def _within(value: Any, limit: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return max(-limit, min(limit, number)) if math.isfinite(number) else 0.0


def _decoder(decode: Callable[..., str], limit: float) -> Callable[[Any], dict[str, str]]:
    """The function that the browser calls with [x, y, context]; it answers a picture or a sentence."""

    def decode_at(sent: Any) -> dict[str, str]:
        parts = sent if isinstance(sent, list) else []
        place, context = _place(parts, limit), parts[2] if len(parts) > 2 else ""
        more = [context] if isinstance(context, str) and 0 < len(context) <= LONGEST_CONTEXT else []
        try:
            return {"picture": decode(place["x"], place["y"], *more)}
        except DemoError as error:
            return {"error": str(error)}
        except Exception:
            logging.getLogger(__name__).exception("decoding a place of the latent plane failed")
            return {"error": "This place could not be decoded; move on, or reload the page."}

    return decode_at


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


def _head(label: str, info: str) -> str:
    return f'<div class="pad-label" title="{literal(info)}">{literal(label)}</div>'


def _picture_template(label: str, info: str, mask: bool) -> str:
    field = f"{literal(label)}: arrow keys move the brush, space draws"
    upload = "" if mask else '<input type="file" accept="image/*" hidden tabindex="-1" aria-hidden="true">'
    return f"""
<section class="pad picturepad{" masked" if mask else ""}" aria-label="{literal(label)}">
  {_head(label, info)}
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
  {_head(label, info)}
  <div class="pad-frame"><canvas tabindex="0" role="application" aria-label="{field}"></canvas>
    <span class="pad-ring" hidden></span></div>
  {_tools(POINT_TOOLS, literal(label))}
  <div class="pad-foot"><p class="pad-status" role="status"></p></div>
</section>"""


def _plane_template(label: str, info: str) -> str:
    return f"""
<section class="pad latentplane" aria-label="{literal(label)}">
  {_head(label, info)}
  <div class="plane-body">
    <div class="plane-side">
      <div class="pad-frame plane-field" tabindex="0" role="slider" aria-valuenow="0"
          aria-label="{literal(label)}: place"><canvas aria-hidden="true"></canvas><span class="plane-cursor"></span>
        <span class="plane-tip" hidden></span></div>
      <div class="plane-classes" role="group" aria-label="Classes"></div>
    </div>
    <figure class="plane-shown"><div class="plane-picture"><img alt="" width="28" height="28" hidden></div>
      <figcaption><span class="plane-at"></span><span class="plane-near"></span>
        <span class="plane-note" role="status"></span></figcaption></figure>
  </div>
</section>"""
