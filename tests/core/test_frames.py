"""Frames: packed as JSON for the film strip, drawn as plain pictures for the command line."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genai_demo.core.frames import (
    Stage,
    Tok,
    arrays,
    bars,
    carried,
    colours,
    curve,
    default_columns,
    listing,
    matrix,
    measured,
    number,
    numbers,
    pack,
    pictures,
    plane,
    prose,
    ranked,
    sheet,
    stages,
    tokens,
)
from genai_demo.core.frames_text import MOST_CELLS, joined
from genai_demo.results import preview
from genai_demo.results.comparing import compare_packed
from genai_demo.results.files import steady
from genai_demo.results.preview_text import plain_signs, text_image


@dataclass(frozen=True, slots=True, eq=False)
class Everything:
    """One field of each kind, all of which may be missing."""

    index: int
    total: int
    shown: np.ndarray | None = pictures("pictures")
    points: np.ndarray | None = plane("lane", "generated")
    real: np.ndarray | None = plane("lane", "real")
    paths: np.ndarray | None = plane("lane", "paths")
    arrows: np.ndarray | None = plane("lane", "vectors")
    heat: np.ndarray | None = plane("lane", "heat")
    share: np.ndarray | None = bars("bars", unit="nats", limit=1.0)
    sigma: float | None = number("sigma", unit="sd", digits=2)
    loss: float | None = curve("loss", chart="losses")
    note: str = "hidden"


def a_frame(i: int = 0, total: int = 3, **changed: Any) -> Everything:
    random = np.random.default_rng(i)
    full = Everything(
        i,
        total,
        random.integers(0, 256, (3, 4, 5), np.uint8),
        random.normal(size=(7, 2)),
        random.normal(size=(5, 2)),
        random.normal(size=(2, 6, 2)),
        random.normal(size=(4, 4)),
        random.normal(size=(6, 6)),
        random.random(4),
        0.5,
        2.0 - i,
    )
    return dataclasses.replace(full, **changed)


def nothing() -> Everything:
    names = [field.name for field in dataclasses.fields(Everything) if "draw" in field.metadata]
    return a_frame(**dict.fromkeys(names))


def strict(frame: Any) -> dict[str, Any]:
    packed: dict[str, Any] = json.loads(json.dumps(pack(frame), allow_nan=False))
    return packed


def image(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,")))))


def test_a_frame_is_packed_whole() -> None:
    packed = strict(a_frame(1))
    assert (packed["index"], packed["total"]) == (1, 3)
    assert set(packed["lanes"]) == {"pictures", "lane"}
    assert [layer["as"] for layer in packed["lanes"]["lane"]["layers"]] == [
        "generated",
        "real",
        "paths",
        "vectors",
        "heat",
    ]
    assert [entry["name"] for entry in packed["numbers"]] == ["sigma", "loss"]
    assert packed["numbers"][1]["chart"] == "losses"
    assert packed["bars"]["bars"]["limit"] == 1.0
    assert len(packed["bars"]["bars"]["values"]) == 4


def test_pictures_are_kept_pixel_by_pixel() -> None:
    for shape in ((3, 4, 5), (7, 6, 6, 3), (1, 1, 1)):
        value = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        lane = strict(a_frame(shown=value))["lanes"]["pictures"]
        assert (lane["n"], lane["h"], lane["w"]) == shape[:3]
        drawn = image(lane["src"])
        for i, picture in enumerate(value):
            y, x = divmod(i, lane["columns"])
            assert np.array_equal(
                drawn[y * lane["h"] : (y + 1) * lane["h"], x * lane["w"] : (x + 1) * lane["w"]], picture
            )


def test_large_colour_pictures_travel_as_webp_and_look_the_same() -> None:
    y, x = np.mgrid[0:256, 0:256] / 256
    smooth = (127 + 120 * np.stack([np.sin(5 * x), np.cos(4 * y), np.sin(3 * x * y)], 2)).astype(np.uint8)
    lane = strict(a_frame(shown=np.stack([smooth, smooth[::-1]])))["lanes"]["pictures"]
    kind, _, data = lane["src"].partition(",")
    assert kind == "data:image/webp;base64"
    drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert drawn.shape == (256, 512, 3)
    assert np.abs(drawn[:, :256].astype(int) - smooth).mean() < 2
    grey = strict(a_frame(shown=smooth[None, ..., 0]))["lanes"]["pictures"]
    assert grey["src"].startswith("data:image/png;base64,")


def test_points_come_back_within_a_step() -> None:
    points = np.random.default_rng(0).uniform(-3, 3, (50, 2))
    packed = strict(a_frame(points=points))["lanes"]["lane"]
    layer, limit = packed["layers"][0], packed["limit"]
    back = np.frombuffer(base64.b64decode(layer["data"]), "<i2").reshape(layer["shape"]) * (2 * limit / 32767)
    assert np.abs(back - points).max() <= limit / 32767 + 1e-9


def test_what_is_none_draws_nothing() -> None:
    packed = strict(nothing())
    assert packed["lanes"] == {}
    assert packed["numbers"] == []
    assert packed["bars"] == {}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_stay_json(bad: float) -> None:
    frame = a_frame(
        points=np.full((2, 2), bad),
        paths=np.full((1, 2, 2), bad),
        arrows=np.full((1, 4), bad),
        heat=np.array([[bad, 1.0], [0.0, -1.0]]),
        share=np.array([bad, 1.0]),
        sigma=bad,
        loss=np.float32(bad),
    )
    packed = strict(frame)
    assert [entry["value"] for entry in packed["numbers"]] == [None, None]
    assert packed["bars"]["bars"]["values"] == [None, 1.0]
    heat = packed["lanes"]["lane"]["layers"][-1]
    assert (heat["low"], heat["high"]) == (-1.0, 1.0)
    json.dumps(numbers(frame), allow_nan=False)
    assert preview.draw([frame])


def test_empty_arrays_draw_nothing_or_nothing_more() -> None:
    frame = a_frame(shown=np.zeros((0, 4, 5), np.uint8), points=np.zeros((0, 2)), share=np.zeros(0))
    packed = strict(frame)
    assert "pictures" not in packed["lanes"]
    assert packed["lanes"]["lane"]["layers"][0]["shape"] == [0, 2], "no points any more: drawn as none"
    assert preview.draw([frame])


def test_numpy_numbers_count_as_numbers() -> None:
    packed = strict(a_frame(index=np.int64(2), total=np.int32(3), sigma=np.float32(0.5), loss=np.int8(3)))
    assert (packed["index"], packed["total"]) == (2, 3)
    assert [entry["value"] for entry in packed["numbers"]] == [0.5, 3]


def test_arrays_and_numbers_part_a_frame() -> None:
    frame = a_frame()
    assert set(arrays(frame)) | set(numbers(frame)) == {field.name for field in dataclasses.fields(frame)}
    assert not set(arrays(frame)) & set(numbers(frame))
    assert numbers(frame)["note"] == "hidden"


@pytest.mark.parametrize("n", [1, 2, 3, 4, 8, 10, 25, 64])
def test_a_sheet_has_room_for_all(n: int) -> None:
    value = np.full((n, 2, 3), 255, np.uint8)
    assert (sheet(value) == 255).sum() == n * 6
    columns = default_columns(n)
    assert sheet(value).shape == (-(-n // columns) * 2, columns * 3)


def test_colours_tell_signs_apart() -> None:
    mapped = colours(np.array([[-1.0, 0.0, 0.5, 1.0]]))[0].astype(int)
    assert mapped[0, 0] > mapped[0, 2], "below zero is red"
    assert mapped[3, 2] > mapped[3, 0], "above zero is blue"
    assert (mapped[1] == 250).all(), "zero is white"
    assert colours(np.full((2, 2), 7.0)).shape == (2, 2, 3)


def test_previews_are_of_one_size_and_at_most_a_hundred() -> None:
    drawn = preview.draw([a_frame(i, 150, shown=None if i == 1 else a_frame(i).shown) for i in range(150)])
    assert len(drawn) == preview.MOST_FRAMES
    assert len({picture.size for picture in drawn}) == 1
    assert preview.draw([]) == []


def test_a_preview_keeps_what_real_points_last_showed() -> None:
    frames = [
        a_frame(0, points=None, paths=None, arrows=None, heat=None),
        a_frame(0, points=None, paths=None, arrows=None, heat=None, real=None),
    ]
    first, second = (np.asarray(picture) for picture in preview.draw(frames))
    seen = (first == np.array(preview.COLOURS["real"])).all(-1)
    assert seen.any()
    assert np.array_equal((second == np.array(preview.COLOURS["real"])).all(-1), seen)


def test_frames_without_drawn_fields_have_no_preview() -> None:
    @dataclass(frozen=True)
    class Plain:
        index: int = 0
        total: int = 1

    assert preview.draw([Plain()]) == []
    assert strict(Plain()) == {"index": 0, "total": 1, "lanes": {}, "numbers": [], "bars": {}}


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """One field of each text kind."""

    index: int
    total: int
    labels: tuple[str, ...]
    names: tuple[str, ...]
    answer: tuple[Tok, ...] | None = tokens("answer", grows=True)
    weights: tuple[Tok, ...] | None = tokens("weights", unit="weight", shade="share")
    choices: tuple[Tok, ...] | None = ranked("next", unit="probability", pick=True)
    funnel: tuple[Stage, ...] | None = stages("funnel")
    seen: np.ndarray | None = matrix("seen", rows="labels", columns="labels", names="names", triangle=True)
    line: str | None = listing("code")
    why: str | None = prose("why")


def said(i: int = 0, total: int = 3, **changed: Any) -> Said:
    some = (Tok(" <b>", 0.25, id=7, note="half as likely"), Tok("\n", 2.0, "off", value=-1.5), Tok("Grüße 中"))
    full = Said(
        i,
        total,
        ("a", "b"),
        ("head 1", "head 2"),
        some[:1],
        some,
        some,
        (Stage("top-k", "two stay", some),),
        np.array([[[0.5, 9.0], [0.25, -0.75]], [[1.0, 9.0], [0.0, 1.0]]]),
        "x = 1\ny = 2",
        "It adds.",
    )
    return dataclasses.replace(full, **changed)


NO_TEXT = dict.fromkeys(("answer", "weights", "choices", "funnel", "seen", "line", "why"))


def test_tokens_travel_with_what_they_say_and_no_more() -> None:
    lanes = strict(said())["lanes"]
    first, second, third = lanes["next"]["items"]
    assert first == {"text": " <b>", "share": 0.25, "id": 7, "note": "half as likely"}
    assert second == {"text": "\n", "share": 1.0, "value": -1.5, "kind": "off"}, "a share is at most 1"
    assert third == {"text": "Grüße 中"}
    assert (lanes["next"]["kind"], lanes["next"]["unit"], lanes["next"]["pick"]) == ("ranked", "probability", True)
    assert lanes["answer"] == {
        "kind": "tokens",
        "grows": True,
        "unit": "probability",
        "shade": "surprise",
        "items": [first],
    }
    assert (lanes["weights"]["grows"], lanes["weights"]["shade"]) == (False, "share")
    assert lanes["funnel"]["stages"] == [{"name": "top-k", "note": "two stay", "items": [first, second, third]}]
    assert (lanes["code"]["text"], lanes["why"]["text"]) == ("x = 1\ny = 2", "It adds.")
    assert strict(said(**NO_TEXT))["lanes"] == {}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_shares_that_are_none_are_left_out(bad: float) -> None:
    packed = strict(said(choices=(Tok("a", bad, value=bad),), seen=np.full((2, 2), bad)))
    assert packed["lanes"]["next"]["items"] == [{"text": "a"}]
    assert packed["lanes"]["seen"]["high"] == 0


def test_text_that_is_no_unicode_still_travels() -> None:
    packed = strict(said(choices=(Tok("\ud83d a \udc00"),), why="\udfff", labels=("\ud800", "b")))
    json.dumps(packed, ensure_ascii=False).encode()
    assert packed["lanes"]["next"]["items"] == [{"text": "\ufffd a \ufffd"}]


def test_a_matrix_comes_back_from_its_sixteen_bits() -> None:
    lane = strict(said())["lanes"]["seen"]
    values = np.frombuffer(base64.b64decode(lane["data"]), "<i2").reshape(lane["shape"]) * lane["scale"] / 32767
    assert lane["scale"] == 1.0, "what may not be looked at does not count"
    assert np.allclose(values[0, :, 0], [0.5, 0.25], atol=1e-4)
    assert values[0, 1, 1] == pytest.approx(-0.75, abs=1e-4)
    assert (lane["low"], lane["high"], lane["whole"]) == (-0.75, 1.0, [2, 2])
    assert (lane["rows"], lane["names"]) == (["a", "b"], ["head 1", "head 2"])


def test_a_large_matrix_is_cut_and_says_so() -> None:
    lane = strict(said(seen=np.ones((100, 90))))["lanes"]["seen"]
    assert lane["shape"] == [1, MOST_CELLS, MOST_CELLS]
    assert lane["whole"] == [100, 90]
    assert lane["rows"][:3] == ["a", "b", "3"], "where there is no name, its number"
    assert len(lane["columns"]) == MOST_CELLS
    assert "seen" not in strict(said(seen=np.zeros((0, 3))))["lanes"]


def test_frames_left_out_leave_their_tokens() -> None:
    packed = [strict(said(i, answer=(Tok(str(i)),) if i != 2 else None)) for i in range(4)]
    for some, expected in ((packed, "013"), (packed[:3], "01"), (packed[:1], "0"), (packed[2:3], "")):
        lane = joined(some)["lanes"].get("answer", {"items": []})
        assert "".join(item["text"] for item in lane["items"]) == expected
    assert joined(packed)["index"] == 3
    assert len(packed[3]["lanes"]["answer"]["items"]) == 1, "what was given is left as it was"


def test_text_is_in_the_preview_and_grows() -> None:
    frames = [said(i, 120) for i in range(120)]
    drawn = preview.draw(frames)
    assert len({picture.size for picture in drawn}) == 1
    ink = [int((np.asarray(picture) < 128).sum()) for picture in drawn]
    assert ink[0] < ink[50] < ink[-1]
    assert preview.draw([said(**NO_TEXT)]) != [], "an empty lane has its title"


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Numbers of which one is measured, beside fields that nothing draws."""

    index: int
    total: int
    cosine: float = number("cosine")
    took_ms: float = number("took", unit="ms", measured=True)
    each_ms: float = curve("each", unit="ms", measured=True)
    word: str = carried(grows=True)
    places: tuple[float, ...] = carried()


BESIDE = Beside(0, 1, 0.5, 3.0, 1.0, "a", (0.5, float("nan")))


def test_what_is_measured_says_so_where_it_travels() -> None:
    packed = strict(BESIDE)
    assert [entry.get("measured", False) for entry in packed["numbers"]] == [False, True, True]
    assert measured(BESIDE) == {"took_ms", "each_ms"}
    assert set(steady(BESIDE)) == {"index", "total", "cosine", "word", "places"}


def test_two_recordings_that_differ_in_what_is_measured_are_equal() -> None:
    """Also where the recording is an old one, that does not say so; and whatever else stands in a file."""
    packed = strict(dataclasses.replace(BESIDE, took_ms=99.0))
    assert compare_packed([BESIDE], [packed]).identical
    for entry in packed["numbers"]:
        entry.pop("measured", None)
    assert compare_packed([BESIDE], [packed]).identical
    packed["numbers"][0]["value"] = 0.75
    assert compare_packed([BESIDE], [packed]).where == "numbers of frame 0"
    for odd in ([None], [{"name": []}], {"name": {}}, "text", None):
        assert not compare_packed([BESIDE], [{**packed, "numbers": odd}]).identical


def test_what_is_carried_travels_and_leaves_the_preview_as_it_is() -> None:
    assert strict(BESIDE)["carried"] == {"places": [0.5, None]}
    assert strict(BESIDE)["grown"] == {"word": "a"}
    assert len(preview.draw([BESIDE])) == 1


def test_a_preview_has_no_plane_that_stays_empty() -> None:
    layers = dict.fromkeys(("points", "real", "paths", "arrows", "heat"))
    with_plane, without = preview.draw([a_frame()])[0], preview.draw([a_frame(**layers)])[0]
    assert without.width < with_plane.width


def test_a_long_token_is_drawn_to_its_end() -> None:
    long = " ".join(["a long passage"] * 30)
    one, many = (text_image("tokens", (Tok(text),), {"shade": "share"}) for text in (long[:20], long))
    assert many.height > 3 * one.height
    text = "\u201cna\u00efve\u201d \u2013 \u4e2d"
    assert plain_signs(text) == '"naive" - ?'


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [
        (50.0, 5, "50"),
        (1234567.0, 3, "1,234,567"),
        (0.0388, 3, "0.0388"),
        (98.7, 1, "99"),
        (1e9, 3, "1.00e+09"),
        (-2.5e-6, 2, "-2.5e-06"),
        (True, 3, "True"),
        ("both", 3, "both"),
        (float("nan"), 3, "nan"),
        (np.float32(0.5), 2, "0.50"),
    ],
)
def test_numbers_are_said_as_on_the_page(value: Any, digits: int, said: str) -> None:
    assert preview.readable(value, digits) == said
