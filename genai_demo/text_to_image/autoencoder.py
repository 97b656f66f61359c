"""The autoencoder of latent diffusion (Rombach et al. 2022): a picture of 64 x 64 becomes 4 x 16 x 16 numbers and back.

x: pictures (b, 3, 64, 64) in [-1, 1]; z: latents (b, 4, 16, 16); `scaling_factor` of its configuration brings z to a
deviation of about 1, and is measured when the training ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

SIDE = 64
CONFIG: dict[str, Any] = {
    "sample_size": SIDE,
    "latent_channels": 4,
    "block_out_channels": (16, 32, 64),
    "down_block_types": ("DownEncoderBlock2D",) * 3,
    "up_block_types": ("UpDecoderBlock2D",) * 3,
    "layers_per_block": 1,
    "norm_num_groups": 8,
    "mid_block_add_attention": False,
}
LATENT = (4, SIDE // 4, SIDE // 4)
VISIBLE = 0.1  # difference of a channel from the background's, of 2, from which on a pixel belongs to a thing


def empty(scaling_factor: float = 1.0) -> Any:
    """The network with random weights, on the CPU, in evaluation mode, laid out for fast convolutions."""
    net = AutoencoderKL(**CONFIG, scaling_factor=scaling_factor)
    return net.eval().to(memory_format=torch.channels_last)


def as_input(pictures: Sequence[np.ndarray] | np.ndarray) -> Tensor:
    """(b, 64, 64, 3) uint8 -> (b, 3, 64, 64) float32 in [-1, 1], laid out for fast convolutions."""
    x = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2)  # a view: its memory is channels last already
    return x.float().div(127.5).sub(1)


def as_pictures(x: Tensor) -> np.ndarray:
    """(b, 3, h, w) in [-1, 1] -> (b, h, w, 3) uint8."""
    found: np.ndarray = x.float().add(1).mul(127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()
    return found


def losses(
    net: Any, x: Tensor, noise: Tensor, things: float = 0.0, chroma: float = 0.0
) -> tuple[Tensor, Tensor, Tensor]:
    """-> mean absolute and mean squared error, and the KL term in nats a latent number. noise: of z's shape.

    things: as of `weights`; chroma: how much the differences of red and green and of blue and green count beside the
    channels themselves, in the absolute error: without it small things turn grey.
    """
    posterior = net.encode(x).latent_dist
    wrong = net.decode(posterior.mean + posterior.std * noise).sample - x
    weight = weights(x, things)
    absolute = (weight * wrong.abs()).mean()
    if chroma:
        absolute = absolute + chroma * (weight * (wrong[:, ::2] - wrong[:, 1:2]).abs()).mean()
    return absolute, (weight * wrong.square()).mean(), posterior.kl().mean() / noise[0].numel()


def weights(x: Tensor, things: float) -> Tensor:
    """What each pixel counts, their mean 1: one that differs from the first one, the ground's, 1 + things times."""
    weight = 1 + things * ((x - x[:, :, :1, :1]).abs().amax(1, keepdim=True) > VISIBLE)
    return weight / weight.mean()


@torch.inference_mode()
def decibels(net: Any, x: Tensor, at_once: int = 32) -> float:
    """Peak signal-to-noise ratio of pictures that went through, their mean in dB; the posterior's mean is decoded."""
    found = []
    for part in x.split(at_once):
        there = part.to(next(net.parameters()).device)
        back = net.decode(net.encode(there).latent_dist.mode()).sample.clamp(-1, 1)
        wrong = (back - there).float().div(2).square().mean((1, 2, 3))
        found.append(-10 * wrong.clamp(min=1e-10).log10())
    return float(torch.cat(found).mean())


@torch.inference_mode()
def scaling(net: Any, x: Tensor, at_once: int = 32) -> float:
    """One over the deviation of all latent numbers of these pictures, to four digits."""
    device = next(net.parameters()).device
    z = torch.cat([net.encode(part.to(device)).latent_dist.mean for part in x.split(at_once)])
    return float(f"{1 / float(z.float().std()):.4g}")
