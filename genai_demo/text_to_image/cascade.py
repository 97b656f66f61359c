"""A cascade (Ho et al. 2021, and Imagen, Saharia et al. 2022): a small picture from words, then a network enlarges it.

Both networks work on pixels; no autoencoder is needed. x: small pictures (b, 3, 16, 16); y: large ones (b, 3, 64, 64)
in [-1, 1], of which the enlarging network sees blocks of 2 x 2 as one pixel of twelve channels (b, 12, 32, 32). Both
are told velocities on the schedule of `denoiser`, and read the prompt with its text encoder.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

from genai_demo.diffusion.samplers import ddim
from genai_demo.text_to_image import denoiser, studio
from genai_demo.text_to_image.autoencoder import SIDE
from genai_demo.text_to_image.counting import multiplications
from genai_demo.text_to_image.guide import Guide
from genai_demo.text_to_image.studio import Noising, Studio

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
    "block_out_channels": (32, 64, 96),
}


def base() -> Any:
    """The first network with random weights, laid out for fast convolutions."""
    return UNet2DConditionModel(**BASE).eval().to(memory_format=torch.channels_last)


class Enlarger(nn.Module):
    """noisy (b, 12, 32, 32), t (b,), features of words, small (b, 3, 16, 16), rough (b,) -> velocity like noisy.

    rough: deviation of the noise that is on `small` already (noise conditioning augmentation, Ho et al. 2021).
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


class Cascade(nn.Module):
    """Both networks, and beside them the latent model, whose reader of prompts and judge they use."""

    def __init__(self, latent: Studio, small: Any, large: Enlarger) -> None:
        super().__init__()
        self.latent, self.base, self.enlarger = latent, Noising(small, denoiser.SCHEDULE), large

    def enlarging(self, x: Tensor, features: Tensor, rough: float, steps: int) -> Enlarging:
        """Asks for large pictures of small ones (b, 3, 16, 16)."""
        return Enlarging(self, x, features, rough, steps)

    @functools.cached_property
    def costs(self) -> dict[str, int]:
        """Multiplications, each with its addition, of a call for one picture: latent, decoder, base, enlarger."""
        device, dtype = self.base.place
        words = torch.zeros(1, denoiser.WORDS, denoiser.WIDTH, device=device, dtype=dtype)
        z, x, y = (torch.zeros(1, *shape, device=device) for shape in (self.latent.shape, self.base.shape, LARGE))
        one = torch.ones(1, device=device)
        return {
            "latent": multiplications(lambda: self.latent.velocity(z, 500, words)),
            "decoder": multiplications(lambda: self.latent.decode(z)),
            "base": multiplications(lambda: self.base.velocity(x, 500, words)),
            "enlarger": multiplications(lambda: self.enlarger(y.to(dtype), one, words, x.to(dtype), one.to(dtype))),
        }


class Enlarging:
    """Calling it with (y, angle) gives (clean blocks, noise), as a sampler asks. rough: noise that is on `small`."""

    def __init__(self, model: Cascade, small: Tensor, features: Tensor, rough: float, steps: int) -> None:
        self.model, self.small, self.rough = model, small, rough
        self.features = features.expand(len(small), -1, -1)
        self.grid, times = model.base.levels(steps)
        self.times = {self.grid.angle(i): t for i, t in enumerate(times)}
        self.evaluations = 0

    def __call__(self, y: Tensor, angle: float) -> tuple[Tensor, Tensor]:
        self.evaluations += 1
        device, dtype = self.model.base.place
        t = torch.full((len(y),), self.times[angle], device=device)
        rough = torch.full((len(y),), self.rough, device=device)
        said = self.model.enlarger(y.to(dtype), t, self.features, self.small.to(dtype), rough.to(dtype))
        return self.model.base.guess(y, said.float(), angle)


@torch.inference_mode()
def drawn(
    model: Cascade, ids: Tensor, noise: Tensor, more: Tensor, *, steps: int, enlarging: int, guidance: float
) -> tuple[Tensor, Tensor]:
    """Small (b, 3, 16, 16) and large pictures (b, 3, 64, 64) of prompts (b, WORDS).

    noise: of the small ones; more (b, 15, 32, 32): of the large ones, in twelve channels, and in three, a quarter of
    it, what is put on the small ones.
    """
    grid = model.base.levels(steps)
    features, free = model.latent.features(ids), model.latent.features(denoiser.ids_of([""]))
    x = noise
    for step in ddim(Guide(model.base, features, free, guidance, grid), noise, grid[0], lambda: noise):
        x = step.after
    small, y = x.clamp(-1, 1), more[:, : LARGE[0]]
    ask = model.enlarging(small + ROUGH * more[:, LARGE[0] :, :SMALL, :SMALL], features, ROUGH, enlarging)
    for step in ddim(ask, y, ask.grid, lambda: noise):
        y = step.after
    return small, joined(y).clamp(-1, 1)


def build(path: Path) -> Cascade:
    """The bundled model from the first network's file, beside which the second one and the latent model lie."""
    small, large = base(), enlarger()
    small.load_state_dict(studio.floats(path))
    large.load_state_dict(studio.floats(path.with_name("enlarger.safetensors")))
    return Cascade(studio.build(path.with_name("denoiser.safetensors")), small, large)


@torch.inference_mode()
def example(model: Cascade, batch: int = 1) -> Tensor:
    """Asks each part once, so that their blocks can be traced."""
    studio.example(model.latent, batch)
    ids = torch.zeros(batch, denoiser.WORDS, dtype=torch.long)
    device = model.base.place[0]
    noise = torch.zeros(batch, *model.base.shape, device=device)
    more = torch.zeros(batch, LARGE[0] + 3, *LARGE[1:], device=device)
    return drawn(model, ids, noise, more, steps=1, enlarging=1, guidance=1.0)[1]
