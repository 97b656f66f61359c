"""What a similarity rests on: a grey patch slides over the picture, and where the cosine falls, something counted.

Zeiler & Fergus 2014, section 4.2. drop: cosine of the whole picture less that of the covered one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from genai_demo.clip import features
from genai_demo.clip.model import Clip
from genai_demo.clip.options import OccludeOptions
from genai_demo.clip.pictures import Picture, one, square
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import NO_SCALE, bars, carried, colours, curve, number, pictures, plane, prose

GREY, UNITS = 128, 64  # of the patch; a picture's side in units of its size and stride
SHOWN = 128  # pixels a side of what is drawn


@dataclass(frozen=True, slots=True, eq=False)
class OccludeStep:
    """A row of patches. drops (rows, columns): 0 where the patch has not been yet; drawn (2, s, s, 3); overlay (1, ..).

    places: where patches begin, and patch: their side, of the picture's.
    """

    index: int
    total: int
    drawn: np.ndarray = pictures("the picture, and covered where it counts most")
    overlay: np.ndarray = pictures("where the cosine falls (blue) or rises (vermilion)")
    drops: np.ndarray = plane("drop of the cosine, patch by patch", "heat", axes=NO_SCALE)
    said: str = prose("what is shown")
    row: np.ndarray = bars("drop along this row")
    whole: float = number("cosine of the whole picture")
    largest: float = curve("largest drop in this row", chart="drop in this row")
    mean: float = curve("mean drop in this row", chart="drop in this row")
    places: tuple[float, ...] = carried()
    patch: float = carried()


def covered(picture: np.ndarray, left: int, top: int, patch: int) -> np.ndarray:
    """A copy with a grey square on it; what is outside the picture is cut off."""
    out = picture.copy()
    out[max(0, top) : top + patch, max(0, left) : left + patch] = GREY
    return out


def places(side: int, patch: int, stride: int) -> list[int]:
    """Where patches begin, pixels: over the whole side, the last one at its end."""
    last = max(0, side - patch)
    return [*range(0, last, stride), last]


def occlude(model: Clip, options: OccludeOptions, *, seed: int) -> Iterator[OccludeStep]:
    """A frame for each row of patches. Nothing is random."""
    picture = one(options.picture, features.side(model))
    text = options.text.strip() or caption(picture)
    side = UNITS * round(features.side(model) / UNITS)
    seen = square(picture.pixels, side)
    patch, stride = (value * side // UNITS for value in (options.patch, options.stride))
    at = places(side, patch, stride)
    read = features.read(model, [text])[0]
    drops = np.zeros((len(at), len(at)), np.float32)
    said = f"What “{text}” rests on: {len(at)} x {len(at)} grey patches, {options.patch} of {UNITS} wide."
    for i, top in enumerate(at):
        row = [seen, *(covered(seen, left, top, patch) for left in at)]  # the whole one beside them: the same sums
        cosines = features.grouped(model.embed_pictures, row) @ read
        drops[i] = cosines[0] - cosines[1:]
        y, x = np.unravel_index(int(drops[: i + 1].argmax()), drops.shape)
        most = covered(seen, at[x], at[y], patch)
        yield OccludeStep(
            i,
            len(at),
            np.stack([large(seen), large(most)]),
            overlay(seen, drops, at, patch)[None],
            drops.copy(),
            said,
            drops[i].copy(),
            float(cosines[0]),
            float(drops[i].max()),
            float(drops[i].mean()),
            tuple(place / side for place in at),
            patch / side,
        )


def caption(picture: Picture) -> str:
    """What is looked for where nothing is said. Raises DemoError where the picture has no caption."""
    if picture.key.startswith("mine:") or not picture.about:
        raise DemoError("there is no text; write what is to be looked for in the picture")
    return picture.about


def large(picture: np.ndarray) -> np.ndarray:
    """(s, s, 3) -> (SHOWN, SHOWN, 3), each pixel as it is."""
    return np.asarray(Image.fromarray(picture).resize((SHOWN, SHOWN), Image.Resampling.NEAREST))


def overlay(picture: np.ndarray, drops: np.ndarray, at: list[int], patch: int) -> np.ndarray:
    """The picture in grey under the mean drop of all patches that covered a pixel: (SHOWN, SHOWN, 3) uint8."""
    total, count = np.zeros(picture.shape[:2]), np.zeros(picture.shape[:2])
    for y, top in enumerate(at):
        for x, left in enumerate(at):
            total[top : top + patch, left : left + patch] += drops[y, x]
            count[top : top + patch, left : left + patch] += 1
    heat = total / np.maximum(count, 1)
    grey = 110 + 0.55 * np.repeat(picture.mean(2, keepdims=True), 3, 2)  # pale, so that the tint is seen
    tint = colours(heat).astype(np.float64)
    strength = np.abs(heat)[..., None] / max(float(np.abs(heat).max()), 1e-6) * 0.75
    mixed = (1 - strength) * grey + strength * tint
    return large(mixed.round().clip(0, 255).astype(np.uint8))
