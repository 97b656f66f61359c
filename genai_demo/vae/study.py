"""Runs that study the shipped models: five variants side by side, each latent number, moments of training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from genai_demo.core.frames import bars, curve, number, pictures, plane, sheet
from genai_demo.core.load import load
from genai_demo.core.spec import find_spec
from genai_demo.inputs.pictures import SAMPLES, decode_picture, sample_picture
from genai_demo.vae import VARIANTS, bundle, codes
from genai_demo.vae.drawing import CODE_AXES, grid_points, signed
from genai_demo.vae.model import Autoencoder
from genai_demo.vae.options import CheckpointOptions, CompareOptions, DimensionsOptions

ERROR, STRANGE = "error against the clean picture", "anomaly: test pictures that score lower"
SHOWN = tuple(range(5, 100, 10))  # sample pictures shown at each checkpoint, one a class


def corrupt(picture: np.ndarray, how: str, strength: float, noise: np.ndarray) -> np.ndarray:
    """(28, 28) uint8 made worse: strength 0 leaves it, 1 is as bad as it gets; noise (28, 28) standard normal."""
    x = picture / 255.0
    if how == "noise":
        x = x + strength * noise
    elif how == "covered":
        x = np.where(np.arange(28)[:, None] >= 28 - round(28 * strength), 0, x)
    elif how == "turned":
        turned = Image.fromarray(picture).rotate(180 * strength, Image.Resampling.BILINEAR)
        x = np.asarray(turned) / 255.0
    elif how == "negative":
        x = (1 - strength) * x + strength * (1 - x)
    else:
        x = np.where(np.arange(28)[:, None] % 4 < 2, np.maximum(x, strength), x)
    return codes.to_pictures(x)


@dataclass(frozen=True, slots=True, eq=False)
class CompareStep:
    """One strength of corruption. Pictures (1, 28, 28); errors are root mean squares over pixels."""

    index: int
    total: int
    given: np.ndarray = pictures("input")
    ae: np.ndarray = pictures("autoencoder")
    dae: np.ndarray = pictures("denoising")
    vae: np.ndarray = pictures("VAE")
    beta4: np.ndarray = pictures("beta 4")
    beta12: np.ndarray = pictures("beta 12")
    strength: float = number("strength", digits=2)
    ae_error: float = curve("autoencoder, error", unit="grey levels", digits=1, chart=ERROR)
    dae_error: float = curve("denoising, error", unit="grey levels", digits=1, chart=ERROR)
    vae_error: float = curve("VAE, error", unit="grey levels", digits=1, chart=ERROR)
    beta4_error: float = curve("beta 4, error", unit="grey levels", digits=1, chart=ERROR)
    beta12_error: float = curve("beta 12, error", unit="grey levels", digits=1, chart=ERROR)
    ae_strange: float = curve("autoencoder, strangeness", unit="%", digits=0, chart=STRANGE)
    dae_strange: float = curve("denoising, strangeness", unit="%", digits=0, chart=STRANGE)
    vae_strange: float = curve("VAE, strangeness", unit="%", digits=0, chart=STRANGE)
    beta4_strange: float = curve("beta 4, strangeness", unit="%", digits=0, chart=STRANGE)
    beta12_strange: float = curve("beta 12, strangeness", unit="%", digits=0, chart=STRANGE)


def compare(options: CompareOptions, *, seed: int) -> Iterator[CompareStep]:
    """The same picture, more and more corrupted, through all five variants; the mean code is decoded.

    Strangeness is where the picture's score falls among those of the test pictures (codes.scores).
    """
    clean = decode_picture(options.picture)
    noise = codes.normal(seed, 28, 28)
    models = [load(find_spec(f"vae/{variant}-{options.latent}")) for variant in VARIANTS]
    for i in range(options.steps):
        strength = options.strength * i / (options.steps - 1)
        given = corrupt(clean, options.corruption, strength, noise)[None]
        back = [codes.decode(model, codes.encode(model, given)[0]) for model in models]
        errors = [float(np.sqrt(np.square(p * 255 - clean).mean())) for p in back]
        strange = [codes.percentile(model, float(codes.scores(model, given)[0])) for model in models]
        fields: dict[str, Any] = {name: codes.to_pictures(p) for name, p in zip(VARIANTS, back)}
        fields |= {f"{name}_error": e for name, e in zip(VARIANTS, errors)}
        fields |= {f"{name}_strange": s for name, s in zip(VARIANTS, strange)}
        yield CompareStep(i, options.steps, given, strength=strength, **fields)


@dataclass(frozen=True, slots=True, eq=False)
class DimensionStep:
    """One latent number, moved across its range. moved (1, 28, 28 * across); the bars have one entry a number."""

    index: int
    total: int
    given: np.ndarray = pictures("your picture, and its reconstruction")
    moved: np.ndarray = pictures("this number moved from low to high")
    changed: np.ndarray = pictures("low to high: brighter blue, darker red")
    kl: np.ndarray = bars("KL of each number", unit="nats", note="0: collapsed onto the prior")
    variance: np.ndarray = bars("variance of the mean over test pictures", note="in use above 0.01")
    lost: np.ndarray = bars("reconstruction lost without each number", unit="nats")
    dimension: int = number("latent number", digits=0)
    kl_here: float = curve("KL of this number", unit="nats", digits=2)
    variance_here: float = number("variance of its mean", digits=3)
    active: int = number("numbers in use", digits=0)
    collapsed: int = number("numbers collapsed", digits=0)


def dimensions(model: Autoencoder, options: DimensionsOptions, *, seed: int) -> Iterator[DimensionStep]:
    """Each latent number in turn: what it changes, what it costs (KL), whether it is used at all.

    A number whose mean hardly varies over the data has collapsed onto the prior (variance below 0.01, Burda et
    al. 2016). Lost: how much worse 100 test pictures are reconstructed with this number held at the centre.
    """
    x = decode_picture(options.picture)[None]
    base = codes.encode(model, x)[0]
    given = np.concatenate([x, codes.draw(model, base)])
    known = codes.known(model)
    cost = codes.kl(known.mean, known.logvar).mean(0) if model.config.kind == "vae" else np.zeros(base.shape[1])
    variance = codes.used(model)
    centre, scale = codes.prior(model)
    lost = _ablation(model, centre)
    line = np.linspace(-options.extent, options.extent, options.across)
    active = int((variance > codes.ACTIVE).sum())
    for i in range(model.config.latent):
        z = np.repeat(base, options.across, 0)
        z[:, i] = centre[i] + scale[i] * line
        moved = codes.decode(model, z)
        yield DimensionStep(
            i,
            model.config.latent,
            given,
            sheet(codes.to_pictures(moved), options.across)[None],
            signed(moved[-1] - moved[0], 1.0)[None],
            cost,
            variance,
            lost,
            i + 1,
            float(cost[i]),
            float(variance[i]),
            active,
            model.config.latent - active,
        )


def _ablation(model: Autoencoder, centre: np.ndarray) -> np.ndarray:
    """(k,) mean nats that the test pictures lose when one number of their code is put at the centre."""
    x = np.stack([sample_picture(i) for i in range(SAMPLES)])
    mean, _ = codes.encode(model, x)

    def nats(z: np.ndarray) -> float:
        return float(codes.cross_entropy(x, codes.decode(model, z)).sum((1, 2)).mean())

    whole = nats(mean)
    return np.array([nats(np.where(np.arange(len(centre)) == i, centre, mean)) - whole for i in range(len(centre))])


@dataclass(frozen=True, slots=True, eq=False)
class CheckpointStep:
    """The model as it was after `step` training steps. grid (1, 28 * size, 28 * size); at (100, 2)."""

    index: int
    total: int
    shown: np.ndarray = pictures("test pictures", columns=5)
    back: np.ndarray = pictures("reconstructed", columns=5)
    grid: np.ndarray = pictures("decoded plane")
    at: np.ndarray = plane("codes of 100 test pictures", "generated", limit=codes.PLANE, axes=CODE_AXES)
    step: int = number("training step", digits=0)
    reconstruction: float = curve("reconstruction", unit="nats", digits=1)
    kl: float = curve("KL", unit="nats", digits=2)
    kl_each: np.ndarray = bars("KL of each number", unit="nats")


def checkpoints(model: Autoencoder, options: CheckpointOptions, *, seed: int) -> Iterator[CheckpointStep]:
    """The same pictures and the same grid through every network kept during training; the last is the shipped one.

    Both terms are means over the 100 sample pictures, decoded from the mean. The plane is that of the last one.
    """
    assert model.path is not None, "a model from its weights file knows the file"
    kept = bundle.steps(model.path)
    x = np.stack([sample_picture(i) for i in range(SAMPLES)])
    flat = codes.plane(model)
    z = flat.latent(grid_points(options.size, options.extent))
    for index, step in enumerate(kept):
        then = bundle.checkpoint(model.path, step)
        mean, logvar = codes.encode(then, x)
        back = codes.decode(then, mean)
        cost = codes.kl(mean, logvar).mean(0)
        yield CheckpointStep(
            index,
            len(kept),
            x[list(SHOWN)],
            codes.to_pictures(back[list(SHOWN)]),
            sheet(codes.draw(then, z), options.size)[None],
            flat.flat(mean),
            step,
            float(codes.cross_entropy(x, back).sum((1, 2)).mean()),
            float(cost.sum()),
            cost,
        )
