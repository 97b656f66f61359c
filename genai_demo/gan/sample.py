"""Pictures of the class-conditional GAN at rising truncation of their latents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from genai_demo.core.device import generator
from genai_demo.core.frames import curve, number, pictures
from genai_demo.gan.drawing import COLUMNS, draw, labels_of, logits_of, truncated
from genai_demo.gan.model import Gan
from genai_demo.gan.options import SampleOptions

LEAST_TRUNCATION = 0.1


def spread(drawn: np.ndarray, labels: np.ndarray) -> float:
    """Mean standard deviation of a pixel among pictures of one class, grey levels; 0 where each class has one."""
    groups = [drawn[labels == label] for label in np.unique(labels)]
    wide = [group.std(0).mean() for group in groups if len(group) > 1]
    return float(np.mean(wide)) if wide else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class SampleStep:
    """The same draws at one truncation. drawn (n, 28, 28); opinion: D's mean logit for the class asked for."""

    index: int
    total: int
    drawn: np.ndarray = pictures("generated", columns=COLUMNS)
    truncation: float = number("latent numbers within", digits=2)
    opinion: float = curve("D's mean logit", digits=2)
    variety: float = curve("difference within a class", unit="grey levels", digits=1)


def sample(model: Gan, options: SampleOptions, *, seed: int) -> Iterator[SampleStep]:
    """Pictures at rising truncation; the last frame is at the one asked for. Little truncation: more variety."""
    uniform = torch.rand(options.samples, model.config.latent, generator=generator(seed), dtype=torch.float64)
    y = labels_of(options.label, options.samples)
    for i, limit in enumerate(
        np.geomspace(min(LEAST_TRUNCATION, options.truncation), options.truncation, options.steps + 1)[1:]
    ):
        drawn = draw(model.generator, truncated(uniform, float(limit)), y)
        opinion = float(logits_of(model, drawn, y).mean())
        yield SampleStep(i, options.steps, drawn, float(limit), opinion, spread(drawn, y.numpy()))
