"""A VAE on 2-D points, trained in front of the visitor (Kingma & Welling 2014).

x: points (n, 2) float32; z: codes (n, k), prior N(0, I); mean, logvar: the encoder's Gaussian over z, (n, k) each.
The decoder is a Gaussian N(decoded, noise ** 2 I), with one fixed standard deviation, or one learnt along with the rest
(Rybkin, Daniilidis & Levine 2021). Reconstruction is its negative log density, which may fall below 0 nats.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import bars, curve, number, plane
from genai_demo.core.networks import mlp
from genai_demo.quality.laboratory import AXES, DISTANCE, LIMIT, SHARES, SHOWN, Meter, task
from genai_demo.vae.drawing import CODE_AXES
from genai_demo.vae.options import PointsOptions

BATCH = 256
FRAMES = 60  # at most
WARMUP = 50  # training steps in which the learning rate rises
ANNEAL = 0.1  # share of the steps in which beta rises (Bowman et al. 2016)
LINES, ALONG = 15, 41  # lines of the lattice in each direction, points along a line
REACH = 2.5  # how far along a line goes, in standard deviations of the prior
CODES = 4.0  # limit of the lane of codes
USED = 0.01  # a number counts as in use where the variance of its mean is above this (Burda et al. 2016)

SAMPLES, MANIFOLD, TERMS = "samples", "decoder's manifold", "reconstruction + beta * KL"


@dataclass(frozen=True, slots=True, eq=False)
class PointsFrame:
    """Some steps later. Points in units of the data, codes in standard deviations of the prior.

    Each `made` point is one code of the prior, the same in every frame. `lattice`: lines across the plane of the two
    most used numbers, decoded, the other numbers 0; between neighbouring lines lies the same mass of the prior. With
    one number, one line. `codes`: means of the encoder's Gaussians for the points of `real`; `drawn`: the codes of
    `made`; both in that plane. Terms are means over the training points since the last frame, nats a point; the loss is
    that of the full beta.
    """

    index: int
    total: int
    real: np.ndarray | None = plane(SAMPLES, "real", limit=LIMIT)
    made: np.ndarray = plane(SAMPLES, "generated", limit=LIMIT, axes=AXES)
    given: np.ndarray | None = plane(MANIFOLD, "real", limit=LIMIT)
    lattice: np.ndarray = plane(MANIFOLD, "paths", limit=LIMIT, axes=AXES)
    codes: np.ndarray = plane("codes", "real", limit=CODES)
    drawn: np.ndarray = plane("codes", "generated", limit=CODES, axes=CODE_AXES)
    prior: np.ndarray = plane("codes", "paths", limit=CODES)
    step: int = number("step", digits=0)
    reconstruction: float = curve("reconstruction", unit="nats", chart=TERMS)
    loss: float = curve("loss", unit="nats", chart=TERMS)
    kl: float = curve("KL", unit="nats")
    distance: float = curve("distance", unit="MMD", chart=DISTANCE)
    floor: float = curve("floor", unit="MMD", chart=DISTANCE)
    precision: float = curve("precision", unit="%", digits=1, chart=SHARES)
    coverage: float = curve("coverage", unit="%", digits=1, chart=SHARES)
    modes: str | None = number("Gaussians reached")
    noise: float = number("decoder's standard deviation")
    used: str = number("latent numbers in use")
    kl_each: np.ndarray = bars("KL of each number", unit="nats")


class PointVae(nn.Module):
    """Two MLPs and the decoder's log standard deviation; weights drawn from `random` alone, PyTorch's own bounds."""

    def __init__(self, latent: int, width: int, noise: float, random: torch.Generator, *, learn: bool = False) -> None:
        super().__init__()
        self.encoder = mlp([2, width, width, 2 * latent], nn.SiLU, random)
        self.decoder = mlp([latent, width, width, width, 2], nn.SiLU, random)
        self.log_noise = nn.Parameter(torch.tensor(math.log(noise)), requires_grad=learn)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 2) -> mean, logvar (n, k) each."""
        mean, logvar = self.encoder(x).chunk(2, dim=1)
        return mean, logvar.clamp(-12, 8)

    def terms(self, x: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Reconstruction (n,) and KL (n, k) in nats, with one draw of z (Kingma & Welling 2014, eq. 10)."""
        mean, logvar = self.encode(x)
        z = mean + (logvar / 2).exp() * torch.randn(mean.shape, generator=random)
        squared = (self.decoder(z) - x).square().sum(1)
        nats = squared / (2 * (2 * self.log_noise).exp()) + 2 * self.log_noise + math.log(2 * math.pi)
        return nats, (mean**2 + logvar.exp() - 1 - logvar) / 2


def size(options: PointsOptions) -> int:
    """How many numbers it learns."""
    model = PointVae(options.latent, options.width, options.noise, generator(0), learn=options.learn_noise)
    return sum(part.numel() for part in model.parameters() if part.requires_grad)


def train(
    model: PointVae, data: Tensor, options: PointsOptions, every: int, random: torch.Generator
) -> Iterator[tuple[int, float, np.ndarray]]:
    """Adam on reconstruction + beta * KL; each `every` steps yields (steps done, mean reconstruction, mean KL (k,)).

    data (n, 2). The learning rate rises over WARMUP steps and falls to a twentieth along a half cosine; beta rises over
    the first tenth, so that the codes are put to use before they have to pay.
    """
    optimiser = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], fused=True)
    nats, kl = torch.zeros(()), torch.zeros(options.latent)
    for i in range(options.train_steps):
        rise, fall = min(1.0, (i + 1) / WARMUP), 0.5 * (1 + math.cos(math.pi * i / options.train_steps))
        optimiser.param_groups[0]["lr"] = options.learning_rate * rise * (0.05 + 0.95 * fall)
        x = data[torch.randint(len(data), (BATCH,), generator=random)]
        each_nats, each_kl = (term.mean(0) for term in model.terms(x, random))
        beta = options.beta * min(1.0, (i + 1) / (ANNEAL * options.train_steps))
        optimiser.zero_grad(set_to_none=True)
        (each_nats + beta * each_kl.sum()).backward()
        optimiser.step()
        nats, kl = nats + each_nats.detach(), kl + each_kl.detach()
        if (i + 1) % every == 0:
            yield i + 1, float(nats) / every, (kl / every).numpy()
            nats, kl = torch.zeros(()), torch.zeros(options.latent)


def points(options: PointsOptions, *, seed: int) -> Iterator[PointsFrame]:
    """Train on the chosen points, a frame every few steps, FRAMES at most.

    Raises DemoError where the drawn points are none, or where the training runs away.
    """
    learnt, held, meter = task(options.data, options.points, options.samples, seed)
    every = math.ceil(options.train_steps / FRAMES)
    options = options.model_copy(update={"train_steps": options.train_steps // every * every})
    random = generator(seed)
    model = PointVae(options.latent, options.width, options.noise, random, learn=options.learn_noise)
    z = torch.randn(options.samples, options.latent, generator=random)
    jitter = torch.randn(options.samples, 2, generator=random) * (options.draw == "with noise")
    for step, nats, kl in train(model, learnt, options, every, random):
        if not math.isfinite(nats + float(kl.sum())):
            raise DemoError(
                f"training lost its footing at step {step}; lower learning_rate from {options.learning_rate:g}"
            )
        index, total = step // every - 1, options.train_steps // every
        yield _look(model, z, jitter, held, meter, index, total, step, nats, kl, options.beta)


@torch.no_grad()
def _look(
    model: PointVae,
    z: Tensor,
    jitter: Tensor,
    held: Tensor,
    meter: Meter,
    index: int,
    total: int,
    step: int,
    nats: float,
    kl: np.ndarray,
    beta: float,
) -> PointsFrame:
    noise = float(model.log_noise.exp())
    made = model.decoder(z) + noise * jitter
    mean, _ = model.encode(held)
    used = int((mean.var(0) > USED).sum())
    pair = axes(kl)
    at, drawn = (_flat(codes, pair) for codes in (mean[:SHOWN], z))
    real = held[:SHOWN].numpy() if index == 0 else None
    return PointsFrame(
        index,
        total,
        real,
        made.numpy(),
        real,
        lattice(model, *pair, len(kl)),
        at,
        drawn,
        circles(),
        step,
        nats,
        nats + beta * float(kl.sum()),
        float(kl.sum()),
        *meter(made).shown,
        noise,
        f"{used} of {len(kl)}",
        kl,
    )


def _flat(codes: Tensor, pair: tuple[int, int]) -> np.ndarray:
    """(n, k) -> (n, 2): two of the numbers, or the only one and 0."""
    flat: np.ndarray = codes[:, list(pair)].numpy()  # a copy
    if codes.shape[1] == 1:
        flat[:, 1] = 0
    return flat


def axes(kl: np.ndarray) -> tuple[int, int]:
    """The two numbers with the largest KL, in their own order; 0 twice where there is one number only."""
    if len(kl) == 1:
        return 0, 0
    first, second = sorted(np.argsort(-kl, kind="stable")[:2].tolist())
    return first, second


@torch.no_grad()
def lattice(model: PointVae, first: int, second: int, latent: int) -> np.ndarray:
    """Lines of the plane of two numbers as decoded points, (lines, ALONG, 2); the other numbers are 0.

    They lie at the middles of LINES equal shares of the prior, in both directions.
    """
    along = torch.linspace(-REACH, REACH, ALONG)
    if latent == 1:
        line: np.ndarray = model.decoder(torch.linspace(-REACH, REACH, 10 * ALONG)[:, None])[None].numpy()
        return line
    at = torch.special.ndtri((torch.arange(LINES) + 0.5) / LINES)
    z = torch.zeros(2, LINES, ALONG, latent)
    for k, (fixed, free) in enumerate(((first, second), (second, first))):
        z[k, :, :, fixed], z[k, :, :, free] = at[:, None], along
    decoded: Tensor = model.decoder(z.flatten(0, 1))  # (2 * LINES, ALONG, k) -> (2 * LINES, ALONG, 2)
    return decoded.numpy()


def circles() -> np.ndarray:
    """One and two standard deviations of the prior, (2, 49, 2)."""
    angle = np.linspace(0, 2 * np.pi, 49)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    return np.stack([circle, 2 * circle]).astype(np.float32)
