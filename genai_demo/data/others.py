"""Pictures of another kind, beside which a model of clothes is asked how strange they are: 28x28, white on black."""

from __future__ import annotations

import string
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

from genai_demo.data import shapes
from genai_demo.data.signs import fitting
from genai_demo.inputs.pictures import SIDE

Others = Literal["drawn shapes", "letters", "negatives", "upside down", "grey noise"]
LETTERS = string.ascii_uppercase + string.digits
FLATS = (0, 64, 128, 192, 255)  # greys of pictures that show nothing


def load(kind: Others, known: np.ndarray, seed: int) -> np.ndarray:
    """(n, 28, 28) uint8, as many as are known; negatives and what is upside down are made of those."""
    n = len(known)
    if kind == "drawn shapes":
        return shapes.load(n, seed)[0]
    if kind == "letters":
        return letters(n, seed)
    if kind == "grey noise":
        return np.random.default_rng(seed).integers(0, 256, (n, SIDE, SIDE), np.uint8)
    return 255 - known if kind == "negatives" else known[:, ::-1].copy()


def letters(n: int, seed: int) -> np.ndarray:
    """Capital letters and digits of random height, place and brightness, (n, 28, 28) uint8."""
    random = np.random.default_rng(seed)
    drawn = np.zeros((n, SIDE, SIDE), np.uint8)
    for one in drawn:
        image = Image.new("L", (SIDE, SIDE))
        pen = ImageDraw.Draw(image)
        text = LETTERS[int(random.integers(len(LETTERS)))]
        font, box = fitting(pen, text, float(random.integers(20, 32)), 0.9 * SIDE)
        free = SIDE - np.array([box[2] - box[0], box[3] - box[1]])
        left, top = random.uniform(0, 1, 2) * np.maximum(free, 0) - np.array(box[:2])
        pen.text((left, top), text, font=font, fill=int(random.integers(150, 256)))
        one[:] = np.asarray(image)
    return drawn


def flats() -> np.ndarray:
    """Pictures of one grey each, (len(FLATS), 28, 28) uint8."""
    return np.array(FLATS, np.uint8)[:, None, None].repeat(SIDE, 1).repeat(SIDE, 2)
