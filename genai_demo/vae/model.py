"""Autoencoders with a vector latent (Kingma & Welling 2014; Higgins et al. 2017; Vincent et al. 2008).

x: picture (b, 1, 28, 28) in [0, 1]; z: latent (b, k); mean, logvar: the encoder's Gaussian over z, (b, k) each.
beta: weight of the KL term. Reconstruction is the cross-entropy of grey values read as probabilities, in nats.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

Kind = Literal["ae", "dae", "vae"]


@dataclass(frozen=True, slots=True)
class VaeConfig:
    """kind: plain, denoising or variational; latent: size of z; beta: weight of the KL term (vae only)."""

    kind: Kind = "vae"
    latent: int = 2
    beta: float = 1.0
    noise: float = 0.4  # standard deviation of the corruption (dae only)
    width: int = 32


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """What the trained encoder makes of n test pictures.

    mean, logvar: (n, k) float32; label: (n,) int; score: (n,) nats, see codes.scores.
    """

    mean: np.ndarray
    logvar: np.ndarray
    label: np.ndarray
    score: np.ndarray


class Autoencoder(nn.Module):
    """Encoder and decoder; for the plain kinds logvar is there but unused, and z is the mean."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.config = config
        self.path: Path | None = None  # the weights file it was read from
        self.test: Codes | None = None  # what it makes of the test pictures
        k, w = config.latent, config.width
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(2),  # (b, 1, 28, 28) -> (b, 4, 14, 14)
            nn.Conv2d(4, w, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(w, 2 * w, 3, stride=2, padding=1),
            nn.SiLU(),  # -> (b, 2w, 7, 7)
            nn.Conv2d(2 * w, 16, 1),
            nn.SiLU(),
            nn.Flatten(),  # -> (b, 784)
            nn.Linear(784, 64),
            nn.SiLU(),
            nn.Linear(64, 2 * k),  # -> mean and logvar
        )
        self.decoder = nn.Sequential(
            nn.Linear(k, 128),
            nn.SiLU(),
            nn.Linear(128, 64),
            nn.SiLU(),
            nn.Linear(64, 784),
            nn.SiLU(),
            nn.Unflatten(1, (16, 7, 7)),
            nn.Conv2d(16, 2 * w, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(2 * w, 4 * w, 3, padding=1),
            nn.PixelShuffle(2),
            nn.SiLU(),  # -> (b, w, 14, 14)
            nn.Conv2d(w, 4, 3, padding=1),
            nn.PixelShuffle(2),  # -> logits (b, 1, 28, 28)
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(b, 1, 28, 28) -> mean (b, k), logvar (b, k)."""
        mean, logvar = self.encoder(x * 2 - 1).chunk(2, dim=1)
        return mean, logvar.clamp(-12, 8)

    def decode(self, z: Tensor) -> Tensor:
        """(b, k) -> picture (b, 1, 28, 28) in [0, 1]."""
        return torch.sigmoid(self.decoder(z))


@dataclass(frozen=True, slots=True)
class Losses:
    """reconstruction: (b,) nats; kl: (b, k) nats per latent dimension (zeros for the plain kinds)."""

    reconstruction: Tensor
    kl: Tensor


def losses(model: Autoencoder, x: Tensor, *, random: torch.Generator) -> Losses:
    """Both terms of the loss for each picture (Kingma & Welling 2014, eq. 10, one sample of z)."""
    cfg = model.config
    noisy = x + cfg.noise * torch.randn(x.shape, generator=random) if cfg.kind == "dae" else x
    mean, logvar = model.encode(noisy.clamp(0, 1))
    z, kl = mean, torch.zeros_like(mean)
    if cfg.kind == "vae":
        z = mean + (logvar / 2).exp() * torch.randn(mean.shape, generator=random)
        kl = (mean**2 + logvar.exp() - 1 - logvar) / 2
    nats = F.binary_cross_entropy_with_logits(model.decoder(z), x, reduction="none")
    return Losses(nats.flatten(1).sum(1), kl)


def fresh(config: VaeConfig, random: torch.Generator) -> Autoencoder:
    """The network with random weights drawn from `random` alone, so that two visitors never share a stream."""
    model = empty(config)
    for layer in model.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            bound = float(layer.weight[0].numel()) ** -0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=random)
            if layer.bias is not None:
                nn.init.uniform_(layer.bias, -bound, bound, generator=random)
    return model


def empty(config: VaeConfig) -> Autoencoder:
    """The network with random weights, in evaluation mode, laid out for fast convolutions."""
    return Autoencoder(config).eval().to(memory_format=torch.channels_last)
