"""Latents as colours without the decoder: the linear map from a latent pixel to a colour that fits best.

Every number of the map follows from the autoencoder itself: it is fitted, by least squares, to scenes of the picture
world that went through it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.data.world import draw, random_scene
from genai_demo.text_to_image.autoencoder import as_input

SCENES = 24


@torch.inference_mode()
def fit(vae: Any, side: int, scenes: int = SCENES) -> Tensor:
    """(channels + 1, 3): a scaled latent pixel, and 1, times this is a colour in [-1, 1]. side: of its pictures."""
    rng = np.random.default_rng(0)
    x = as_input([draw(random_scene(rng), side) for _ in range(scenes)])
    z = vae.encode(x).latent_dist.mode() * vae.config.scaling_factor
    small = F.interpolate(x, z.shape[-2:], mode="area")
    z, small = (part.permute(0, 2, 3, 1).flatten(0, 2) for part in (z, small))
    found: Tensor = torch.linalg.lstsq(torch.cat([z, torch.ones(len(z), 1)], 1), small).solution
    return found


def colours(z: Tensor, preview: Tensor) -> Tensor:
    """Latents (b, channels, h, w) -> (b, 3, h, w), some 1 ms."""
    preview = preview.float()
    return torch.einsum("bchw,cd->bdhw", z.float(), preview[:-1]) + preview[-1].view(1, 3, 1, 1)
