"""Frames as HTML, one fragment a frame: what the app streams, plays and exports.

A frame is packed as in wire.py. Pictures stay the data URIs they are, planes become SVG, texts become spans; everything
that came from a run is escaped. Only the lanes that a screen names are drawn, else MOST_LANES, pictures
first.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from genai_demo.core.frames import colours, png_uri
from genai_demo.core.wire import PackedFrame
from genai_demo.results.preview import readable

MOST_LANES = 2
MOST_ROWS = 6  # of a ranking
MOST_TEXT = 320  # characters of a text in tokens; the last ones are shown
MOST_STAGES = 3  # columns: the first, the one before the last, the last
ROOM = 1.2  # width of the place for a film, as a part of its height, on a screen of 16 to 9
SMOOTH = 64  # pixels across, from which a picture looks better smoothed than with square pixels
OUT = 0.0005  # of the highest bar: no bar to be seen
ENDS, END = ("<|im_end|>", "<|endoftext|>"), " \u25a0"  # the mark that ends an answer, and what it looks like
ON_HEAT = "#f2f3f4"  # made points over a map of colours
LAYERS = {"real": "#8b9298", "generated": "var(--family)", "other": "#56b4e9", "paths": "#8b9298", "vectors": "#56b4e9"}


def fragments(frames: Iterable[PackedFrame], show: Sequence[str] = (), numbers: Sequence[str] = ()) -> Iterator[str]:
    """HTML for each frame, in order; growing texts keep what came before, and layers that a frame leaves out stay."""
    kept: dict[str, Any] = {}
    for frame in frames:
        for title, lane in frame["lanes"].items():
            kept[title] = _joined(kept.get(title), lane)
        for title, bars in frame["bars"].items():
            kept[title] = _ranged(kept.get(title), bars)
        pictures_first = sorted(kept, key=lambda title: kept[title]["kind"] != "pictures")
        chosen = [title for title in show if title in kept] or pictures_first[:MOST_LANES]
        lanes = "".join(_lane(title, kept[title]) for title in chosen)
        rows = _rows([kept[title] for title in chosen])
        yield (
            f'<div class="lanes n{len(chosen)}" style="--rows:{rows};--columns:{-(-len(chosen) // rows)}">{lanes}</div>'
            f"{_numbers(frame, numbers)}"
        )


def _rows(lanes: Sequence[Any]) -> int:
    """In how many rows the lanes are largest; texts lie one below the other."""
    shapes = [_shape(lane) for lane in lanes]
    if any(shape is None for shape in shapes):
        return len(lanes) if all(shape is None for shape in shapes) else 1
    count = len(lanes)

    def scale(rows: int) -> float:
        columns = -(-count // rows)
        return min(min(ROOM / columns, shape / rows) / shape for shape in shapes if shape)

    return max(range(1, count + 1), key=scale)


def _shape(lane: Any) -> float | None:
    """Width of a lane by its height, where it is a picture."""
    if lane["kind"] == "pictures":
        return float(lane["columns"] * lane["w"] / (-(-lane["n"] // lane["columns"]) * lane["h"]))
    return 1.0 if lane["kind"] in ("plane", "matrix") else None


def _ranged(before: Any, bars: Any) -> Any:
    """Bars as a lane; low and high: what the axis has reached so far, or its limit."""
    seen = [0.0, *(value for value in bars["values"] if value is not None), *([bars["limit"]] if bars["limit"] else [])]
    low, high = min(seen), max(seen)
    if before is not None:
        low, high = min(low, before["low"]), max(high, before["high"])
    return {**bars, "kind": "bars", "low": low, "high": high}


def _joined(before: Any, lane: Any) -> Any:
    if before is None or before["kind"] != lane["kind"]:
        return lane
    if lane.get("grows"):
        return {**lane, "items": [*before["items"], *lane["items"]]}
    if lane["kind"] == "plane":
        there = {layer["as"] for layer in lane["layers"]}
        still = [layer for layer in before["layers"] if layer["as"] in ("real", "heat") and layer["as"] not in there]
        return {**lane, "layers": [*still, *lane["layers"]]}
    return lane


def _numbers(frame: PackedFrame, wanted: Sequence[str]) -> str:
    by = {one["title"]: one for one in frame["numbers"]}
    said = [
        f"<span>{_text(title)} <b>{_text(readable(by[title]['value'], by[title]['digits']))} {_text(by[title]['unit'])}"
        "</b></span>"
        for title in wanted
        if title in by and by[title]["value"] is not None
    ]
    return f'<p class="numbers">{"".join(said)}</p>' if said else ""


def _text(value: Any) -> str:
    return html.escape(str(value))


def _lane(title: str, lane: Any) -> str:
    return f'<figure class="{lane["kind"]}"><figcaption>{_text(title)}</figcaption>{_DRAW[lane["kind"]](lane)}</figure>'


def _pictures(lane: Any) -> str:
    src = str(lane["src"])
    high = -(-lane["n"] // lane["columns"]) * lane["h"]
    wide = lane["columns"] * lane["w"]
    crisp = " crisp" if lane["w"] < SMOOTH and wide < 400 else ""
    size = f'width="{int(wide)}" height="{int(high)}" style="--shape:{wide / high:.4f};--pixels:{int(wide)}px"'
    return f'<img class="sheet{crisp}" alt="" {size} src="{_text(src)}">'


def _array(lane: Any, scale: float) -> np.ndarray:
    flat = np.frombuffer(base64.b64decode(lane["data"]), "<i2").astype(np.float32)
    return flat.reshape(lane["shape"]) * np.float32(scale / 32767)


def _plane(lane: Any) -> str:
    limit = float(lane["limit"])
    heat = any(layer["as"] == "heat" for layer in lane["layers"])
    inside = "".join(
        _layer(layer, limit, heat) for layer in sorted(lane["layers"], key=lambda one: one["as"] != "heat")
    )
    return f'<svg viewBox="-500 -500 1000 1000" aria-hidden="true">{inside}</svg>'


def _layer(layer: Any, limit: float, heat: bool) -> str:
    if layer["as"] == "heat":
        src = _text(layer["src"])
        place = 'x="-500" y="-500" width="1000" height="1000" preserveAspectRatio="none"'
        return f'<image class="heat" href="{src}" {place}/>'
    at = (_array(layer, 2 * limit) * (500 / limit)).round().astype(int)
    colour, kind = ON_HEAT if heat and layer["as"] == "generated" else LAYERS[layer["as"]], layer["as"]
    if kind == "vectors":
        path = "".join(f"M{x} {-y}l{dx} {-dy}" for x, y, dx, dy in at)
    elif kind == "paths":
        path = "".join("M" + "L".join(f"{x} {-y}" for x, y in way[..., :2]) for way in at)
    else:
        path = "".join(f"M{x} {-y}h0" for x, y in at[:, :2])
    wide = 4 if kind in ("vectors", "paths") else 12 if kind == "real" else 15
    faint = ' opacity="0.55"' if kind in ("paths", "vectors") else ""
    return f'<path d="{path}" style="stroke:{colour}" stroke-width="{wide}" stroke-linecap="round" fill="none"{faint}/>'


def _tokens(lane: Any) -> str:
    items: list[Any] = []
    length = 0
    for item in reversed(lane["items"]):
        length += len(item["text"])
        if length > MOST_TEXT:
            break
        items.insert(0, item)
    parts = []
    for item in items:
        kind = item.get("kind", "")
        share = item.get("share")
        deep = 0 if share is None or kind == "prompt" else (1 - share if lane["shade"] != "share" else share)
        style = f' style="--deep:{round(60 * deep)}%"' if deep > 0.02 else ""
        parts.append(
            f'<span class="tok {_text(kind)}"{style}>{_text(END if item["text"] in ENDS else item["text"])}</span>'
        )
    return f'<div class="run-body"><p class="run-text">{"".join(parts)}</p></div>'


def _ranked(lane: Any) -> str:
    items = lane["items"][:MOST_ROWS]
    values = [float(item.get("share") if item.get("share") is not None else item.get("value") or 0) for item in items]
    top = 1.0 if all("share" in item for item in items) else max([abs(value) for value in values], default=1.0) or 1.0
    rows = "".join(
        f"<li{_faint(value, top)}><span>{_text(_row(item['text']))}</span>"
        f'<i style="--to:{max(0, value / top):.1%}"></i>'
        f"<b>{f'{value:.0%}' if 'value' not in item else readable(item['value'], 3)}</b></li>"
        for item, value in zip(items, values, strict=True)
    )
    return f'<ol class="bars">{rows}</ol>'


def _faint(value: float, top: float) -> str:
    """The class of a row that is out of the running."""
    return ' class="out"' if value < OUT * top else ""


def _row(token: str) -> str:
    """A token alone in a row, where a blank and the end have to be named."""
    return "the end" if token in ENDS else token.strip() or ("new line" if "\n" in token else "space")


def _stages(lane: Any) -> str:
    """What comes in and what goes out: the first column and the last ones, side by side."""
    columns = lane["stages"]
    if len(columns) > MOST_STAGES:
        columns = [columns[0], *columns[1 - MOST_STAGES :]]
    parts = (f"<div><p>{_text(one['name'])}</p>{_ranked(one)}</div>" for one in columns)
    return f'<div class="stages-body">{"".join(parts)}</div>'


def _words(lane: Any) -> str:
    return f"<p>{_text(lane['text'])}</p>"


def _code(lane: Any) -> str:
    return f"<pre>{_text(lane['text'])}</pre>"


def _matrix(lane: Any) -> str:
    """The first of the maps, as a picture of one pixel a cell."""
    first = _array(lane, lane["scale"])[0]
    return f'<img class="crisp map" alt="" src="{png_uri(colours(first))}">'


def _bars(lane: Any) -> str:
    """Bars up or down from 0, in the order they have."""
    low, high = lane["low"], lane["high"]
    share = 100 / ((high - low) or 1.0)
    bars = "".join(
        f'<span><i style="bottom:{(min(value, 0) - low) * share:.1f}%;height:{abs(value) * share:.1f}%"></i></span>'
        for value in (found or 0.0 for found in lane["values"])
    )
    ends = f"<b>{_text(readable(high, 3))} {_text(lane['unit'])}</b><b>{_text(readable(low, 3))}</b>"
    return f'<div class="bars-body"><p>{ends}</p><div>{bars}</div></div>'


_DRAW = {
    "bars": _bars,
    "pictures": _pictures,
    "plane": _plane,
    "tokens": _tokens,
    "ranked": _ranked,
    "stages": _stages,
    "words": _words,
    "code": _code,
    "matrix": _matrix,
}
