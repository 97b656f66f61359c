"""A picture becomes a Gaussian over codes, and comes back.

z: code (k,); mean, logvar: the encoder's Gaussian.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.core.frames import bars as bars_of
from genai_demo.core.frames import curve, number, pictures, plane
from genai_demo.inputs.pictures import decode_picture
from genai_demo.vae import codes
from genai_demo.vae.drawing import ACROSS, CODE_AXES, LANE, UPWARDS, signed
from genai_demo.vae.model import Autoencoder
from genai_demo.vae.options import EncodeOptions

CLOSE = "close up: 1, 2 sigma"
CLOSE_LIMIT = 1.0  # standard deviations around the mean that the close-up shows


@dataclass(frozen=True, slots=True, eq=False)
class EncodeStep:
    """One more draw from the picture's Gaussian. Shapes: pictures (n, 28, 28); codes in standard deviations.

    The plane is that of the two most used latent numbers; near_* are the same codes with the mean moved to 0.
    """

    index: int
    total: int
    given: np.ndarray = pictures("your picture")
    from_mean: np.ndarray = pictures("decoded from the mean")
    from_draws: np.ndarray = pictures("decoded from draws")
    error: np.ndarray = pictures("mean's error: too dark blue, too bright red")
    known: np.ndarray | None = plane(LANE, "real", limit=codes.PLANE)
    ellipse: np.ndarray | None = plane(LANE, "paths", limit=codes.PLANE)
    draws: np.ndarray = plane(LANE, "generated", limit=codes.PLANE, axes=CODE_AXES)
    near_known: np.ndarray | None = plane(CLOSE, "real", limit=CLOSE_LIMIT)
    near_ellipse: np.ndarray | None = plane(CLOSE, "paths", limit=CLOSE_LIMIT)
    near_draws: np.ndarray = plane(CLOSE, "generated", limit=CLOSE_LIMIT, axes=CODE_AXES)
    kl: np.ndarray = bars_of("KL of each latent number", unit="nats")
    mean: np.ndarray = bars_of("mean of each latent number")
    sigma: np.ndarray = bars_of("sigma of each latent number", limit=1.0)
    reconstruction_nats: float = curve("reconstruction of this draw", unit="nats", digits=1)
    kl_nats: float = number("KL, all numbers", unit="nats", digits=2)
    elbo: float | None = number("ELBO, mean of the draws so far", unit="nats", digits=1)
    score: float = number("anomaly score", unit="nats", digits=1)
    stranger_than: float = number("test pictures that score lower", unit="%", digits=0)
    across: int = number(ACROSS, digits=0)
    upwards: int = number(UPWARDS, digits=0)


def encode(model: Autoencoder, options: EncodeOptions, *, seed: int) -> Iterator[EncodeStep]:
    """A picture's mean and sigma, then draws z = mean + sigma * noise and what they decode to.

    (Kingma & Welling 2014, section 2.4.) The ELBO is averaged over the draws so far; a plain autoencoder has none,
    its Gaussian is a point.
    """
    x = decode_picture(options.picture)[None]  # (1, 28, 28)
    flat = codes.plane(model)
    mean, logvar = codes.encode(model, x)  # (1, k) each
    sigma = np.exp(logvar / 2)
    z = mean + sigma * codes.normal(seed, options.samples, mean.shape[1])
    from_mean, from_draws = codes.decode(model, mean), codes.decode(model, z)
    nats = codes.cross_entropy(np.repeat(x, len(z), 0), from_draws).sum((1, 2))
    kl = codes.kl(mean, logvar)[0]
    score = float(codes.scores(model, x)[0])
    known, ring, at = flat.flat(codes.known(model).mean), ellipses(flat, mean[0], sigma[0]), flat.flat(z)
    middle = flat.flat(mean[0])
    near = known[(np.abs(known - middle) < CLOSE_LIMIT).all(1)] - middle
    for i in range(options.samples):
        yield EncodeStep(
            i,
            options.samples,
            x,
            codes.to_pictures(from_mean),
            codes.to_pictures(from_draws[: i + 1]),
            signed(x[0] / 255.0 - from_mean[0])[None],
            known if i == 0 else None,
            ring,
            at[: i + 1],
            near if i == 0 else None,
            ring - middle,
            at[: i + 1] - middle,
            kl,
            mean[0],
            sigma[0],
            float(nats[i]),
            float(kl.sum()),
            -float(nats[: i + 1].mean() + kl.sum()) if model.config.kind == "vae" else None,
            score,
            codes.percentile(model, score),
            flat.first + 1,
            flat.second + 1,
        )


def ellipses(flat: codes.Plane, mean: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Lines of one and two sigma around the mean in the plane, (2, 49, 2); a point where sigma is 0."""
    angle = np.linspace(0, 2 * np.pi, 49)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    dims = [flat.first, flat.second]
    axes = sigma[dims] / flat.scale[dims]
    return np.stack([flat.flat(mean) + width * axes * circle for width in (1, 2)])
