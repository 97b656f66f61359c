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
`pack` turns a frame into the JSON of wire.py, for the film strip and for recordings.
"""

from __future__ import annotations

import base64
import dataclasses
import io
import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from PIL import Image

from genai_demo.core.frame import Frame as Frame
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
from genai_demo.core.wire import HeatLayer, PackedBars, PackedFrame, PackedNumber, PictureLane, PointsLayer

Layer = Literal["real", "generated", "other", "paths", "vectors", "heat"]
PHOTO, PHOTO_QUALITY = 128, 90  # colour pictures of this many pixels a side and more travel as WebP of this quality
NO_SCALE = ("", "")  # of a plane that is a picture: its coordinates mean nothing
PLANE_LIMIT = 1.5  # planes show [-PLANE_LIMIT, PLANE_LIMIT] on both axes unless the field says otherwise


class Paced:
    """Base of frames that a page need not show one by one, as it does others, at a pace the eye can follow.

    seen_before: computed once and kept, so it comes at once, together with the first frame that is new.
    bunched: a token of a quick model, of which several may come together.
    """

    __slots__ = ()
    seen_before: bool = False
    bunched: ClassVar[bool] = False


def pictures(title: str, *, columns: int | None = None, pick: bool = False, names: str = "", soft: bool = False) -> Any:
    """A field of pictures: (n, h, w) or (n, h, w, 3) uint8, one sheet under `title`. pick: each can be clicked.

    names: the name of another field of the frame, a tuple of texts, one below each picture; an empty one for none.
    soft: in colours that run into each other, which travel as WebP however small they are.
    """
    drawn = {"draw": "pictures", "title": title, "columns": columns, "pick": pick, "names": names, "soft": soft}
    return dataclasses.field(metadata=drawn)


def plane(
    title: str, layer: Layer, *, limit: float = PLANE_LIMIT, called: str = "", axes: tuple[str, str] | None = None
) -> Any:
    """A field of 2-D things, one layer of the lane `title`.

    real, generated, other: (n, 2) points; paths: (n, t, 2) lines; vectors: (n, 4); heat: (h, w), signed or not.
    Coordinates run from -limit to limit, y up. called: what the layer is named on the page, where not as its kind.
    axes: what lies across and upwards, said by one layer of a lane; NO_SCALE where the coordinates mean nothing.
    """
    drawn = {"draw": "plane", "title": title, "layer": layer, "limit": limit, "called": called, "axes": axes}
    return dataclasses.field(metadata=drawn)


def number(title: str, *, unit: str = "", digits: int = 3, measured: bool = False, phase: bool = False) -> Any:
    """A number shown beside the transport.

    phase: a text, the name of the part of the film that a frame belongs to; curves show where the next one begins.
    measured: a time that was taken, or what a cache happens to hold: never the same twice, and no part of a result.
    """
    said = _said(title, unit, digits, measured) | ({"phase": True} if phase else {})
    return dataclasses.field(metadata={"draw": "number", **said})


def curve(
    title: str, *, unit: str = "", digits: int = 3, chart: str = "", against: str = "", measured: bool = False
) -> Any:
    """A number that is also drawn as a curve over the frames; fields of the same `chart` share one set of axes.

    against: the name of another number, whose values then mark the axis in place of the steps. measured: as in number.
    """
    drawn = {"chart": chart or title, **({"against": against} if against else {})}
    return dataclasses.field(metadata={"draw": "curve", **_said(title, unit, digits, measured), **drawn})


def _said(title: str, unit: str, digits: int, measured: bool) -> dict[str, Any]:
    return {"title": title, "unit": unit, "digits": digits, **({"measured": True} if measured else {})}


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


def measured(frame: Frame) -> set[str]:
    """Names of the fields that hold what was measured and is never the same twice."""
    return {field.name for field in dataclasses.fields(frame) if field.metadata.get("measured")}


def _items(frame: Frame) -> list[tuple[str, Any]]:
    return [(field.name, getattr(frame, field.name)) for field in dataclasses.fields(frame)]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Tok):
        value = value._asdict()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value


def pack(frame: Frame) -> PackedFrame:
    """A frame as JSON for the film strip; a field that is None, or draws nothing, is left out."""
    packed: PackedFrame = {"index": int(frame.index), "total": int(frame.total), "lanes": {}, "numbers": [], "bars": {}}
    for field in dataclasses.fields(frame):
        value = getattr(frame, field.name)
        if value is not None and "draw" in field.metadata:
            _add(packed, frame, field.name, field.metadata, value)
    return packed


def _add(packed: PackedFrame, frame: Frame, name: str, meta: Mapping[str, Any], value: Any) -> None:
    """One field's part of a packed frame."""
    draw = meta["draw"]
    if draw == "carried":
        packed.setdefault("carried", {})[name] = _plain(value)
    elif draw == "grown":
        packed.setdefault("grown", {})[name] = _plain(value)
    elif draw == "plane":
        _add_layer(packed, meta, value)
    elif draw == "bars":
        packed["bars"][meta["title"]] = _bars(meta, value)
    elif draw in ("number", "curve"):
        packed["numbers"].append(_number(name, meta, value))
    elif draw in TEXT_KINDS:
        if lane := text_lane(frame, meta, value):
            packed["lanes"][meta["title"]] = lane
    elif len(value):
        packed["lanes"][meta["title"]] = _picture_lane(frame, meta, value)


def _number(name: str, meta: Mapping[str, Any], value: Any) -> PackedNumber:
    entry: PackedNumber = {
        "name": name,
        "title": meta["title"],
        "value": _plain(value),
        "unit": meta["unit"],
        "digits": meta["digits"],
    }
    for key in ("chart", "against", "measured", "phase"):
        if key in meta:
            entry[key] = meta[key]
    return entry


def _bars(meta: Mapping[str, Any], value: np.ndarray) -> PackedBars:
    return {"values": _plain(list(value)), "unit": meta["unit"], "limit": meta["limit"], "note": meta["note"]}


def _add_layer(packed: PackedFrame, meta: Mapping[str, Any], value: np.ndarray) -> None:
    """A layer of the plane of that title, which the first of its layers begins."""
    lane = packed["lanes"].setdefault(meta["title"], {"kind": "plane", "limit": meta["limit"], "layers": []})
    if lane["kind"] != "plane":
        raise ValueError(f"{meta['title']} is the title of a plane and of another kind of lane")
    if meta["axes"]:
        lane["axes"] = list(meta["axes"])
    layer = _layer(value, meta["layer"], meta["limit"])
    if meta["called"]:
        layer["called"] = meta["called"]
    lane["layers"].append(layer)


def _picture_lane(frame: Frame, meta: Mapping[str, Any], value: np.ndarray) -> PictureLane:
    columns = min(len(value), meta["columns"] or default_columns(len(value)))
    as_uri = photo_uri if meta["soft"] or (value.ndim == 4 and min(value.shape[1:3]) >= PHOTO) else png_uri
    lane: PictureLane = {
        "kind": "pictures",
        "src": as_uri(sheet(value, columns)),
        "n": len(value),
        "columns": columns,
        "w": int(value.shape[2]),
        "h": int(value.shape[1]),
    }
    if meta["pick"]:
        lane["pick"] = True
    if meta["names"]:
        lane["names"] = [str(name) for name in getattr(frame, meta["names"])]
    return lane


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


def _layer(value: np.ndarray, layer: Layer, limit: float) -> PointsLayer | HeatLayer:
    if layer == "heat":
        value = _finite(value)
        return {"as": layer, "src": png_uri(colours(value)), "low": float(value.min()), "high": float(value.max())}
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
