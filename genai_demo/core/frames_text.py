"""Text in frames: tokens, ranked choices, stages, labelled matrices, lines of code, sentences.

    @dataclass(frozen=True, slots=True, eq=False)
    class Next:
        index: int
        total: int
        answer: tuple[Tok, ...] = tokens("answer", grows=True)        # a frame's tokens come behind those before it
        choices: tuple[Tok, ...] = ranked("next token", unit="probability", pick=True)
        funnel: tuple[Stage, ...] = stages("from logits to the choice")
        labels: tuple[str, ...]
        attention: np.ndarray = matrix("attention", rows="labels", columns="labels", triangle=True)
        line: str = listing("code")                                   # a few lines, monospaced
        said: str = prose("what happens")                             # a sentence or two

`genai_demo.core.frames` gives these names on; its `pack` calls `text_lane`.
"""

from __future__ import annotations

import base64
import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from genai_demo.core.frame import Frame
from genai_demo.core.wire import (
    Item,
    Lane,
    MatrixLane,
    PackedFrame,
    PackedStage,
    RankedLane,
    StagesLane,
    TextLane,
    TokensLane,
)

Shade = Literal["surprise", "share"]
TokKind = Literal["", "prompt", "picked", "off", "best", "order"]
TEXT_KINDS = ("tokens", "ranked", "stages", "matrix", "code", "words")
MOST_CELLS = 64  # rows, columns of a matrix that are drawn
LONE = re.compile("[\ud800-\udfff]")
MOST_TEXT = 4000  # characters of a code or words lane


class Tok(NamedTuple):
    """One token, or one row of a ranking. A tuple, for a frame may have thousands: made in a fifth of the time that a
    frozen dataclass takes.

    share: 0 to 1, the shade of a token, the length of a bar; value: the number beside the bar where it is not the
    share (a logit); kind: "prompt" (given, quiet), "picked" (the one taken), "off" (dropped, struck through), "best"
    (pointed out), "order" (an instruction inside material, warned of);
    id: its number in the vocabulary; note: said on hover; group: counted from 0, which colour it has; parent: in a
    tree, the row of the stage before that it comes from, counted from 0.
    """

    text: str
    share: float | None = None
    kind: TokKind = ""
    id: int | None = None
    note: str = ""
    value: float | None = None
    group: int | None = None
    parent: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Stage:
    """One column of `stages`: its name, a word on what it did, its rows."""

    name: str
    note: str
    items: tuple[Tok, ...]


def tokens(
    title: str, *, grows: bool = False, unit: str = "probability", shade: Shade = "surprise", keeps: bool = False
) -> Any:
    """A field of Tok, drawn as running text; grows: a frame's tokens are added to those of the frames before.

    keeps, here and below: a frame without it shows the one before; else it shows nothing.

    shade: "surprise" for shares that are probabilities, the less likely the stronger; "share" for weights.
    """
    rest = {"unit": unit, "shade": shade, "keeps": keeps}
    return dataclasses.field(metadata={"draw": "tokens", "title": title, "grows": grows, **rest})


def ranked(title: str, *, unit: str = "", pick: bool = False, long: bool = False) -> Any:
    """A field of Tok, drawn as labelled bars, best first; pick: a click on one tells the page; long: for sentences."""
    return dataclasses.field(metadata={"draw": "ranked", "title": title, "unit": unit, "pick": pick, "long": long})


def stages(title: str, *, unit: str = "", pick: bool | str = True, tree: bool = False, keeps: bool = False) -> Any:
    """A field of Stage, drawn as columns of labelled bars from left to right; pick: as in `ranked`, or what a
    click does, in words; tree: lines join each row to its parent, and no row that is dropped is carried on."""
    return dataclasses.field(
        metadata={"draw": "stages", "title": title, "unit": unit, "pick": pick, "tree": tree, "keeps": keeps}
    )


def matrix(
    title: str,
    *,
    rows: str,
    columns: str,
    names: str = "",
    unit: str = "",
    signed: bool = False,
    triangle: bool = False,
    cells: bool = False,
    icons: str = "",
) -> Any:
    """A field (h, w) or (k, h, w) float, drawn as one large map of shades and, for k > 1, k small ones to choose from.

    rows, columns, names: the names of other fields of the frame, tuples of texts, that label the rows (h), the columns
    (w) and the k maps. signed: zero in the middle of two colours. triangle: what is right of the diagonal is not there.
    cells: where there is room, each says its number. icons: title of a lane of pictures, a row's each, which stand in
    the place of the rows' names. At most MOST_CELLS rows and columns are drawn; the lane says how many are left out.
    """
    labels = {"rows": rows, "columns": columns, "names": names}
    rest = {"unit": unit, "signed": signed, "triangle": triangle, "cells": cells, "icons": icons}
    return dataclasses.field(metadata={"draw": "matrix", "title": title, **labels, **rest})


def listing(title: str, *, language: str = "python", keeps: bool = False) -> Any:
    """A text of one or a few lines of code."""
    return dataclasses.field(metadata={"draw": "code", "title": title, "language": language, "keeps": keeps})


def prose(title: str, *, keeps: bool = False) -> Any:
    """A text of a sentence or two."""
    return dataclasses.field(metadata={"draw": "words", "title": title, "keeps": keeps})


def text_lane(frame: Frame, meta: Mapping[str, Any], value: Any) -> Lane | None:
    """The lane of a field of one of TEXT_KINDS; None where there is nothing to draw."""
    if len(value) == 0 and not meta.get("grows"):
        return None
    lane = _lane(frame, meta, value)
    if meta.get("keeps"):
        lane["keeps"] = True
    return lane


def _lane(
    frame: Frame, meta: Mapping[str, Any], value: Any
) -> TokensLane | RankedLane | StagesLane | MatrixLane | TextLane:
    kind = meta["draw"]
    if kind == "tokens":
        return {
            "kind": "tokens",
            "grows": meta["grows"],
            "unit": meta["unit"],
            "shade": meta["shade"],
            "items": [_item(tok) for tok in value],
        }
    if kind == "ranked":
        return _ranked_lane(meta, value)
    if kind == "stages":
        columns = [_column(stage) for stage in value]
        lane: StagesLane = {"kind": "stages", "unit": meta["unit"], "pick": meta["pick"], "stages": columns}
        return {**lane, "tree": True} if meta["tree"] else lane
    if kind == "matrix":
        return _matrix_lane(frame, meta, np.asarray(value))
    return {"kind": kind, "text": clean(str(value))[:MOST_TEXT]}


def _ranked_lane(meta: Mapping[str, Any], value: Sequence[Tok]) -> RankedLane:
    items = [_item(tok) for tok in value]
    lane: RankedLane = {"kind": "ranked", "unit": meta["unit"], "pick": meta["pick"], "items": items}
    if meta["long"]:
        lane["long"] = True
    return lane


def _column(stage: Stage) -> PackedStage:
    return {"name": clean(stage.name), "note": clean(stage.note), "items": [_item(tok) for tok in stage.items]}


def clean(text: str) -> str:
    """The text as valid Unicode: a lone surrogate, which no JSON in UTF-8 can carry, becomes U+FFFD."""
    return text if text.isascii() else LONE.sub("\ufffd", text)


def _item(tok: Tok) -> Item:
    """A Tok without what it does not say; shares are rounded to five digits and held between 0 and 1."""
    item: Item = {"text": clean(tok.text)}
    if (share := _short(tok.share)) is not None:
        item["share"] = min(1.0, max(0.0, share))
    if (value := _short(tok.value)) is not None:
        item["value"] = value
    if tok.id is not None:
        item["id"] = int(tok.id)
    if tok.kind:
        item["kind"] = tok.kind
    if tok.note:
        item["note"] = clean(tok.note)
    if tok.group is not None:
        item["group"] = int(tok.group)
    if tok.parent is not None:
        item["parent"] = int(tok.parent)
    return item


def _short(number: float | None) -> float | None:
    """The number in five digits; None where it is none or not finite."""
    return float(f"{float(number):.5g}") if number is not None and math.isfinite(number) else None


def _matrix_lane(frame: Frame, meta: Mapping[str, Any], value: np.ndarray) -> MatrixLane:
    maps = value[None] if value.ndim == 2 else value
    if maps.ndim != 3:
        raise ValueError(f"a matrix has the shape (h, w) or (k, h, w), not {value.shape}")
    k, h, w = maps.shape
    maps = np.asarray(maps[:, :MOST_CELLS, :MOST_CELLS], np.float64)
    maps = np.where(np.isfinite(maps), maps, 0)
    below = np.tril_indices(maps.shape[1], max(0, w - h), maps.shape[2])
    seen = maps[:, *below] if meta["triangle"] else maps
    scale = float(np.abs(seen).max()) or 1.0
    lane: MatrixLane = {
        "kind": "matrix",
        "shape": list(maps.shape),
        "data": base64.b64encode(_sixteen_bits(maps / scale)).decode(),
        "scale": scale,
        "low": float(seen.min()),
        "high": float(seen.max()),
        "whole": [h, w],
        "rows": _labels(frame, meta["rows"], maps.shape[1]),
        "columns": _labels(frame, meta["columns"], maps.shape[2]),
        "names": _labels(frame, meta["names"], k),
        "signed": meta["signed"],
        "triangle": meta["triangle"],
        "unit": meta["unit"],
    }
    if meta["cells"]:
        lane["cells"] = True
    if meta["icons"]:
        lane["icons"] = meta["icons"]
    return lane


def _sixteen_bits(shares: np.ndarray) -> bytes:
    """Numbers from -1 to 1 as little-endian int16."""
    return bytes((np.clip(shares, -1, 1) * 32767).round().astype("<i2"))


def _labels(frame: Frame, name: str, count: int) -> list[str]:
    """The texts of that field, as many as are drawn; counted from 1 where the frame has none."""
    given: Sequence[Any] = (getattr(frame, name) or ()) if name else ()
    texts = [clean(str(one.text if isinstance(one, Tok) else one)) for one in given[:count]]
    return texts + [str(i + 1) for i in range(len(texts), count)]


def joined(packed: Sequence[PackedFrame]) -> PackedFrame:
    """The last of some packed frames that follow each other, its growing tokens and texts those of all of them.

    What a recording keeps where it leaves frames out, so that no token of a text is lost.
    """
    if len(packed) == 1:
        return packed[0]
    growing: dict[str, TokensLane] = {}
    said: dict[str, str] = {}
    for frame in packed:
        for name, text in frame.get("grown", {}).items():
            said[name] = said.get(name, "") + text
        for title, lane in frame["lanes"].items():
            if lane["kind"] == "tokens" and lane["grows"]:
                before = growing[title]["items"] if title in growing else []
                growing[title] = {**lane, "items": [*before, *lane["items"]]}
    last: PackedFrame = {**packed[-1], "lanes": {**packed[-1]["lanes"], **growing}}
    if said:
        last["grown"] = said
    return last
