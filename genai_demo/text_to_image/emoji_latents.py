"""Emoji of the training with captions, as latents, which are kept in the cache folder: encoded only once."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core.home import whole
from genai_demo.data import emoji, emoji_told
from genai_demo.data.emoji_told import Shown
from genai_demo.text_to_image import denoiser
from genai_demo.text_to_image.autoencoder import as_input
from genai_demo.text_to_image.emoji_studio import LONGEST

CAPTIONS = 8  # of each picture
SMALL = 16  # pixels along a side of the pictures that the text encoder learns from
AT_ONCE = 50  # pictures that are encoded together


@dataclass(frozen=True, slots=True, eq=False)
class Captioned:
    """ids (n, CAPTIONS, LONGEST) int16; small (n, 3, SMALL, SMALL) in [-1, 1]; plain (n,) bool: its hue not turned."""

    ids: Tensor
    small: Tensor
    plain: Tensor


@functools.cache
def shown() -> tuple[Shown, ...]:
    """The pictures of the training; a minute. Raises DemoError where they can't be had."""
    return tuple(emoji_told.training(emoji.load()))


def captioned(seed: int) -> Captioned:
    """All of the training, in the order of `shown`."""
    everything = emoji.load()
    words = denoiser.tokenizer(emoji_told.vocabulary(everything), LONGEST)
    common = emoji_told.common_keywords([everything.concepts[i] for i in emoji_told.concepts(everything)])
    rng, ones = np.random.default_rng((seed, 5)), shown()
    texts = [emoji_told.caption(one, rng, common) for one in ones for _ in range(CAPTIONS)]
    ids = denoiser.ids_of(texts, words).short().unflatten(0, (len(ones), CAPTIONS))
    small = torch.cat(
        [
            shrunk(as_input(np.stack([one.picture for one in ones[i : i + AT_ONCE]])))
            for i in range(0, len(ones), AT_ONCE)
        ]
    )
    return Captioned(ids, small, torch.tensor([not one.turned for one in ones]))


def shrunk(x: Tensor) -> Tensor:
    """(b, 3, h, w) -> (b, 3, SMALL, SMALL), means of what falls together."""
    return F.interpolate(x, (SMALL, SMALL), mode="area")


@torch.inference_mode()
def encoded(path: Path, vae: Any) -> Tensor:
    """(n, 4, 16, 16) float16, means of the posterior, not scaled, in the order of `shown`; kept in the file `path`."""
    if not path.exists():
        ones, device = shown(), next(vae.parameters()).device
        parts = [np.stack([one.picture for one in ones[i : i + AT_ONCE]]) for i in range(0, len(ones), AT_ONCE)]
        z = torch.cat([vae.encode(as_input(part).to(device)).latent_dist.mean.cpu().half() for part in parts])
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as partial, partial.open("wb") as file:
            np.savez(file, z=z.numpy())
    with np.load(path) as kept:
        return torch.from_numpy(kept["z"])
