"""Frames: what a run yields. A frame is a frozen dataclass of CPU arrays and numbers, ready to draw.

The fields say how they are drawn, by their metadata; nothing else does:

    @dataclass(frozen=True, slots=True, eq=False)
    class DenoiseStep:
        index: int
        total: int
        sigma: float = number("noise left", unit="sigma")
        loss: float = curve("loss", unit="nats")                      # a number that is also drawn as a curve
        x: np.ndarray = pictures("x_t, noisy")                        # (n, h, w) or (n, h, w, 3) uint8
        data: np.ndarray = plane("samples", "real")                   # (n, 2) float, one layer of the lane "samples"
        points: np.ndarray = plane("samples", "generated")            # (n, 2) float, a second layer of it
        arrows: np.ndarray = plane("samples", "vectors")              # (n, 4) float: x, y, dx, dy
        field: np.ndarray = plane("samples", "heat")                  # (h, w) float, row 0 at the top

Fields of text (`tokens`, `ranked`, `stages`, `matrix`, `listing`, `prose`) are in frames_text.py, and here by name.
A field that is None draws nothing in that frame; a `real` or `heat` layer that is None keeps what it last showed.
`pack` turns a frame into plain JSON for the film strip and for recordings.
"""

from __future__ import annotations

import base64
import dataclasses
import io
import math
from typing import Any, Literal

import numpy as np
from PIL import Image

from genai_demo.core.frames_text import TEXT_KINDS as TEXT_KINDS
from genai_demo.core.frames_text import Stage as Stage
from genai_demo.core.frames_text import Tok as Tok
from genai_demo.core.frames_text import listing as listing
from genai_demo.core.frames_text import matrix as matrix
from genai_demo.core.frames_text import prose as prose
from genai_demo.core.frames_text import ranked as ranked
from genai_demo.core.frames_text import stages as stages
from genai_demo.core.frames_text import text_lane
from genai_demo.core.frames_text import tokens as tokens

Frame = Any  # a frozen dataclass as above
Layer = Literal["real", "generated", "other", "paths", "vectors", "heat"]
PHOTO, PHOTO_QUALITY = 128, 90  # colour pictures of this many pixels a side and more travel as WebP of this quality
PLANE_LIMIT = 1.5  # planes show [-PLANE_LIMIT, PLANE_LIMIT] on both axes unless the field says otherwise


def pictures(title: str, *, columns: int | None = None, pick: bool = False) -> Any:
    """A field of pictures: (n, h, w) or (n, h, w, 3) uint8, one sheet under `title`. pick: each can be clicked."""
    return dataclasses.field(metadata={"draw": "pictures", "title": title, "columns": columns, "pick": pick})


def plane(title: str, layer: Layer, *, limit: float = PLANE_LIMIT, called: str = "") -> Any:
    """A field of 2-D things, one layer of the lane `title`.

    real, generated, other: (n, 2) points; paths: (n, t, 2) lines; vectors: (n, 4); heat: (h, w), signed or not.
    Coordinates run from -limit to limit, y up. called: what the layer is named on the page, where not as its kind.
    """
    drawn = {"draw": "plane", "title": title, "layer": layer, "limit": limit, "called": called}
    return dataclasses.field(metadata=drawn)


def number(title: str, *, unit: str = "", digits: int = 3) -> Any:
    """A number shown beside the transport."""
    return dataclasses.field(metadata={"draw": "number", "title": title, "unit": unit, "digits": digits})


def curve(title: str, *, unit: str = "", digits: int = 3, chart: str = "", against: str = "") -> Any:
    """A number that is also drawn as a curve over the frames; fields of the same `chart` share one set of axes.

    against: the name of another number, whose values then mark the axis in place of the steps.
    """
    drawn = {"chart": chart or title, **({"against": against} if against else {})}
    return dataclasses.field(metadata={"draw": "curve", "title": title, "unit": unit, "digits": digits, **drawn})


def bars(title: str, *, unit: str = "", limit: float | None = None, note: str = "") -> Any:
    """A vector (k,) float, drawn as k bars from 0 (to `limit`, where given) under `title`."""
    return dataclasses.field(metadata={"draw": "bars", "title": title, "unit": unit, "limit": limit, "note": note})


def carried(*, grows: bool = False) -> Any:
    """A plain value that nothing draws: it travels with the packed frame for a part of the page that stands beside.

    grows: a text, of which each frame brings what is to be added to that of the frames before.
    """
    return dataclasses.field(metadata={"draw": "grown" if grows else "carried"})


def arrays(frame: Frame) -> dict[str, np.ndarray]:
    """The frame's arrays by field name."""
    return {name: value for name, value in _items(frame) if isinstance(value, np.ndarray)}


def numbers(frame: Frame) -> dict[str, Any]:
    """The frame's other fields by name, as JSON: numbers, texts, tuples."""
    return {name: _plain(value) for name, value in _items(frame) if not isinstance(value, np.ndarray)}


def _items(frame: Frame) -> list[tuple[str, Any]]:
    return [(field.name, getattr(frame, field.name)) for field in dataclasses.fields(frame)]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value


def pack(frame: Frame) -> dict[str, Any]:
    """A frame as JSON for the film strip.

    {"index", "total", "lanes": {title: lane}, "numbers": [{name, title, value, unit, digits, chart?, against?}],
    "bars": {title: {...}}, "carried"?, "grown"?: {name: value}}, index and total where the frame has them; a lane is
    {"kind": "pictures", "src", "n", "columns", "w", "h", "pick"?} (one sheet, w x h each; PNG, or WebP if large) or
    {"kind": "plane", "limit", "layers": [{"as": layer, "shape": [...], "data": base64 of int16 little-endian,
    value * 32767 / (2 * limit)} or {"as": "heat", "src", "low", "high"}]}, or one of text (frames_text.text_lane).
    """
    lanes: dict[str, Any] = {}
    shown: list[dict[str, Any]] = []
    charts: dict[str, Any] = {}
    beside: dict[str, dict[str, Any]] = {}
    for field in dataclasses.fields(frame):
        meta, value = field.metadata, getattr(frame, field.name)
        if value is None or "draw" not in meta:
            continue
        if meta["draw"] in ("carried", "grown"):
            beside.setdefault(meta["draw"], {})[field.name] = _plain(value)
            continue
        title = meta["title"]
        if meta["draw"] == "pictures":
            if len(value):
                lanes[title] = _picture_lane(value, meta["columns"]) | ({"pick": True} if meta["pick"] else {})
        elif meta["draw"] in TEXT_KINDS:
            if lane := text_lane(frame, meta, value):
                lanes[title] = lane
        elif meta["draw"] == "plane":
            lane = lanes.setdefault(title, {"kind": "plane", "limit": meta["limit"], "layers": []})
            called = {"called": meta["called"]} if meta["called"] else {}
            lane["layers"].append({**_layer(value, meta["layer"], meta["limit"]), **called})
        elif meta["draw"] == "bars":
            charts[title] = {"values": _plain(list(value)), **{k: meta[k] for k in ("unit", "limit", "note")}}
        else:
            entry = {"name": field.name, "title": title, "value": _plain(value), **_units(meta)}
            shown.append(entry)
    place = {key: int(getattr(frame, key)) for key in ("index", "total") if hasattr(frame, key)}
    return {**place, "lanes": lanes, "numbers": shown, "bars": charts, **beside}


def _units(meta: Any) -> dict[str, Any]:
    return {key: meta[key] for key in ("unit", "digits", "chart", "against") if key in meta}


def _picture_lane(value: np.ndarray, columns: int | None) -> dict[str, Any]:
    columns = min(len(value), columns or default_columns(len(value)))
    as_uri = photo_uri if value.ndim == 4 and min(value.shape[1:3]) >= PHOTO else png_uri
    return {
        "kind": "pictures",
        "src": as_uri(sheet(value, columns)),
        "n": len(value),
        "columns": columns,
        "w": int(value.shape[2]),
        "h": int(value.shape[1]),
    }


def default_columns(count: int) -> int:
    """Columns for a sheet of `count` pictures, a little wider than tall: 1, 2, 3, 4 (2 rows), ..."""
    return count if count <= 3 else math.ceil(math.sqrt(count * 4 / 3))


def sheet(value: np.ndarray, columns: int | None = None) -> np.ndarray:
    """(n, h, w[, 3]) uint8 -> one picture (rows * h, columns * w[, 3]); missing cells stay black."""
    n, h, w = value.shape[:3]
    columns = columns or default_columns(n)
    rows = math.ceil(n / columns)
    out = np.zeros((rows * h, columns * w, *value.shape[3:]), np.uint8)
    for i, picture in enumerate(value):
        y, x = divmod(i, columns)
        out[y * h : (y + 1) * h, x * w : (x + 1) * w] = picture
    return out


def png_uri(picture: np.ndarray) -> str:
    """(h, w) or (h, w, 3) uint8 -> PNG data URI."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=4)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def photo_uri(picture: np.ndarray) -> str:
    """(h, w, 3) uint8 -> WebP data URI, a tenth of the PNG's bytes and nothing an eye would see lost."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "WEBP", quality=PHOTO_QUALITY, method=2)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def _layer(value: np.ndarray, layer: str, limit: float) -> dict[str, Any]:
    if layer == "heat":
        value = _finite(value)
        low, high = float(value.min()), float(value.max())
        return {"as": "heat", "src": png_uri(colours(value)), "low": low, "high": high}
    fixed = np.clip(np.nan_to_num(value) / (2 * limit), -1, 1) * 32767
    data = base64.b64encode(fixed.round().astype("<i2").tobytes()).decode()
    return {"as": layer, "shape": list(value.shape), "data": data}


def _finite(value: np.ndarray) -> np.ndarray:
    """float64, with 0 where there was no number."""
    value = np.asarray(value, np.float64)
    return np.where(np.isfinite(value), value, 0)


def colours(value: np.ndarray) -> np.ndarray:
    """(h, w) float -> (h, w, 3) uint8: white to blue for magnitudes, vermilion to white to blue for signed values.

    The blue and the vermilion are those of Okabe and Ito, which most colour-blind readers tell apart.
    """
    value = _finite(value)
    white, blue, red = (np.array(c, np.float64) for c in ((250, 250, 250), (0, 114, 178), (213, 94, 0)))
    low, high = value.min(), value.max()
    if low < 0 < high:
        share = value / max(-low, high)
        mix = np.where(share[..., None] >= 0, blue, red)
        return np.asarray(white + np.abs(share)[..., None] * (mix - white)).round().astype(np.uint8)
    share = (value - low) / (high - low if high > low else 1)
    return np.asarray(white + share[..., None] * (blue - white)).round().astype(np.uint8)
