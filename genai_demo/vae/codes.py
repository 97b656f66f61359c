"""Pictures to codes and back on any device; what a picture costs in nats; the plane in which codes are drawn.

Pictures are (n, 28, 28) uint8; codes z are (n, k) float32; all costs are nats per picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.vae.model import Autoencoder, Codes

PLANE = 4.0  # planes of codes reach from -4 to 4 standard deviations
SMALLEST = 1e-6  # probabilities are kept this far from 0 and 1
ACTIVE = 0.01  # a dimension whose mean varies more than this over the data is in use (Burda et al. 2016)


def _like(model: Autoencoder, value: np.ndarray) -> Tensor:
    weight = next(model.parameters())
    return torch.from_numpy(np.ascontiguousarray(value, np.float32)).to(weight.device, weight.dtype)


@torch.inference_mode()
def encode(model: Autoencoder, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, 28, 28) uint8 -> mean (n, k), logvar (n, k), float32. Plain kinds have no variance: logvar is -inf."""
    mean, logvar = model.encode(_like(model, pictures[:, None] / 255.0))
    if model.config.kind != "vae":
        logvar = torch.full_like(logvar, -torch.inf)
    return mean.float().cpu().numpy(), logvar.float().cpu().numpy()


@torch.inference_mode()
def decode(model: Autoencoder, z: np.ndarray) -> np.ndarray:
    """(n, k) -> brightness (n, 28, 28) float32 in [0, 1]."""
    decoded: np.ndarray = model.decode(_like(model, z)).float().cpu().numpy()[:, 0]
    return decoded


def to_pictures(brightness: np.ndarray) -> np.ndarray:
    """[0, 1] -> uint8."""
    return np.asarray((np.clip(brightness, 0, 1) * 255).round(), np.uint8)


def draw(model: Autoencoder, z: np.ndarray) -> np.ndarray:
    """(n, k) -> pictures (n, 28, 28) uint8."""
    return to_pictures(decode(model, z))


def normal(seed: int, *shape: int) -> np.ndarray:
    """Standard normal numbers from the one source of randomness, float32."""
    drawn: np.ndarray = torch.randn(shape, generator=generator(seed)).numpy()
    return drawn


def kl(mean: np.ndarray, logvar: np.ndarray) -> np.ndarray:
    """KL(N(mean, exp logvar) || N(0, 1)) of each dimension (Kingma & Welling 2014, appendix B); 0 for plain kinds."""
    if np.isneginf(logvar).all():
        return np.zeros_like(mean)
    cost: np.ndarray = (mean**2 + np.exp(logvar) - 1 - logvar) / 2
    return cost


def cross_entropy(pictures: np.ndarray, brightness: np.ndarray) -> np.ndarray:
    """-log p(x | z), grey values read as probabilities: (n, 28, 28) twice -> (n, 28, 28) nats a pixel."""
    x, p = pictures / 255.0, np.clip(brightness.astype(np.float64), SMALLEST, 1 - SMALLEST)
    return np.asarray(-(x * np.log(p) + (1 - x) * np.log1p(-p)))


def floor(pictures: np.ndarray) -> np.ndarray:
    """(n,) nats that even a perfect reconstruction costs: the entropy of the grey values themselves."""
    return np.asarray(cross_entropy(pictures, pictures / 255.0).sum((1, 2)))


def scores(model: Autoencoder, pictures: np.ndarray) -> np.ndarray:
    """How strange each picture is to the model, (n,) nats: the negative ELBO at z = mean, above the picture's floor.

    Taking the floor off keeps grey pictures from looking strange only because grey costs nats.
    """
    mean, logvar = encode(model, pictures)
    nats = cross_entropy(pictures, decode(model, mean)).sum((1, 2)) - floor(pictures)
    return np.asarray(nats + kl(mean, logvar).sum(1))


def percentile(model: Autoencoder, score: float) -> float:
    """Per cent of the test pictures that are less strange than this score."""
    return float((known(model).score < score).mean() * 100)


def known(model: Autoencoder) -> Codes:
    """The codes of the test pictures that came with the weights."""
    if model.test is None:
        raise DemoError("these weights carry no test codes; export them again with `python -m genai_demo train vae`")
    return model.test


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Two dimensions of the latent space, in standard deviations of what the codes follow.

    A VAE's codes follow N(0, 1), so centre is 0 and scale 1. A plain autoencoder promises nothing: its centre and
    scale are those of its test codes.
    """

    first: int  # counted from 0
    second: int
    centre: np.ndarray  # (k,)
    scale: np.ndarray  # (k,)

    def flat(self, z: np.ndarray) -> np.ndarray:
        """(..., k) -> (..., 2)."""
        unit: np.ndarray = (z - self.centre) / self.scale
        return unit[..., [self.first, self.second]]

    def latent(self, points: np.ndarray, base: np.ndarray | None = None) -> np.ndarray:
        """(n, 2) -> (n, k); the other dimensions stay at `base` (k,), which is the centre where none is given."""
        z = np.tile(self.centre if base is None else base, (len(points), 1)).astype(np.float32)
        dims = [self.first, self.second]
        z[:, dims] = self.centre[dims] + self.scale[dims] * points
        return z


def prior(model: Autoencoder) -> tuple[np.ndarray, np.ndarray]:
    """Centre and scale (k,) of the codes: 0 and 1 for a VAE, measured on the test codes for the plain kinds."""
    k = model.config.latent
    if model.config.kind == "vae":
        return np.zeros(k, np.float32), np.ones(k, np.float32)
    mean = known(model).mean
    return mean.mean(0), np.maximum(mean.std(0), SMALLEST)


def plane(model: Autoencoder, first: int = 0, second: int = 0) -> Plane:
    """The plane of two dimensions counted from 1; 0 picks by how much each is used.

    Raises DemoError where a dimension is not there, or both are the same.
    """
    k = model.config.latent
    for name, wanted in (("first", first), ("second", second)):
        if wanted > k:
            raise DemoError(f"{name} is {wanted}; this model has {k} latent dimensions, choose 0 to {k}")
    if first and first == second:
        raise DemoError(f"first and second are both {first}; choose two different dimensions")
    by_use = [int(i) for i in np.argsort(-used(model), kind="stable")]
    a = first - 1 if first else next(i for i in by_use if i != second - 1)
    b = second - 1 if second else next(i for i in by_use if i != a)
    if not first and not second:
        a, b = sorted((a, b))
    centre, scale = prior(model)
    return Plane(a, b, centre, scale)


def used(model: Autoencoder) -> np.ndarray:
    """Variance of the code's mean over the test pictures, (k,), in units of what the codes follow (1 for a VAE)."""
    variance: np.ndarray = known(model).mean.var(0)
    return variance
