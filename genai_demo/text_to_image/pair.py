"""A U-Net and a transformer that learnt the same: latents, captions, schedule; and the transformer as flow matching
taught it. What each costs, by its patches."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genai_demo.core.cards import examples
from genai_demo.text_to_image import denoiser, studio
from genai_demo.text_to_image.counting import multiplications
from genai_demo.text_to_image.patches import Patches, Straight
from genai_demo.text_to_image.studio import Noising, Studio

SIZES = (1, 2, 4, 8)  # of patches, in latent pixels, whose cost is counted


class Pair(nn.Module):
    """latent: the model with the U-Net, whose reader of prompts, decoder and judge the transformers use too.

    learnt: from how many noisy latents U-Net, transformer, and the one taught by flow matching have learnt.
    """

    def __init__(self, latent: Studio, network: Patches, straight: Straight, learnt: tuple[int, int, int]) -> None:
        super().__init__()
        self.learnt = learnt
        self.latent = latent
        self.dit, self.straight = (Noising(one, latent.schedule) for one in (network, straight))

    @functools.cached_property
    def costs(self) -> dict[str, int]:
        """Multiplications, each with its addition, of a call for one picture, of both networks."""
        return {"unet": _called(self.latent), "dit": _called(self.dit)}

    @functools.cached_property
    def by_size(self) -> dict[int, int]:
        """The same of transformers like this one that cut the latents into other patches, of SIZES."""
        return {size: _resized(self.dit, size) for size in SIZES}


def _called(network: Noising) -> int:
    device, dtype = network.place
    words = torch.zeros(1, denoiser.WORDS, denoiser.WIDTH, device=device, dtype=dtype)
    x = torch.zeros(1, *network.shape, device=device)
    return multiplications(lambda: network.velocity(x, 500, words))


def _resized(network: Noising, size: int) -> int:
    """Weights play no part, so there are none: tensors of the device "meta" have shapes alone."""
    settings = {name: network.unet.config[name] for name in denoiser.DIT}
    with torch.device("meta"):
        like = Noising(Patches(**{**settings, "patch_size": size}).eval(), network.schedule)
    return _called(like.to("meta"))


def build(path: Path) -> Pair:
    """The bundled model from the transformer's file, beside which the other one and the latent model lie.

    All learnt with one text encoder, which never changed; that of the latent model is used.
    """
    straight = path.with_name("straight.safetensors")
    latent = path.with_name("denoiser.safetensors")
    seen, own, more = (_learnt(one) for one in (latent, path, straight))
    return Pair(studio.build(latent), _network("dit", path), _network("flow", straight), (seen, own, own + more))


def _network(kind: denoiser.Network, path: Path) -> Any:
    parts = denoiser.empty(kind)
    parts.load_state_dict(studio.floats(path))
    return parts.unet


def _learnt(path: Path) -> int:
    """From how many noisy latents these weights learnt in their own training, by their card."""
    return examples(json.loads(path.with_suffix(".json").read_text()))


@torch.inference_mode()
def example(pair: Pair, batch: int = 1) -> Tensor:
    """Asks each part once, so that their blocks can be traced."""
    studio.example(pair.latent, batch)
    device, dtype = pair.dit.place
    words: Any = torch.zeros(batch, denoiser.WORDS, denoiser.WIDTH, device=device, dtype=dtype)
    x = torch.zeros(batch, *pair.dit.shape, device=device)
    pair.straight.velocity(x, 500, words)
    return pair.dit.velocity(x, 500, words)
