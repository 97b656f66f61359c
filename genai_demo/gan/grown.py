"""The recorded growth of a GAN: the same latents at every kept step, from 7x7 to 28x28."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from genai_demo.core.device import generator
from genai_demo.core.frames import curve, number, pictures
from genai_demo.gan import bundle
from genai_demo.gan.drawing import to_pictures
from genai_demo.gan.grow import LATENT, Grower, double
from genai_demo.gan.options import GrowOptions
from genai_demo.gan.train_grow import GrowConfig

COLUMNS = 4


@dataclass(frozen=True, slots=True, eq=False)
class GrowStep:
    """A kept step. Each lane (n, 28, 28), every pixel of the smaller ones drawn larger; absent where not yet grown."""

    index: int
    total: int
    small: np.ndarray = pictures("7 x 7", columns=COLUMNS)
    middle: np.ndarray | None = pictures("14 x 14", columns=COLUMNS)
    large: np.ndarray | None = pictures("28 x 28", columns=COLUMNS)
    step: int = number("step", digits=0)
    faded: float = number("newest layers faded in", unit="%", digits=0)
    distance: float | None = curve("critic's estimate of the distance", against="step")


@torch.inference_mode()
def grow(model: Grower, options: GrowOptions, *, seed: int) -> Iterator[GrowStep]:
    """Each kept generator draws the same latents after every stage it has."""
    path, cfg = model.path, GrowConfig(**bundle.config_of(model.path))
    rows = bundle.history(path).numpy()  # (rows, 3): step, loss, distance
    kept = bundle.steps(path)
    z = torch.randn(options.samples, LATENT, generator=generator(seed))
    for i, step in enumerate(kept):
        stage, alpha = cfg.at(step)
        drawn = [_large(x) for x in bundle.younger(path, step).stages(z, stage, alpha)]
        middle, large = (drawn[k] if k <= stage else None for k in (1, 2))
        distance = float(rows[np.searchsorted(rows[:, 0], step).clip(max=len(rows) - 1), 2])
        yield GrowStep(i, len(kept), drawn[0], middle, large, step, 100 * alpha, distance)


def _large(x: torch.Tensor) -> np.ndarray:
    """(n, 1, side, side) -> (n, 28, 28) uint8, whole pixels."""
    while x.shape[-1] < 28:
        x = double(x)
    return to_pictures(x)
