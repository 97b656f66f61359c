"""The wire format: what `frames.pack` writes of a frame as JSON, for the film strip, for exports and for recordings.

Arrays travel as base64 of little-endian int16, pictures as data URIs. A lane is what is drawn under one title.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict, final


class PictureLane(TypedDict):
    """`n` pictures of w x h pixels on one sheet of `columns`: PNG, or WebP where they are large photographs.

    names: a text below each, for which there is room though they come later.
    """

    kind: Literal["pictures"]
    src: str
    n: int
    columns: int
    w: int
    h: int
    pick: NotRequired[bool]
    names: NotRequired[list[str]]


# Points, paths and vectors of a plane; "as" is a word of Python, hence this way of writing it.
# data: int16 of the shape, value * 32767 / (2 * limit) of its lane.
PointsLayer = TypedDict(
    "PointsLayer",
    {
        "as": Literal["real", "generated", "other", "paths", "vectors"],
        "shape": list[int],
        "data": str,
        "called": NotRequired[str],
    },
)
# A map of colours that lies below the points; low and high: the values of its ends.
HeatLayer = TypedDict(
    "HeatLayer", {"as": Literal["heat"], "src": str, "low": float, "high": float, "called": NotRequired[str]}
)


class PlaneLane(TypedDict):
    """Layers over [-limit, limit] on both axes, y up. axes: what lies across and upwards; empty: nothing to be read."""

    kind: Literal["plane"]
    limit: float
    layers: list[PointsLayer | HeatLayer]
    axes: NotRequired[list[str]]


class Item(TypedDict):
    """A token or a row of a ranking (frames_text.Tok), without what it does not say."""

    text: str
    share: NotRequired[float]
    value: NotRequired[float]
    kind: NotRequired[str]
    id: NotRequired[int]
    note: NotRequired[str]
    group: NotRequired[int]
    parent: NotRequired[int]


class TokensLane(TypedDict):
    """grows: the items come behind those of the frames before; keeps: a frame without the lane shows the last one."""

    kind: Literal["tokens"]
    grows: bool
    unit: str
    shade: str
    items: list[Item]
    keeps: NotRequired[bool]


class RankedLane(TypedDict):
    """Rows with bars, best first."""

    kind: Literal["ranked"]
    unit: str
    pick: bool
    items: list[Item]
    long: NotRequired[bool]
    keeps: NotRequired[bool]


class PackedStage(TypedDict):
    """One column of a lane of stages."""

    name: str
    note: str
    items: list[Item]


class StagesLane(TypedDict):
    """pick: whether a row can be clicked, or what a click does, in words; tree: whether rows have parents."""

    kind: Literal["stages"]
    unit: str
    pick: bool | str
    stages: list[PackedStage]
    tree: NotRequired[bool]
    keeps: NotRequired[bool]


class TextLane(TypedDict):
    """Lines of code, or sentences."""

    kind: Literal["code", "words"]
    text: str
    keeps: NotRequired[bool]


class MatrixLane(TypedDict):
    """k maps of h x w shades. data: int16 of shape [k, h, w], value * 32767 / scale; whole: [h, w] uncut."""

    kind: Literal["matrix"]
    shape: list[int]
    data: str
    scale: float
    low: float
    high: float
    whole: list[int]
    rows: list[str]
    columns: list[str]
    names: list[str]
    signed: bool
    triangle: bool
    unit: str
    cells: NotRequired[bool]
    icons: NotRequired[str]
    keeps: NotRequired[bool]


Lane = PictureLane | PlaneLane | TokensLane | RankedLane | StagesLane | TextLane | MatrixLane


class PackedNumber(TypedDict):
    """A number beside the transport; with `chart` it is drawn as a curve too. value: null where it is not finite.

    measured: a time, or what a cache happened to hold; never the same twice, so no comparison looks at it.
    phase: value names the part of the film that the frame belongs to.
    """

    name: str
    title: str
    value: Any
    unit: str
    digits: int
    chart: NotRequired[str]
    against: NotRequired[str]
    measured: NotRequired[bool]
    phase: NotRequired[bool]


class PackedBars(TypedDict):
    """Bars from 0, to `limit` where there is one."""

    values: list[float | None]
    unit: str
    limit: float | None
    note: str


class PackedFrame(TypedDict):
    """A frame. lanes and bars by title; carried and grown: by field name, what nothing draws."""

    index: int
    total: int
    lanes: dict[str, Lane]
    numbers: list[PackedNumber]
    bars: dict[str, PackedBars]
    carried: NotRequired[dict[str, Any]]
    grown: NotRequired[dict[str, str]]


class PlainRecipe(TypedDict):
    """A recipe as it travels with frames."""

    run: str
    options: dict[str, Any]
    seed: int
    model: str | None
    versions: dict[str, str]
    format: int


class Recording(TypedDict):
    """A recipe with its frames, as recordings and exports hold it."""

    recipe: PlainRecipe
    frames: list[PackedFrame]
    computed_on: NotRequired[dict[str, Any]]


@final
class FilmValue(TypedDict):
    """What a film strip is sent. append: frames from number `index` on, as JSON; held: they come together, to be shown
    at their end; frames: all of them; done: no more will come; made: what a recording was computed on."""

    run: str
    badge: Literal["live", "recorded"]
    recipe: PlainRecipe
    link: NotRequired[str]
    note: NotRequired[str]
    made: NotRequired[str]
    total: NotRequired[int | None]
    index: NotRequired[int]
    append: NotRequired[str | PackedFrame]
    held: NotRequired[bool]
    frames: NotRequired[Any]  # list[PackedFrame], or that as JSON where it is sent (orjson.Fragment)
    done: NotRequired[bool]


@final
class WaitingValue(TypedDict):
    """In the place of a film's value: what is waited for, as HTML; "" for nothing to say."""

    waiting: str
