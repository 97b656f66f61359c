"""Scenes of the training half with captions, and as latents, which are kept in the cache folder: encoded only once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.home import whole
from genai_demo.data.world import BACKGROUNDS, COLOURS, Scene, draw, short_caption
from genai_demo.data.world_kinds import KINDS
from genai_demo.data.world_splits import training_scene
from genai_demo.data.world_words import described
from genai_demo.text_to_image.autoencoder import as_input
from genai_demo.text_to_image.denoiser import ids_of

A_FILE = 2_000  # scenes
CAPTIONS = 4  # of each scene
SHORT = 0.1  # of the captions name the kinds alone, where that names every thing
MOST = 3  # things in a scene
CELLS = 8  # along a side of a plan
NAMES = (("", *KINDS), ("", *COLOURS), ("", *BACKGROUNDS))  # what a number of a plan's layers means; 0: nothing


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """z (n, 4, 16, 16) float16, means of the posterior, not scaled; ids (n, CAPTIONS, WORDS) uint8.

    plan (n, 3, CELLS, CELLS) uint8: numbers of the kind and of the colour that lie there, or of the ground where
    nothing does, as in NAMES.
    """

    z: Tensor
    ids: Tensor
    plan: Tensor


def load(folder: Path, count: int, vae: Any, seed: int) -> Encoded:
    """`count` scenes, a multiple of A_FILE; files that are not in `folder` yet are made."""
    z, ids, plans = [], [], []
    for first in range(0, count, A_FILE):
        scenes, rng = _scenes(first, seed)
        z.append(_had(folder / f"{seed}-{first:07}.npz", scenes, vae))
        ids.append(_captions(scenes, rng))
        plans += [plan(scene) for scene in scenes]
    return Encoded(torch.cat(z), torch.cat(ids).unflatten(0, (count, CAPTIONS)), torch.from_numpy(np.stack(plans)))


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The same scenes as pixels (n, 64, 64, 3) uint8, with ids and plan as of Encoded."""

    pixels: np.ndarray
    ids: Tensor
    plan: Tensor

    def pictures(self, pick: Tensor) -> Tensor:
        """Those of these numbers, (b, 3, 64, 64) in [-1, 1]."""
        return as_input(self.pixels[pick.numpy()])


def drawn(count: int, seed: int) -> Drawn:
    """`count` scenes, a multiple of A_FILE; half a minute for 32,000."""
    pixels, ids, plans = [], [], []
    for first in range(0, count, A_FILE):
        scenes, rng = _scenes(first, seed)
        pixels += [draw(scene) for scene in scenes]
        ids.append(_captions(scenes, rng))
        plans += [plan(scene) for scene in scenes]
    return Drawn(np.stack(pixels), torch.cat(ids).unflatten(0, (count, CAPTIONS)), torch.from_numpy(np.stack(plans)))


def _captions(scenes: list[Scene], rng: np.random.Generator) -> Tensor:
    return ids_of([caption(scene, rng) for scene in scenes for _ in range(CAPTIONS)]).byte()


def plan(scene: Scene) -> np.ndarray:
    """(3, CELLS, CELLS) uint8, as of Encoded: a thing takes the cells whose middle lies in its square."""
    found = np.zeros((3, CELLS, CELLS), np.uint8)
    found[2] = NAMES[2].index(scene.background)
    middle = (np.arange(CELLS) + 0.5) / CELLS
    for thing in scene.things:
        at = (abs(middle - thing.y) < thing.radius)[:, None] & (abs(middle - thing.x) < thing.radius)
        found[:, at] = [[NAMES[0].index(thing.kind)], [NAMES[1].index(thing.colour)], [0]]
    return found


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """One that names everything that is there; of two the longer, so that places and grounds are said more often."""
    short = short_caption(scene, rng)
    whole_scene = len({thing.kind for thing in scene.things}) == len(scene.things) == short.count(" and ") + 1
    return (
        short
        if whole_scene and "," not in short and rng.random() < SHORT
        else max(described(scene, rng), described(scene, rng), key=len)
    )


def _had(path: Path, scenes: list[Scene], vae: Any) -> Tensor:
    if not path.exists():
        z = _encode(scenes, vae)
        with whole(path) as partial, partial.open("wb") as file:
            np.savez(file, z=z.numpy())
    with np.load(path) as kept:
        return torch.from_numpy(kept["z"])


@torch.inference_mode()
def _encode(scenes: list[Scene], vae: Any) -> Tensor:
    device = next(vae.parameters()).device
    z = [
        vae.encode(as_input([draw(s) for s in scenes[i : i + 50]]).to(device)).latent_dist.mean.cpu().half()
        for i in range(0, len(scenes), 50)
    ]
    return torch.cat(z)


def _scenes(first: int, seed: int) -> tuple[list[Scene], np.random.Generator]:
    """The A_FILE scenes from number `first` on, and the random numbers that come next."""
    rng = np.random.default_rng((seed, 2, first))
    return [training_scene(rng, MOST) for _ in range(A_FILE)], rng
