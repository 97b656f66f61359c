"""A cascade (Ho et al. 2022, and Imagen, Saharia et al. 2022): a small picture from words, then a network enlarges it.

Both networks work on pixels; no autoencoder is needed. x: small pictures (b, 3, 16, 16); y: large ones (b, 3, 64, 64)
in [-1, 1], of which the enlarging network sees blocks of 2 x 2 as one pixel of twelve channels (b, 12, 32, 32). Both
are told velocities on the schedule of `denoiser`, and read the prompt with its text encoder.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

from genai_demo.text_to_image import denoiser
from genai_demo.text_to_image.autoencoder import SIDE

SMALL, BLOCK = 16, 2  # pixels of a side of the small picture; of a side of a block
LARGE = (3 * BLOCK**2, SIDE // BLOCK, SIDE // BLOCK)  # of a large picture as the enlarging network sees it
ROUGHEST = 0.3  # deviation of the noise on small pictures in training, at most
ROUGH = 0.1  # and when it enlarges what the first network has made, which is not quite a picture of the world

BASE: dict[str, Any] = {**denoiser.UNET, "in_channels": 3, "out_channels": 3}
ENLARGER: dict[str, Any] = {
    **denoiser.UNET,
    "sample_size": LARGE[1],
    "in_channels": 2 * LARGE[0] + 1,  # noisy large picture, the small one, and how rough that is
    "out_channels": LARGE[0],
    "block_out_channels": (48, 80, 112),
}


def base() -> Any:
    """The first network with random weights, laid out for fast convolutions."""
    return UNet2DConditionModel(**BASE).eval().to(memory_format=torch.channels_last)


class Enlarger(nn.Module):
    """noisy (b, 12, 32, 32), t (b,), features of words, small (b, 3, 16, 16), rough (b,) -> velocity like noisy.

    rough: deviation of the noise that is on `small` already (noise conditioning augmentation, Ho et al. 2022).
    """

    def __init__(self) -> None:
        super().__init__()
        self.unet: Any = UNet2DConditionModel(**ENLARGER)

    def forward(self, noisy: Tensor, t: Tensor, features: Tensor, small: Tensor, rough: Tensor) -> Tensor:
        told = rough.view(-1, 1, 1, 1).expand(len(noisy), 1, *LARGE[1:]).to(noisy)
        x = torch.cat([noisy, blocks(enlarged(small)).to(noisy), told], 1)
        v: Tensor = self.unet(x.contiguous(memory_format=torch.channels_last), t, features).sample
        return v


def enlarger() -> Enlarger:
    """The second network with random weights, laid out for fast convolutions."""
    return Enlarger().eval().to(memory_format=torch.channels_last)


def shrunk(x: Tensor) -> Tensor:
    """(b, 3, 64, 64) -> (b, 3, 16, 16), by means."""
    return F.interpolate(x, (SMALL, SMALL), mode="area")


def enlarged(x: Tensor) -> Tensor:
    """(b, 3, 16, 16) -> (b, 3, 64, 64), without a network."""
    return F.interpolate(x, (SIDE, SIDE), mode="bilinear", align_corners=False)


def blocks(x: Tensor) -> Tensor:
    """(b, 3, 64, 64) -> (b, 12, 32, 32)."""
    return F.pixel_unshuffle(x, BLOCK)


def joined(x: Tensor) -> Tensor:
    """(b, 12, 32, 32) -> (b, 3, 64, 64)."""
    return F.pixel_shuffle(x, BLOCK)
