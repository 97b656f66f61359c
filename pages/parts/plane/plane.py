"""A latent plane to move on: the place under the cursor is decoded and shown beside it.

    plane = LatentPlane(decode, points=codes, labels=classes)      # value: {"x": float, "y": float}

Events: `input` (the visitor did it) and `change` (also when a page sets the value).
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
from pages.parts.pads.pads import head
from pages.parts.scripts import call, literal

LONGEST_CONTEXT = 100  # characters
NOTHING = ""


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
        unit: str = "std. dev.",
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


def _plane_template(label: str, info: str) -> str:
    return f"""
<section class="pad latentplane" aria-label="{literal(label)}">
  {head(label, info)}
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
