"""A disc goes round; frames of one picture and one number."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from genai_demo.toy.options import SpinOptions

from genai_demo.core.frames import curve, pictures

SIDE = 28


@dataclass(frozen=True, slots=True, eq=False)
class SpinStep:
    index: int
    total: int
    angle: float = curve("angle", unit="rad")
    x: np.ndarray = pictures("the disc")


def spin(options: SpinOptions, *, seed: int) -> Iterator[SpinStep]:
    """One turn in `steps` steps; the seed says where it starts."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    for i in range(options.steps):
        angle = seed + 2 * math.pi * i / options.steps
        y, x = (14 + 8 * part for part in (math.sin(angle), math.cos(angle)))
        picture = (np.hypot(rows - y, columns - x) < 4).astype(np.uint8) * 255
        yield SpinStep(i, options.steps, angle, picture[None])
