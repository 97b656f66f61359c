"""Pictures and points a visitor brings: whatever it is, 28x28 grey pixels, points, or one sentence."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from genai_demo.core.errors import DemoError
from genai_demo.inputs import pictures as inputs
from genai_demo.inputs import points as drawn_points

SIDE = inputs.SIDE


def file_of(image: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def text_of(image: Image.Image, kind: str = "PNG", **how: Any) -> str:
    return base64.b64encode(file_of(image, kind, **how)).decode()


def sentence(error: DemoError | pytest.ExceptionInfo[DemoError]) -> str:
    text = str(error if isinstance(error, DemoError) else error.value)
    assert text == text.strip() != ""
    assert len(text) < 300, text
    assert len(text.splitlines()) == 1, text
    return text


def ramp(wide: int = SIDE, high: int = SIDE) -> Image.Image:
    return Image.fromarray(np.tile(np.linspace(0, 255, wide).astype(np.uint8), (high, 1)))


def animation(kind: str = "GIF") -> bytes:
    frames = [Image.new("L", (SIDE, SIDE), grey) for grey in (200, 30, 90)]
    return file_of(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)


def huge_png(wide: int, high: int) -> bytes:
    """A PNG that says it has these sides, in some sixty bytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def test_a_picture_comes_back() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE), np.uint8)
    text = inputs.encode_picture(picture)
    assert len(text) <= inputs.LONGEST_PICTURE
    for same in (
        text,
        f"data:image/png;base64,{text}",
        text.rstrip("="),
        text.replace("+", " "),
        text.replace("+", "-").replace("/", "_"),
        f" {text}\n",
    ):
        assert np.array_equal(inputs.decode_picture(same), picture)


def test_sample_pictures_are_there() -> None:
    for i in (0, 37, 99):
        assert np.array_equal(inputs.decode_picture(f"sample:{i}"), inputs.sample_picture(i))
        assert inputs.sample_picture(i).shape == (SIDE, SIDE)
        assert inputs.sample_picture(i).any()
    changed = inputs.sample_picture(3)
    changed[:] = 0
    assert inputs.sample_picture(3).any(), "the sheet is shared by all"


@pytest.mark.parametrize(
    "text",
    [
        "sample:100",
        "sample:-1",
        "sample:",
        "sample:1e1",
        "sample:²",
        "sample:99999999999",
        "sample: 1",
        "sample:" + "9" * 5000,
    ],
)
def test_samples_that_are_not_there(text: str) -> None:
    with pytest.raises(DemoError, match=r"choose (sample:)?0 to") as error:
        inputs.decode_picture(text)
    sentence(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("%%%", "no base64"),
        ("\ud800", "no base64"),
        ("bcd", "no picture"),
        ("A" * 100_000, "limit"),
        (base64.b64encode(b"plain text, no picture at all").decode(), "no picture"),
        (text_of(ramp())[:80], "no picture"),
        (text_of(ramp(29)), "29x28"),
        (text_of(ramp(1, 1)), "1x1"),
        (base64.b64encode(huge_png(20_000, 20)).decode(), "20000x20"),
        (base64.b64encode(huge_png(60_000, 60_000)).decode(), "pixels"),
        (base64.b64encode(huge_png(0, 28)).decode(), "no picture"),
        (base64.b64encode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n").decode(), "no picture"),
    ],
)
def test_what_is_no_picture_is_a_sentence(text: str, said: str) -> None:
    with pytest.raises(DemoError, match=said) as error:
        inputs.decode_picture(text)
    sentence(error)


def test_transparency_shows_black() -> None:
    clear = Image.new("RGBA", (SIDE, SIDE), (255, 255, 255, 0))
    assert not inputs.decode_picture(text_of(clear)).any()
    half = Image.new("LA", (SIDE, SIDE), (255, 128))
    assert inputs.decode_picture(text_of(half))[0, 0] == pytest.approx(128, abs=1)
    palette = Image.new("P", (SIDE, SIDE), 0)
    palette.putpalette([255, 255, 255])
    assert not inputs.decode_picture(text_of(palette, transparency=0)).any()


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    raw = animation(kind)
    assert inputs.shrink(raw)[14, 14] == pytest.approx(200, abs=2)
    assert inputs.decode_picture(base64.b64encode(raw).decode())[14, 14] == pytest.approx(200, abs=2)


def test_deep_grey_and_print_colours_are_read() -> None:
    deep = Image.fromarray(np.tile(np.linspace(0, 65535, SIDE).astype(np.uint16), (SIDE, 1)))
    floats = Image.fromarray(np.tile(np.linspace(-5, 5, SIDE).astype(np.float32), (SIDE, 1)))
    for raw in (file_of(deep), file_of(deep, "TIFF"), file_of(floats, "TIFF"), file_of(deep.convert("I"), "TIFF")):
        row = inputs.shrink(raw)[14]
        assert row[0] == 0
        assert row[-1] == 255
        assert (np.diff(row.astype(int)) >= 0).all()
    ink = Image.new("CMYK", (60, 60), (0, 0, 0, 0))
    assert inputs.shrink(file_of(ink, "JPEG")).min() > 250


def test_numbers_that_are_none_are_black() -> None:
    values = np.ones((SIDE, SIDE), np.float32)
    values[0] = [np.nan, np.inf, -np.inf, 3e38, -3e38, *[0] * (SIDE - 5)]
    assert inputs.shrink(file_of(Image.fromarray(values), "TIFF")).shape == (SIDE, SIDE)


@pytest.mark.parametrize(
    "mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "HSV", "I", "F", "I;16", "PA", "RGBa", "RGBX"]
)
def test_every_kind_of_image_shrinks(mode: str) -> None:
    assert inputs.shrink(Image.new(mode, (50, 40))).shape == (SIDE, SIDE)


@pytest.mark.parametrize("size", [(1, 1), (1, 10_000), (10_000, 1), (3, 2), (28, 28), (5000, 40)])
def test_any_side_shrinks_and_the_whole_is_kept(size: tuple[int, int]) -> None:
    picture = inputs.shrink(file_of(Image.new("L", size, 255)))
    assert picture.shape == (SIDE, SIDE)
    assert picture.max() == 255, "something of it is seen"


@pytest.mark.parametrize("size", [(20_000, 20), (20, 20_000), (8_000, 8_000), (60_000, 60_000)])
def test_a_picture_too_large_is_refused_unread(size: tuple[int, int]) -> None:
    with pytest.raises(DemoError, match="pixels; choose") as error:
        inputs.shrink(huge_png(*size))
    sentence(error)


def test_an_image_object_too_large_or_empty_is_refused() -> None:
    for size in ((20_000, 2), (0, 5), (0, 0)):
        with pytest.raises(DemoError, match=f"{size[0]}x{size[1]}"):
            inputs.shrink(Image.new("L", size))


def test_a_file_too_long_is_refused() -> None:
    with pytest.raises(DemoError, match="limit is"):
        inputs.shrink(bytes(inputs.MOST_BYTES + 1))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_truncated_file_is_a_sentence(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8))
    raw = file_of(noise, kind)
    assert inputs.shrink(raw).shape == (SIDE, SIDE)
    for share in (0, 1, 10, 50, 90):
        with pytest.raises(DemoError, match="picture") as error:
            inputs.shrink(raw[: len(raw) * share // 100])
        sentence(error)


def test_a_truncated_animation_is_a_sentence() -> None:
    noise = [Image.fromarray(np.random.default_rng(i).integers(0, 256, (SIDE, SIDE), np.uint8)) for i in range(2)]
    raw = file_of(noise[0], "GIF", save_all=True, append_images=noise[1:])
    for share in (30, 60):
        with pytest.raises(DemoError):
            inputs.decode_picture(base64.b64encode(raw[: len(raw) * share // 100]).decode())


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # damage that Pillow reads past
@settings(max_examples=150)
@given(
    st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"]),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=8),
    st.integers(0, 3000),
)
def test_a_damaged_file_is_a_picture_or_a_sentence(kind: str, changes: list[tuple[int, int]], keep: int) -> None:
    raw = bytearray(file_of(ramp(SIDE).convert("RGB"), kind))
    for place, value in changes:
        raw[place % len(raw)] = value
    for use in (
        lambda: inputs.shrink(bytes(raw[:keep] if keep else raw)),
        lambda: inputs.decode_picture(base64.b64encode(bytes(raw)).decode()),
    ):
        try:
            assert use().shape == (SIDE, SIDE)
        except DemoError as error:
            sentence(error)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_picture_or_a_sentence(raw: bytes) -> None:
    try:
        assert inputs.shrink(raw).shape == (SIDE, SIDE)
    except DemoError as error:
        sentence(error)


@given(st.text(max_size=100) | st.text("ABCabc019+/=-_ ", max_size=60))
@example("data:,")
@example("=" * 50)
@example("\x00")
def test_any_text_is_points_and_a_picture_or_a_sentence(text: str) -> None:
    for decode in (inputs.decode_picture, drawn_points.decode_points):
        try:
            assert np.isfinite(decode(text)).all()
        except DemoError as error:
            sentence(error)


def test_points_come_back() -> None:
    points = np.random.default_rng(0).uniform(-1.5, 1.5, (drawn_points.MOST_POINTS, 2))
    back = drawn_points.decode_points(drawn_points.encode_points(points))
    assert back.dtype == np.float32
    assert np.abs(back - points).max() <= drawn_points.POINT_UNIT / 2 + 1e-6


def test_points_past_the_border_stay_on_it() -> None:
    wild = np.array([[np.nan, np.inf], [-np.inf, 1e300]])
    border = 127 * drawn_points.POINT_UNIT
    assert drawn_points.decode_points(drawn_points.encode_points(wild)) == pytest.approx(
        np.array([[0, border], [-border, border]])
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "0 coordinates"),
        ("AAAA", "3 coordinates"),
        ("%", "no base64"),
        ("ä", "no base64"),
        (base64.b64encode(bytes(2 * drawn_points.MOST_POINTS + 2)).decode(), "1026 coordinates"),
        ("A" * 100_000, "100000 characters"),
    ],
)
def test_bad_points_are_a_sentence(text: str, said: str) -> None:
    with pytest.raises(DemoError, match=said) as error:
        drawn_points.decode_points(text)
    assert str(drawn_points.MOST_POINTS) in sentence(error) or "base64" in sentence(error)


@pytest.mark.parametrize("shape", [(0, 2), (513, 2), (4, 3), (4,), (2, 2, 2)])
def test_points_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DemoError, match="shape"):
        drawn_points.encode_points(np.zeros(shape))


def test_a_picture_of_another_shape_is_refused() -> None:
    with pytest.raises(DemoError, match="28x28"):
        inputs.encode_picture(np.zeros((28, 27), np.uint8))
