"""What the runs of the class-conditional GAN share: latents and classes to pictures, and what D thinks of them.

z: latent (n, k), N(0, 1); y: class, or weights over classes. Pictures are (n, 28, 28) uint8.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.gan.model import Gan, Generator

COLUMNS = 10


def to_pictures(x: Tensor) -> np.ndarray:
    """(n, 1, 28, 28) in [-1, 1] -> (n, 28, 28) uint8."""
    grey: np.ndarray = ((x.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
    return grey[:, 0]


@torch.inference_mode()
def draw(model: Generator, z: Tensor, y: Tensor) -> np.ndarray:
    """z (n, k), y (n,) int64 or (n, classes) float -> pictures."""
    weight = next(model.parameters())
    y = y.to(weight.device) if y.dim() == 1 else y.to(weight.device, weight.dtype)
    return to_pictures(model(z.to(weight.device, weight.dtype), y))


def labels_of(name: str, n: int) -> Tensor:
    """(n,) int64: one class, or each in turn."""
    return torch.arange(n) % len(CLASSES) if name == "each class" else torch.full((n,), CLASSES.index(name))


def one_hot(name: str) -> Tensor:
    """(1, classes) float."""
    return torch.eye(len(CLASSES))[CLASSES.index(name)][None]


def truncated(uniform: Tensor, limit: float) -> Tensor:
    """N(0, 1) kept within -limit..limit by its inverse distribution function: the same uniform numbers, any limit.

    The same distribution as drawing anew what falls outside (Brock et al. 2019, section 3.1), but a film of rising
    limits changes smoothly. uniform in (0, 1).
    """
    normal = torch.distributions.Normal(0.0, 1.0)
    low, high = normal.cdf(torch.tensor(-limit)), normal.cdf(torch.tensor(limit))
    found: Tensor = normal.icdf((low + uniform.double() * (high - low)).clamp(1e-7, 1 - 1e-7)).float()
    return found


@torch.inference_mode()
def logits_of(model: Gan, drawn: np.ndarray, y: Tensor) -> Tensor:
    """D's logits (n,) of pictures (n, 28, 28) uint8 as classes y (n,)."""
    weight = next(model.parameters())
    x = torch.from_numpy(np.array(drawn)).to(weight.device, weight.dtype).div(127.5).sub(1).unsqueeze(1)
    logits: Tensor = model.discriminator(x, y.to(weight.device))
    return logits.float().cpu()
