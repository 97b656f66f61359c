"""Noise becomes pictures, one layer undone after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import curve, number, pictures
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.flow.picture_options import PicturesOptions
from genai_demo.flow.pictures import PictureFlow, bits, log_prob, pixels
from genai_demo.flow.tarflow import SIDE


@dataclass(frozen=True, slots=True, eq=False)
class MadeStep:
    """What is there after one more layer, or row of patches, is undone. drawn (n, 28, 28).

    neighbours: correlation of pixels with those on their right, 0 for noise. bits: mean bits per dimension of the
    finished pictures; they were not rounded to whole greys.
    """

    index: int
    total: int
    drawn: np.ndarray = pictures("pictures")
    layer: str = number("undone last")
    changed: float = curve("pixels that changed", unit="%", digits=1)
    neighbours: float = curve("likeness of neighbouring pixels")
    bits: float | None = number("of these pictures", unit="bits per dimension", digits=2)


@torch.inference_mode()
def made(model: PictureFlow, options: PicturesOptions, *, seed: int) -> Iterator[MadeStep]:
    """z = temperature * noise; the layers are undone from the last to the first (Kingma & Dhariwal 2018, section 3).

    Raises DemoError where Glow, which knows no classes, is asked for one.
    """
    z = options.temperature * torch.randn(options.samples, 1, SIDE, SIDE, generator=generator(seed))
    z = z.to(next(model.parameters()).device)
    label = labels(model, options, z)
    before = pixels(model.grey.inverse(z))
    total = 1 + model.stops
    yield MadeStep(0, total, before, "none yet", 0.0, likeness(before), None)
    for index, (name, state) in enumerate(model.undo(z, label), 1):  # type: ignore[arg-type]
        x = model.grey.inverse(state)
        now = pixels(x)
        cost = float(bits(log_prob(model, x.clamp(max=1 - 2**-24), label)).mean()) if index == total - 1 else None
        yield MadeStep(index, total, now, name, 100 * float((now != before).mean()), likeness(now), cost)
        before = now


def labels(model: PictureFlow, options: PicturesOptions, z: Tensor) -> Tensor | None:
    """A class for each picture, (n,), None for a flow that knows none."""
    if not model.classes:
        return None
    if options.label == "each class":
        return torch.arange(len(z), device=z.device) % model.classes
    return torch.full((len(z),), CLASSES.index(options.label), device=z.device)


def likeness(drawn: np.ndarray) -> float:
    """Correlation of all pixels with their right neighbours, 0 where all are equal."""
    left, right = (part.ravel().astype(np.float64) for part in (drawn[:, :, :-1], drawn[:, :, 1:]))
    spread = left.std() * right.std()
    return float(((left - left.mean()) * (right - right.mean())).mean() / spread) if spread else 0.0
