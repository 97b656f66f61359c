"""Pictures as numbers of a codebook: VQ (van den Oord et al. 2017), FSQ (Mentzer et al. 2023), in diffusers' VQModel.

z: latents of the autoencoder (b, 4, 16, 16), scaled, which is asked first and stays as it is; codes (b, 64) int64,
numbers from 0 to CODES - 1, row by row of a grid of 8 x 8. Both ways have the same encoder and decoder. VQ takes the
nearest of CODES learnt vectors; FSQ squeezes four numbers into few levels each and rounds them, so that its codebook is
a lattice and nothing of it is learnt.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import torch
from diffusers import VQModel
from torch import Tensor, nn

from genai_demo.text_to_image import studio
from genai_demo.text_to_image.autoencoder import LATENT

Way = Literal["vq", "fsq"]
WAYS: tuple[Way, Way] = ("vq", "fsq")
LEVELS = (8, 5, 5, 5)
CODES = math.prod(LEVELS)
GRID = 8  # codes along a side of a picture
CONFIG: dict[str, Any] = {
    "in_channels": LATENT[0],
    "out_channels": LATENT[0],
    "sample_size": LATENT[1],
    "latent_channels": 64,
    "vq_embed_dim": len(LEVELS),
    "num_vq_embeddings": CODES,
    "block_out_channels": (48, 96),
    "down_block_types": ("DownEncoderBlock2D",) * 2,
    "up_block_types": ("UpDecoderBlock2D",) * 2,
    "layers_per_block": 1,
    "norm_num_groups": 8,
    "mid_block_add_attention": False,
}


class FSQ(nn.Module):
    """Finite scalar quantisation in the place of VQModel's `quantize`: z (b, 4, h, w) -> its rounding, -1 to 1."""

    levels: Tensor
    steps: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("levels", torch.tensor(LEVELS), persistent=False)
        self.register_buffer("steps", torch.tensor([1, *LEVELS[:-1]]).cumprod(0), persistent=False)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor, tuple[None, None, Tensor]]:
        """As VectorQuantizer: (rounded, loss of 0, (.., .., codes (b * h * w,)))."""
        count = self.levels.view(1, -1, 1, 1)
        half, odd = (count - 1) * (1 - 1e-3) / 2, count % 2
        shift = torch.where(odd == 1, 0.0, 0.5)  # an even number of levels has no middle one
        bounded = (z.float() + (shift / half).tan()).tanh() * half - shift
        rounded = bounded + (bounded.round() - bounded).detach()
        places = bounded.round().long() + count // 2
        codes = (places * self.steps.view(1, -1, 1, 1)).sum(1).flatten()
        return rounded / (count // 2), rounded.new_zeros(()), (None, None, codes)

    def get_codebook_entry(self, codes: Tensor, shape: tuple[int, ...]) -> Tensor:
        """codes (n,) -> (b, 4, h, w); shape: (b, h, w, 4)."""
        places = codes[:, None] // self.steps % self.levels
        middle = self.levels // 2
        return ((places - middle) / middle).view(shape).permute(0, 3, 1, 2)


def empty(way: Way) -> Any:
    """The network with random weights, on the CPU, in evaluation mode, laid out for fast convolutions."""
    net = VQModel(**CONFIG)
    if way == "fsq":
        net.quantize = FSQ()
    else:
        net.quantize.legacy = False  # its old form weighs the two terms the wrong way round, says diffusers
    return net.eval().to(memory_format=torch.channels_last)


def codes_of(net: Any, z: Tensor) -> Tensor:
    """(b, 4, 16, 16) -> (b, 64)."""
    found: Tensor = net.quantize(net.encode(z.to(net.dtype)).latents)[2][2]
    return found.view(len(z), -1)


def latents_of(net: Any, codes: Tensor, grid: int = GRID) -> Tensor:
    """(b, 64) -> (b, 4, 16, 16), float32; grid: codes along a side."""
    vectors = net.quantize.get_codebook_entry(codes.flatten(), (len(codes), grid, grid, len(LEVELS)))
    found: Tensor = net.decode(vectors.to(net.dtype), force_not_quantize=True).sample
    return found.float()


def build(path: Path, way: Way) -> Any:
    """The trained network of that file."""
    net = empty(way)
    net.load_state_dict(studio.floats(path))
    return net
