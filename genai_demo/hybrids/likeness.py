"""How pictures are compared here: by pixels, as a discriminator sees them, by sharpness, and as sets."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from genai_demo.hybrids.vaegan import VaeGan
from genai_demo.vae import codes

JUDGE = "hybrids/vaegan-100"  # by whose discriminator all are compared: that of the paper's VAE-GAN


def pixel_error(a: np.ndarray, b: np.ndarray) -> float:
    """Root of the mean squared difference of pictures (n, 28, 28) uint8, in grey levels."""
    return float(np.sqrt(np.square(a.astype(np.float64) - b).mean()))


@torch.inference_mode()
def feature_error(judge: VaeGan, a: np.ndarray | Tensor, b: np.ndarray) -> float:
    """Root of the mean squared difference of what the discriminator's middle makes of them; of `a` it may be given."""
    of_a = a if isinstance(a, Tensor) else seen(judge, a)
    return float((of_a - seen(judge, b)).square().mean().sqrt())


@torch.inference_mode()
def seen(judge: VaeGan, pictures: np.ndarray) -> Tensor:
    """What the discriminator's middle makes of pictures (n, 28, 28) uint8."""
    weight = next(judge.parameters())
    return judge.seen(torch.from_numpy(pictures[:, None] / 255.0).to(weight.device, weight.dtype)).float()


def sharpness(pictures: np.ndarray) -> float:
    """Mean size of the step from a pixel to its neighbours, in grey levels: small for what is blurred."""
    x = pictures.astype(np.float64)
    return float((np.abs(np.diff(x, axis=1)).mean() + np.abs(np.diff(x, axis=2)).mean()) / 2)


def again(model: VaeGan, pictures: np.ndarray) -> np.ndarray:
    """(n, 28, 28) uint8 -> what the autoencoder makes of the means of their codes."""
    return codes.draw(model.vae, codes.encode(model.vae, pictures)[0])


def invented(model: VaeGan, count: int, seed: int) -> np.ndarray:
    """(count, 28, 28) uint8, from codes drawn from the prior."""
    return codes.draw(model.vae, codes.normal(seed, count, model.vae.config.latent))
