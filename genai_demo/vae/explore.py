"""Runs that look at one trained model: encode a picture, decode a point, the manifold, samples.

z: code (k,); u: point of the drawn plane (2,), in standard deviations; mean, logvar: the encoder's Gaussian.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.core.frames import bars as bars_of
from genai_demo.core.frames import colours, curve, number, pictures, plane, sheet
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.inputs.pictures import decode_picture
from genai_demo.vae import codes
from genai_demo.vae.model import Autoencoder
from genai_demo.vae.options import DecodeOptions, EncodeOptions, ManifoldOptions, SampleOptions

LANE = "latent plane"
CLOSE = "close up: 1 and 2 sigma around the mean"
CLOSE_LIMIT = 1.0  # standard deviations around the mean that the close-up shows
ACROSS, UPWARDS = "latent number across", "latent number upwards"


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
    draws: np.ndarray = plane(LANE, "generated", limit=codes.PLANE)
    near_known: np.ndarray | None = plane(CLOSE, "real", limit=CLOSE_LIMIT)
    near_ellipse: np.ndarray | None = plane(CLOSE, "paths", limit=CLOSE_LIMIT)
    near_draws: np.ndarray = plane(CLOSE, "generated", limit=CLOSE_LIMIT)
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


def signed(value: np.ndarray, top: float = 0.0) -> np.ndarray:
    """(h, w) -> (h, w, 3) uint8: blue above 0, red below, white at 0, also where all values have one sign.

    top: the value of the full colour; the largest there is where none is given.
    """
    top = top or max(float(np.abs(value).max()), codes.SMALLEST)
    value = np.clip(value, -top, top)
    ends = np.array([[top], [-top]]) * np.ones(value.shape[1])
    return colours(np.vstack([value, ends]))[: len(value)]


def ellipses(flat: codes.Plane, mean: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Lines of one and two sigma around the mean in the plane, (2, 49, 2); a point where sigma is 0."""
    angle = np.linspace(0, 2 * np.pi, 49)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    dims = [flat.first, flat.second]
    axes = sigma[dims] / flat.scale[dims]
    return np.stack([flat.flat(mean) + width * axes * circle for width in (1, 2)])


@dataclass(frozen=True, slots=True, eq=False)
class DecodeStep:
    """The picture at one point. decoded (1, 28, 28); at (1, 2); plain kinds have no log density."""

    index: int
    total: int
    decoded: np.ndarray = pictures("decoded")
    known: np.ndarray | None = plane(LANE, "real", limit=codes.PLANE)
    at: np.ndarray = plane(LANE, "generated", limit=codes.PLANE)
    label: str = number("class of the nearest test code")
    distance: float = number("distance to it", unit="sd", digits=2)
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


@dataclass(frozen=True, slots=True, eq=False)
class ManifoldStep:
    """One more row of the grid, from the top. grid (1, 28 * size, 28 * size), black where not yet decoded."""

    index: int
    total: int
    grid: np.ndarray = pictures("decoded plane")
    known: np.ndarray | None = plane(LANE, "real", limit=codes.PLANE)
    done: np.ndarray = plane(LANE, "generated", limit=codes.PLANE)
    height: float = number("this row lies at", unit="sd", digits=2)
    across: int = number(ACROSS, digits=0)
    upwards: int = number(UPWARDS, digits=0)


def manifold(model: Autoencoder, options: ManifoldOptions, *, seed: int) -> Iterator[ManifoldStep]:
    """Decodes an even grid of the plane row by row; y runs upwards, as in the plane. Nothing is random."""
    flat = codes.plane(model, options.first, options.second)
    at = grid_points(options.size, options.extent)  # (size * size, 2)
    grid = np.zeros((len(at), 28, 28), np.uint8)
    for row in range(options.size):
        part = slice(row * options.size, (row + 1) * options.size)
        grid[part] = codes.draw(model, flat.latent(at[part]))
        known = flat.flat(codes.known(model).mean) if row == 0 else None
        yield ManifoldStep(
            row,
            options.size,
            sheet(grid, options.size)[None],
            known,
            at[: part.stop],
            float(at[part.start, 1]),
            flat.first + 1,
            flat.second + 1,
        )


def grid_points(size: int, extent: float) -> np.ndarray:
    """(size * size, 2) float32: rows from +extent down to -extent, columns from -extent to +extent."""
    line = np.linspace(-extent, extent, size, dtype=np.float32)
    across, up = np.meshgrid(line, line[::-1])
    return np.stack([across.ravel(), up.ravel()], 1)


@dataclass(frozen=True, slots=True, eq=False)
class SampleStep:
    """The same draws at one temperature. drawn (n, 28, 28)."""

    index: int
    total: int
    drawn: np.ndarray = pictures("decoded draws")
    known: np.ndarray | None = plane(LANE, "real", limit=codes.PLANE)
    at: np.ndarray = plane(LANE, "generated", limit=codes.PLANE)
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
