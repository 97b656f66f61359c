"""The map of both modalities: pictures and texts lie apart, and the gap closes when each mean is taken away.

Liang et al. 2022, "Mind the Gap". u (n, d), v (n, d): unit vectors of pictures and their texts; gap: |mean u - mean v|.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.clip import features
from genai_demo.clip.compare import captions
from genai_demo.clip.model import Clip
from genai_demo.clip.options import LARGEST, SpaceOptions
from genai_demo.clip.pictures import MOST, Picture, lines, read, scene, world_picture
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import PLANE_LIMIT, curve, number, plane, prose

MAP = "map of pictures and texts"
LINES = 60  # pairs that are joined by a line


@dataclass(frozen=True, slots=True, eq=False)
class SpaceStep:
    """A share of the means taken away. seen, read (n, 2); pairs (m, 2, 2): lines from picture to text."""

    index: int
    total: int
    pairs: np.ndarray = plane(MAP, "paths", axes=("the direction chosen", "most variance beside it"))
    seen: np.ndarray = plane(MAP, "real", called="pictures")
    read: np.ndarray = plane(MAP, "generated", called="texts")
    said: str = prose("what is shown")
    share: float = number("of each mean taken away", unit="%", digits=0)
    gap: float = curve("gap: distance of the two means")
    to_picture: float = curve("texts that find their picture first", unit="%", digits=1, chart="found first")
    to_text: float = curve("pictures that find their text first", unit="%", digits=1, chart="found first")
    pair: float = number("mean cosine of a pair")
    apart: float = number("mean cosine of two pictures")
    kept: float = number("of the variance is on the map", unit="%", digits=0)


def principal(x: np.ndarray, count: int) -> np.ndarray:
    """The directions of most variance, (d, count), orthonormal. Signs: the largest number is positive."""
    _, _, directions = np.linalg.svd((x - x.mean(0)).astype(np.float64), full_matrices=False)
    found = directions[:count].T
    return np.asarray(found * np.sign(found[np.abs(found).argmax(0), np.arange(found.shape[1])]))


def plan(u: np.ndarray, v: np.ndarray, axes: str) -> tuple[np.ndarray, float]:
    """The two directions (d, 2) of the map, and the share of the variance they keep."""
    x = np.concatenate([u, v]).astype(np.float64)
    if axes == "the gap across":
        across = features.unit(v.mean(0) - u.mean(0)).astype(np.float64)
        beside = principal(x - (x @ across)[:, None] * across, 1)
        two = np.concatenate([across[:, None], beside], 1)
    else:
        two = principal(x, 2)
    x = x - x.mean(0)
    return two, float(((x @ two) ** 2).sum() / max((x**2).sum(), 1e-12))


def without(x: np.ndarray, share: float) -> np.ndarray:
    """That share of the mean taken away, then each row with length 1."""
    return features.unit(x - share * x.mean(0))


def first(u: np.ndarray, v: np.ndarray) -> float:
    """How many of u have their own of v as the nearest, in %; ties count for it."""
    cosines = u @ v.T
    return 100 * float((cosines.diagonal() >= cosines.max(1)).mean())


def space(model: Clip, options: SpaceOptions, *, seed: int) -> Iterator[SpaceStep]:
    """The map, fitted once, as the means are taken away; the seed draws the scenes."""
    drawn, texts = given(options, features.side(model), seed)
    u, v = features.see(model, drawn), features.read(model, texts)
    (two, kept), mean = plan(u, v, options.axes), np.concatenate([u, v]).mean(0)
    ends = [np.concatenate([without(x, share) for x in (u, v)]) for share in (0.0, 1.0)]
    scale = 0.92 * PLANE_LIMIT / max(1e-6, *(float(np.abs((end - mean) @ two).max()) for end in ends))
    for i in range(options.steps):
        share = i / (options.steps - 1)
        a, b = without(u, share), without(v, share)
        x, y = ((part - mean) @ two * scale for part in (a, b))
        n = len(a)
        apart = (float((a.sum(0) ** 2).sum()) - n) / (n * (n - 1))
        yield SpaceStep(
            i,
            options.steps,
            np.stack([x, y], 1)[:LINES],
            x,
            y,
            said(n, options.axes),
            100 * share,
            float(np.linalg.norm(a.mean(0) - b.mean(0))),
            first(b, a),
            first(a, b),
            float((a * b).sum(1).mean()),
            apart,
            100 * kept,
        )


def said(count: int, axes: str) -> str:
    """What the map shows."""
    across = "from the mean of the pictures to that of the texts" if axes == "the gap across" else "most variance"
    return f"{count} pictures and their texts; across: {across}. After a mean is taken away lengths are 1 again."


def given(options: SpaceOptions, side: int, seed: int) -> tuple[list[Picture], list[str]]:
    """Pictures and their texts, as many. Raises DemoError where the numbers differ or are too small."""
    if not options.pictures.strip():
        numbers = [LARGEST * seed + i for i in range(options.scenes)]
        return [world_picture(n, side) for n in numbers], [scene(n)[1] for n in numbers]
    found = read(options.pictures, side)
    texts = lines(options.texts, "text", MOST) if options.texts.strip() else captions(found)
    if len(texts) != len(found) or len(found) < 3:
        raise DemoError(
            f"the pictures are {len(found)} and the texts {len(texts)}; give 3 or more pairs, as many of each"
        )
    return found, texts
