"""Pictures as a recipe's options carry them: a list in one text, commas or line ends between them.

world:12              scene 12 of the picture world, drawn on the spot
built:small red house 25 60; grey    a scene of one's own, as data/world_built.py reads it
emoji:grinning face   OpenMoji's picture of that name, where this machine has it
mine:UklGRh...        base64 of a PNG or WebP of at most SIDE pixels a side, which `carry` makes of any upload
"""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from genai_demo.core import waits
from genai_demo.core.caches import Cache, weigh
from genai_demo.core.errors import DemoError, among, shown
from genai_demo.data import emoji, world, world_built
from genai_demo.inputs.base64_text import from_base64
from genai_demo.inputs.pictures import check_size, open_file

SIDE = 128  # pixels of a picture that a visitor brings
THUMB = 64  # of one that is shown
LONGEST = 16_000  # characters of such a picture
ROOM = 4_400  # characters `carry` keeps to, so that MOST of them fit into a list
LIST = 150_000  # characters of a list; a recipe may have 200,000
MOST = 32  # pictures of a list
SCENES = 10**15  # numbers of the picture world
HEAD = re.compile(r"data:[^,]*,")
KINDS = "write world:12, emoji:grinning face, built:small red house 25 60; grey, or mine: and a picture in base64"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """name: as in the list, short; pixels (h, w, 3) uint8; key: the same for the same pixels; about: what is seen."""

    name: str
    pixels: np.ndarray
    key: str
    about: str = ""


def read(text: str, side: int = 64, *, most: int = MOST) -> list[Picture]:
    """The pictures of a list, those that are drawn with `side` pixels. Raises DemoError where one is none."""
    parts = [part for part in (part.strip() for part in re.split(r"[,\n]", HEAD.sub("mine:", text))) if part]
    if not parts:
        raise DemoError(f"there is no picture; choose {f'1 to {most}' if most > 1 else 'one'}, or {KINDS}")
    if len(parts) > most:
        raise DemoError(f"there are {len(parts)} pictures; the limit is {most}, leave some out")
    return [_one(part.replace("mine:mine:", "mine:"), i + 1, side) for i, part in enumerate(parts)]


def one(text: str, side: int = 64) -> Picture:
    """The only picture of a list."""
    return read(text, side, most=1)[0]


def is_picture(text: str) -> bool:
    """Whether the text names a picture and is no words."""
    return bool(re.match(r"\s*(world|emoji|built|mine|data):", text))


def _one(part: str, place: int, side: int) -> Picture:
    kind, _, rest = part.partition(":")
    if kind == "world":
        return world_picture(_number(rest), side)
    if kind == "built":
        return built_picture(rest, place, side)
    if kind == "emoji":
        return emoji_picture(rest.strip())
    if kind == "mine":
        return own_picture(rest, place)
    raise DemoError(f"picture {place} is {shown(part)}; {KINDS}")


def _number(text: str) -> int:
    if not (text.isascii() and text.strip().isdigit() and len(text.strip()) <= 15):
        raise DemoError(f"the scene is world:{shown(text)}; choose world:0 to world:{SCENES - 1}")
    return int(text)


@functools.lru_cache(maxsize=4096)
def scene(number: int) -> tuple[world.Scene, str]:
    """Scene and caption of that number."""
    rng = np.random.default_rng(number)
    drawn = world.random_scene(rng)
    return drawn, world.caption(drawn, rng)


_scenes = Cache[tuple[int | str, int], Picture]("drawn scenes", 16_000_000, weigh)


def world_picture(number: int, side: int = 64) -> Picture:
    """Scene `number` of the picture world with its caption, remembered."""
    return _scenes.made((number, side), lambda: drawn_scene(number, side))


def drawn_scene(number: int, side: int) -> Picture:
    """As world_picture, drawn anew: for the many of a library, which are looked at once."""
    drawn, said = scene(number)
    pixels = world.draw(drawn, side)
    pixels.flags.writeable = False
    return Picture(f"world:{number}", pixels, f"world:{number}:{side}", said)


def built_picture(text: str, place: int, side: int = 64) -> Picture:
    """A scene of a visitor's, without "built:". Raises DemoError where it is none."""
    made = world_built.read(text)
    return _scenes.made((f"{place}: {world_built.written(made)}", side), lambda: _built(made, place, side))


def _built(made: world.Scene, place: int, side: int) -> Picture:
    pixels = world.draw(made, side)
    pixels.flags.writeable = False
    return Picture(f"built {place}", pixels, f"built:{world_built.written(made)}:{side}", world_built.caption(made))


def scene_of(text: str) -> world.Scene:
    """The scene that "world:12" or "built:..." names. Raises DemoError for what is no scene."""
    kind, _, rest = text.strip().partition(":")
    if kind not in ("world", "built"):
        raise DemoError(f"{shown(text)} is no scene that can be changed; choose one of the picture world, as world:12")
    return scene(_number(rest))[0] if kind == "world" else world_built.read(rest)


def to_build(text: str) -> str:
    """ "world:12" -> the same scene as "built:...", to be changed. Raises DemoError for what is no scene."""
    return "built:" + world_built.written(scene_of(text))


_fetching = threading.Lock()


def emoji_list() -> tuple[Picture, ...]:
    """All of OpenMoji on white; fetched on first use, once for all who ask. Raises DemoError where it can't be had."""
    with waits.on(emoji_progress), _fetching:
        return _emoji()


@functools.cache
def _emoji() -> tuple[Picture, ...]:
    white = np.full(3, 255, np.uint8)
    found = emoji.library()
    return tuple(Picture(f"emoji:{d.name}", emoji.on(d.picture, white), f"emoji:{d.code}", d.name) for d in found)


def emoji_here() -> bool:
    """Whether the emoji can be had without fetching anything."""
    return emoji.library_here()


def emoji_progress() -> tuple[str, float | None] | None:
    """(what is done to have the emoji here, how much of it is done, 0 to 1); None where nothing is."""
    return emoji.library_progress()


def emoji_picture(name: str) -> Picture:
    """By its name, capitals or not. Raises DemoError where there is none of that name."""
    found = {picture.about: picture for picture in emoji_list()}
    if name.lower() not in found:
        raise DemoError(f"the emoji is {shown(name)}; {among(name.lower(), found)}")
    return found[name.lower()]


def own_picture(text: str, place: int) -> Picture:
    """One that is carried as base64, with "mine:" before it or not. Raises DemoError where it is none or too large."""
    text = text.removeprefix("mine:")
    if len(text) > LONGEST:
        raise DemoError(
            f"picture {place} has {len(text)} characters; the limit is {LONGEST}, shrink it to {SIDE} pixels"
        )
    raw = from_base64(text, f"picture {place}")
    image = open_file(raw)
    if max(image.size) > SIDE:
        raise DemoError(f"picture {place} is {image.width}x{image.height}; a recipe carries {SIDE} pixels a side")
    pixels = np.asarray(_colour(image))
    digest = hashlib.sha256(str(pixels.shape).encode() + pixels.tobytes()).hexdigest()
    return Picture(f"mine {place}", pixels, f"mine:{digest}", "a picture of yours")


def carry(upload: Image.Image | np.ndarray | bytes) -> str:
    """Any upload as "mine:..." of at most ROOM characters: upright, over white, SIDE pixels or what fits.

    Raises DemoError where it is no picture, empty or too large; its size is read before any pixel is decoded.
    """
    if isinstance(upload, np.ndarray):
        upload = Image.fromarray(np.ascontiguousarray(upload, np.uint8))
    image = open_file(upload) if isinstance(upload, bytes) else upload
    check_size(image)
    image.draft("RGB", (4 * SIDE, 4 * SIDE))  # a JPEG is decoded at the size that is needed
    whole = _colour(image, turned=True)
    text = ""
    for side, quality in ((SIDE, 85), (SIDE, 60), (96, 60), (64, 60), (64, 20)):
        share = min(1.0, side / max(whole.size))
        small = whole.resize([max(1, round(n * share)) for n in whole.size], Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        small.save(buffer, "WEBP", quality=quality, method=4)
        text = "mine:" + base64.b64encode(buffer.getvalue()).decode()
        if len(text) <= ROOM:
            break
    return text


def _colour(image: Image.Image, *, turned: bool = False) -> Image.Image:
    """The first frame in mode RGB, transparency over white. Raises DemoError where its pixels can't be read."""
    try:
        image.seek(0)
        image = ImageOps.exif_transpose(image) if turned else image
        if image.mode.startswith("I") or image.mode == "F":  # deep grey, scaled from its own range
            deep = np.nan_to_num(np.asarray(image, np.float64), posinf=0, neginf=0)
            low, high = deep.min(), deep.max()
            image = Image.fromarray(((deep - low) / max(high - low, 1e-12) * 255).round().astype(np.uint8))
        if image.has_transparency_data:
            layer = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", layer.size, (255, 255, 255, 255)), layer)
        return image.convert("RGB")
    except Exception as error:  # on damaged files Pillow's readers raise whatever their code happens to
        raise DemoError(f"the picture could not be read ({type(error).__name__}); choose another PNG or JPEG") from None


def square(picture: np.ndarray, side: int) -> np.ndarray:
    """The middle of it, as the picture tower sees it: (h, w, 3) -> (side, side, 3) uint8."""
    if picture.shape[:2] == (side, side):
        return picture
    return np.asarray(ImageOps.fit(Image.fromarray(picture), (side, side), Image.Resampling.BICUBIC))


def sheet(pictures: Sequence[Picture]) -> np.ndarray:
    """(n, THUMB, THUMB, 3) uint8, to be drawn."""
    return np.stack([square(picture.pixels, THUMB) for picture in pictures])


def lines(text: str, what: str, most: int, *, longest: int = 200) -> list[str]:
    """The lines of a text that are not blank. Raises DemoError where there is none, one too many or too long."""
    found = [line for line in (line.strip() for line in text.splitlines()) if line]
    if not found:
        raise DemoError(f"there is no {what}; write 1 to {most}, one a line")
    if len(found) > most:
        raise DemoError(f"there are {len(found)} lines of {what}; the limit is {most}, leave some out")
    if over := next((line for line in found if len(line) > longest), None):
        raise DemoError(f"the {what} {shown(over[:30])} has {len(over)} characters; the limit is {longest}, shorten it")
    return found
