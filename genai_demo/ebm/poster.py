"""The film on the front page: a landscape sinks under two moons, and the chains roll in."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from genai_demo.core.device import threads
from genai_demo.ebm import learning
from genai_demo.ebm.drawing import HIGH
from genai_demo.ebm.learning import Learner
from genai_demo.ebm.options import PointsOptions
from genai_demo.quality.laboratory import LIMIT
from genai_demo.quality.posters import GROUND, SIZE, Drawing

FRAMES, EVERY = 12, 18  # trainings steps from one frame to the next
CELL, SHOWN = 8, 160  # pixels a side of a cell; chains
LOW, POINT = "#2f6f8f", "#e69f00"


@threads(1)
def poster() -> list[Image.Image]:
    """A frame each few steps of the training, from the beginning."""
    options = PointsOptions()
    learnt, _, _ = learning.task(options, SHOWN, 0)
    learner, frames = Learner(options, 0), []
    for _ in range(FRAMES):
        frames.append(_drawn(learner))
        for _ in range(EVERY):
            learner.advance(learnt, options)
    return frames


@torch.no_grad()
def _drawn(learner: Learner) -> Image.Image:
    wide, high = SIZE
    scale = high / (2 * LIMIT)
    across, down = (np.arange(CELL / 2, size, CELL) for size in SIZE)
    places = np.stack(np.meshgrid((across - wide / 2) / scale, (high / 2 - down) / scale), -1)
    height = learner.average(torch.from_numpy(places.reshape(-1, 2)).float())
    depth = 1 - ((height - height.min()) / HIGH).clamp(0, 1)
    ground, low = (np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) for colour in (GROUND, LOW))
    drawn = Drawing(SIZE, GROUND)
    for share, (x, y) in zip(depth.tolist(), np.stack(np.meshgrid(across, down), -1).reshape(-1, 2)):
        colour = (ground + share * (low - ground)).round().astype(int).tolist()
        drawn.bar((x - CELL / 2, y - CELL / 2), CELL, CELL, "#" + "".join(f"{part:02x}" for part in colour))
    for x, y in (learner.chains[:SHOWN] * torch.tensor([1, -1]) * scale + torch.tensor([wide / 2, high / 2])).tolist():
        drawn.dot((x, y), 1.8, POINT)
    return drawn.image()
