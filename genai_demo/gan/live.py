"""Training a small DCGAN or WGAN-GP on pictures in front of the visitor: the shipped model's own loop, made shorter."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import curve, number, pictures
from genai_demo.data import fashion_mnist, shapes
from genai_demo.gan.drawing import to_pictures
from genai_demo.gan.model import GanConfig
from genai_demo.gan.options import TrainOptions
from genai_demo.gan.train_fashion import TrainConfig, Training, train

FRAMES = 120  # at most, over the whole training
LEARNT = 6000  # pictures learnt from
LATENT = 32
FIXED = 20  # latents whose pictures are drawn in every frame


@dataclass(frozen=True, slots=True, eq=False)
class TrainFrame:
    """Some steps later. drawn (FIXED, 28, 28): the same latents every time, by the running mean of the generator.

    Losses and probabilities are means over the steps since the last frame. For Wasserstein objectives minus D's loss
    is the estimated distance, without the penalty; s(logit) then means nothing and is left out.
    """

    index: int
    total: int
    drawn: np.ndarray = pictures("the same latents", columns=5)
    step: int = number("step", digits=0)
    loss_g: float = curve("generator", chart="loss")
    loss_d: float = curve("discriminator", chart="loss")
    on_real: float | None = curve("real", chart="D's mean probability of real, s(logit)")
    on_fake: float | None = curve("generated", chart="D's mean probability of real, s(logit)")
    variety: float = curve("difference between the pictures", unit="grey levels", digits=1)


def train_pictures(options: TrainOptions, *, seed: int) -> Iterator[TrainFrame]:
    """Adam on the chosen objective, a frame every few steps; D comes first in each step.

    Raises DemoError where Fashion-MNIST is asked for and not to be had, or where a loss stops being a number.
    """
    images = torch.from_numpy(_images(options.data, seed))
    every = math.ceil(options.steps / FRAMES)
    cfg = _config(options, seed)
    training = Training(cfg)
    z = torch.randn(FIXED, LATENT, generator=generator(seed))
    labels = torch.zeros(len(images), dtype=torch.long)
    critic = options.objective in ("wasserstein", "wgan-gp", "least squares")
    for report in train(training, images, labels, every=every):
        if not math.isfinite(report.loss + report.loss_d):
            raise DemoError(
                f"training lost its footing at step {report.index}; lower lr_g from {options.lr_g:g} "
                f"or lr_d from {options.lr_d:g}"
            )
        index, drawn = math.ceil(report.index / every) - 1, _draw(training, z)
        yield TrainFrame(
            index,
            math.ceil(cfg.steps / every),
            drawn,
            report.index,
            report.loss,
            report.loss_d,
            None if critic else report.real,
            None if critic else report.fake,
            float(drawn.std(0).mean()),
        )


def _config(options: TrainOptions, seed: int) -> TrainConfig:
    norm = "layer" if options.objective == "wgan-gp" and options.norm == "batch" else options.norm
    return TrainConfig(
        GanConfig(options.width, LATENT, 0, norm),
        options.objective,
        options.steps,
        options.batch_size,
        options.lr_g,
        options.lr_d,
        (0.5, 0.99),
        options.d_steps,
        options.penalty,
        average=0.9,
        clip=options.clip,
        seed=seed,
    )


def _images(name: str, seed: int) -> np.ndarray:
    """(LEARNT, 28, 28) uint8."""
    return shapes.load(LEARNT, seed)[0] if name == "shapes" else fashion_mnist.load("train")[0][:LEARNT].copy()


@torch.inference_mode()
def _draw(training: Training, z: Tensor) -> np.ndarray:
    """The fixed latents by the running mean of the generator, normalised as in training: by this batch."""
    return to_pictures(training.mean.train()(z, None))
