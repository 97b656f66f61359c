"""Whether pictures are remembered rather than made: how far each is from the nearest scene of the training.

Distances are root mean squares of colours, 0 to 1, of pictures shrunk to SIDE pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from genai_demo.data.world import draw
from genai_demo.data.world_splits import training_scene
from genai_demo.text_to_image.latents import A_FILE, MOST

SIDE = 16
SURE = 0.01  # the share of new scenes that lie so near to one of the training by chance


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Some scenes of the training, shrunk (n, SIDE * SIDE * 3) uint8. index, total: as a report of the drawing."""

    index: int
    total: int
    pictures: np.ndarray


def known(scenes: int, seed: int) -> Iterator[Known]:
    """The first `scenes` scenes of the training with that seed, A_FILE at a time, as latents.py draws them."""
    total = max(1, scenes // A_FILE)
    for index in range(total):
        rng = np.random.default_rng((seed, 2, index * A_FILE))
        drawn = [draw(training_scene(rng, MOST), SIDE).reshape(-1) for _ in range(A_FILE)]
        yield Known(index, total, np.stack(drawn))


def nearest(pictures: np.ndarray, among: np.ndarray) -> np.ndarray:
    """(n, h, w, 3) uint8 -> the distance of each to the nearest of `among`, (n,)."""
    step = pictures.shape[1] // SIDE
    small = pictures.reshape(len(pictures), SIDE, step, SIDE, step, 3).mean((2, 4)).reshape(len(pictures), -1)
    x, y = (torch.from_numpy(np.asarray(part, np.float32) / 255) for part in (small, among))
    squared = x.square().sum(1)[:, None] + y.square().sum(1) - 2 * x @ y.T
    found: np.ndarray = (squared.clamp(min=0).amin(1) / x.shape[1]).sqrt().numpy()
    return found


def memorised(made: np.ndarray, real: np.ndarray, among: np.ndarray) -> dict[str, Any]:
    """Of made pictures and of new real ones: medians, and the share nearer than SURE of the new ones are."""
    made_far, real_far = nearest(made, among), nearest(real, among)
    return {
        "scenes_compared": len(among),
        "nearest_median": round(float(np.median(made_far)), 4),
        "nearest_median_new": round(float(np.median(real_far)), 4),
        "memorised": round(float((made_far < np.quantile(real_far, SURE)).mean()), 4),
    }
