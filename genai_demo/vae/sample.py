"""Pictures from codes drawn at random, from cold to warm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.core.frames import curve, number, pictures, plane
from genai_demo.vae import codes
from genai_demo.vae.drawing import ACROSS, CODE_AXES, LANE, UPWARDS
from genai_demo.vae.model import Autoencoder
from genai_demo.vae.options import SampleOptions


@dataclass(frozen=True, slots=True, eq=False)
class SampleStep:
    """The same draws at one temperature. drawn (n, 28, 28)."""

    index: int
    total: int
    drawn: np.ndarray = pictures("decoded draws")
    known: np.ndarray | None = plane(LANE, "real", limit=codes.PLANE)
    at: np.ndarray = plane(LANE, "generated", limit=codes.PLANE, axes=CODE_AXES)
    temperature: float = number("temperature", digits=2)
    spread: float = curve("difference between the pictures", unit="grey levels", digits=1)
    across: int = number(ACROSS, digits=0)
    upwards: int = number(UPWARDS, digits=0)


def sample(model: Autoencoder, options: SampleOptions, *, seed: int) -> Iterator[SampleStep]:
    """z = centre + temperature * scale * noise, the same noise at rising temperature; the last frame is the sample.

    The plain kinds have no prior: a Gaussian with the spread of their test codes stands in for it.
    """
    flat = codes.plane(model)
    noise = codes.normal(seed, options.count, model.config.latent)
    for i in range(options.steps):
        warm = options.temperature * (i + 1) / options.steps
        z = flat.centre + warm * flat.scale * noise
        drawn = codes.draw(model, z)
        known = flat.flat(codes.known(model).mean) if i == 0 else None
        yield SampleStep(
            i,
            options.steps,
            drawn,
            known,
            flat.flat(z),
            warm,
            float(drawn.std(0).mean()),
            flat.first + 1,
            flat.second + 1,
        )
