"""One point of the latent plane becomes a picture.

u: point of the drawn plane (2,), in standard deviations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.core.frames import number, pictures, plane
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.vae import codes
from genai_demo.vae.drawing import ACROSS, CODE_AXES, LANE, UPWARDS
from genai_demo.vae.model import Autoencoder
from genai_demo.vae.options import DecodeOptions


@dataclass(frozen=True, slots=True, eq=False)
class DecodeStep:
    """The picture at one point. decoded (1, 28, 28); at (1, 2); plain kinds have no log density."""

    index: int
    total: int
    decoded: np.ndarray = pictures("decoded")
    known: np.ndarray | None = plane(LANE, "real", limit=codes.PLANE)
    at: np.ndarray = plane(LANE, "generated", limit=codes.PLANE, axes=CODE_AXES)
    label: str = number("class of the nearest test code")
    distance: float = number("distance to it", unit="std. dev.", digits=2)
    log_prior: float | None = number("log density of the prior", unit="nats", digits=2)
    across: int = number(ACROSS, digits=0)
    upwards: int = number(UPWARDS, digits=0)


def decode(model: Autoencoder, options: DecodeOptions, *, seed: int) -> Iterator[DecodeStep]:
    """One point of the plane through the decoder; nothing is random. Other latent numbers stay at their centre.

    Distance and density are those of the whole code, not of its two numbers in the plane.
    """
    flat = codes.plane(model, options.first, options.second)
    u = np.array([[options.x, options.y]], np.float32)
    z = flat.latent(u)  # (1, k)
    known = codes.known(model)
    away = np.linalg.norm((known.mean - z) / flat.scale, axis=1)
    nearest = int(away.argmin())
    density = -float((z**2 + np.log(2 * np.pi)).sum() / 2) if model.config.kind == "vae" else None
    yield DecodeStep(
        0,
        1,
        codes.draw(model, z),
        flat.flat(known.mean),
        u,
        CLASSES[known.label[nearest]],
        float(away[nearest]),
        density,
        flat.first + 1,
        flat.second + 1,
    )
