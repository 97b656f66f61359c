"""Latents as colours without the decoder: the linear map from a latent pixel to a colour that fits best.

Every number of the map follows from the autoencoder itself: it is fitted, by least squares, to pictures of the training
where the model has them, else to scenes of the picture world.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.data.world import draw, random_scene
from genai_demo.text_to_image.autoencoder import as_input

PICTURES = 24


@torch.inference_mode()
def scenes(vae: Any, side: int, count: int = PICTURES) -> tuple[Tensor, Tensor]:
    """Scaled latents of scenes of the picture world, and the scenes, (count, 3, side, side) in [-1, 1]."""
    rng = np.random.default_rng(0)
    x = as_input([draw(random_scene(rng), side) for _ in range(count)])
    return vae.encode(x).latent_dist.mode() * vae.config.scaling_factor, x


def fit(z: Tensor, x: Tensor) -> Tensor:
    """(channels + 1, 3): a latent pixel of z, and 1, times this is a colour of the pictures x, in [-1, 1]."""
    small = F.interpolate(x, z.shape[-2:], mode="area")
    z, small = (part.permute(0, 2, 3, 1).flatten(0, 2) for part in (z, small))
    found: Tensor = torch.linalg.lstsq(torch.cat([z, torch.ones(len(z), 1)], 1), small).solution
    return found


def colours(z: Tensor, preview: Tensor) -> Tensor:
    """Latents (b, channels, h, w) -> (b, 3, h, w), some 1 ms."""
    preview = preview.float()
    return torch.einsum("bchw,cd->bdhw", z.float(), preview[:-1]) + preview[-1].view(1, 3, 1, 1)
