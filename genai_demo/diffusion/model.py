"""Denoiser on 28x28 pictures (Ho et al. 2020; Salimans & Ho 2022).

x: noisy picture (b, 1, 28, 28), x = alpha * x0 + sigma * eps, data in [-1, 1], alpha^2 + sigma^2 = 1.
angle: atan2(sigma, alpha) in [0, pi/2], how far from data (0) to noise (pi/2); what the network is told.
v: velocity alpha * eps - sigma * x0, what the network predicts;
   so x0 = alpha * x - sigma * v and eps = sigma * x + alpha * v.
label: class 0..9, or NULL for none (classifier-free guidance, Ho & Salimans 2022).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import UNet2DModel
from safetensors.torch import load_file
from torch import Tensor, nn

NULL = 10  # the eleventh embedding: no class
PATCH = 2  # space-to-depth factor: the U-Net works on 14x14x4

UNET: dict[str, Any] = {
    "sample_size": 14,
    "in_channels": PATCH**2,
    "out_channels": PATCH**2,
    "block_out_channels": (48, 96),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "UpBlock2D"),
    "attention_head_dim": 32,
    "norm_num_groups": 8,
    "num_class_embeds": NULL + 1,
}


class Denoiser(nn.Module):
    """A diffusers U-Net behind space-to-depth: (b, 1, 28, 28), angle (b,), label (b,) -> v of x's shape."""

    shape = (1, 28, 28)
    classes = NULL

    def __init__(self, config: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.unet = UNet2DModel(**(UNET if config is None else config))

    def forward(self, x: Tensor, angle: Tensor, label: Tensor) -> Tensor:
        h = F.pixel_unshuffle(x, PATCH)  # (b, 1, 28, 28) -> (b, 4, 14, 14)
        time = angle * (1000 / (math.pi / 2))  # the U-Net's sinusoidal embedding expects 0..1000
        v: Tensor = self.unet(h, time, label).sample
        return F.pixel_shuffle(v, PATCH)


def loss(model: nn.Module, x0: Tensor, label: Tensor, *, angle: Tensor, noise: Tensor) -> Tensor:
    """Mean squared error of the velocity; angle (b,) in [0, pi/2], noise of x0's shape."""
    alpha, sigma = angle.cos().view(-1, 1, 1, 1), angle.sin().view(-1, 1, 1, 1)
    v = model(alpha * x0 + sigma * noise, angle, label)
    return F.mse_loss(v, alpha * noise - sigma * x0)


def empty(config: dict[str, Any] | None = None) -> Denoiser:
    """The network with random weights, on the CPU, in evaluation mode, laid out for fast convolutions."""
    return Denoiser(config).eval().to(memory_format=torch.channels_last)


def build(path: Path) -> Denoiser:
    """The trained network from its weights file."""
    model = empty()
    model.load_state_dict(load_file(path))
    return model


@torch.inference_mode()
def example(model: nn.Module, batch: int = 1) -> Tensor:
    """Asks a denoiser of these pages once, at half noise, so that its blocks can be traced: -> v."""
    weight = next(model.parameters())
    x = torch.zeros(batch, *model.shape, device=weight.device, dtype=weight.dtype)  # type: ignore[misc]
    angle = torch.full((batch,), math.pi / 4, device=weight.device)
    v: Tensor = model(x, angle, torch.full((batch,), NULL, device=weight.device))
    return v
