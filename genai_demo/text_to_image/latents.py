"""Scenes of the training half as latents with their captions, kept in the cache folder: they are encoded only once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.home import whole
from genai_demo.data.world import Scene, draw, short_caption
from genai_demo.data.world_splits import training_scene
from genai_demo.data.world_words import described
from genai_demo.text_to_image.autoencoder import as_input
from genai_demo.text_to_image.denoiser import ids_of

A_FILE = 2_000  # scenes
CAPTIONS = 4  # of each scene
SHORT = 0.1  # of the captions name the kinds alone, where that names every thing
MOST = 3  # things in a scene


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """z (n, 4, 16, 16) float16, means of the posterior, not scaled; ids (n, CAPTIONS, WORDS) uint8."""

    z: Tensor
    ids: Tensor


def load(folder: Path, count: int, vae: Any, seed: int) -> Encoded:
    """`count` scenes, a multiple of A_FILE; files that are not in `folder` yet are made."""
    parts = [_had(folder / f"{seed}-{first:07}.npz", first, vae, seed) for first in range(0, count, A_FILE)]
    return Encoded(*(torch.cat(each) for each in zip(*parts, strict=True)))


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """One that names everything that is there."""
    short = short_caption(scene, rng)
    whole_scene = len({thing.kind for thing in scene.things}) == len(scene.things) == short.count(" and ") + 1
    return short if whole_scene and "," not in short and rng.random() < SHORT else described(scene, rng)


def _had(path: Path, first: int, vae: Any, seed: int) -> tuple[Tensor, Tensor]:
    if not path.exists():
        z, ids = _encode(first, vae, seed)
        with whole(path) as partial, partial.open("wb") as file:
            np.savez(file, z=z.numpy(), ids=ids.numpy())
    with np.load(path) as kept:
        return torch.from_numpy(kept["z"]), torch.from_numpy(kept["ids"])


@torch.inference_mode()
def _encode(first: int, vae: Any, seed: int) -> tuple[Tensor, Tensor]:
    """The A_FILE scenes from number `first` on."""
    rng = np.random.default_rng((seed, 2, first))
    scenes = [training_scene(rng, MOST) for _ in range(A_FILE)]
    device = next(vae.parameters()).device
    z = [
        vae.encode(as_input([draw(s) for s in scenes[i : i + 50]]).to(device)).latent_dist.mean.cpu().half()
        for i in range(0, A_FILE, 50)
    ]
    texts = [caption(scene, rng) for scene in scenes for _ in range(CAPTIONS)]
    return torch.cat(z), ids_of(texts).byte().unflatten(0, (A_FILE, CAPTIONS))
