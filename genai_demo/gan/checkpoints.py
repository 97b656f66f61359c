"""The training of the shipped class-conditional GAN once more, by the moments that were kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from genai_demo.core.device import generator
from genai_demo.core.frames import curve, number, pictures
from genai_demo.gan import bundle
from genai_demo.gan.drawing import COLUMNS, draw, labels_of
from genai_demo.gan.model import Gan
from genai_demo.gan.options import CheckpointOptions


@dataclass(frozen=True, slots=True, eq=False)
class CheckpointStep:
    """A moment of the recorded training. drawn (n, 28, 28), by the generator kept at `shown`, the last one before.

    Losses and probabilities are means over the 50 steps before, as the training wrote them down.
    """

    index: int
    total: int
    drawn: np.ndarray = pictures("fixed latents", columns=COLUMNS)
    step: int = number("step", digits=0)
    shown: int = number("weights of step", digits=0)
    loss_g: float = curve("generator", chart="hinge loss", against="step")
    loss_d: float = curve("discriminator", chart="hinge loss", against="step")
    real: float = curve("real pictures", chart="D's mean probability of real, s(logit)", against="step")
    fake: float = curve("generated", chart="D's mean probability of real, s(logit)", against="step")


def checkpoints(model: Gan, options: CheckpointOptions, *, seed: int) -> Iterator[CheckpointStep]:
    """The training of the shipped model once more: its curves, and the same latents drawn by every kept generator."""
    history = bundle.history(model.path).numpy()  # (rows, 5): step, losses of G and D, real, fake
    kept = bundle.steps(model.path)
    z = torch.randn(options.samples, model.config.latent, generator=generator(seed))
    y = labels_of(options.label, options.samples)
    wanted = np.unique(np.geomspace(1, len(history), options.steps).round().astype(int)) - 1
    shown, drawn = -1, np.zeros(0)
    for i, row in enumerate(history[wanted]):
        latest = max(step for step in kept if step <= row[0])
        if latest != shown:
            shown, drawn = latest, draw(bundle.checkpoint(model.path, latest), z, y)
        yield CheckpointStep(i, len(wanted), drawn, int(row[0]), shown, *(float(v) for v in row[1:]))
