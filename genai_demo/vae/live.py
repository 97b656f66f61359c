"""Training a small autoencoder on pictures in front of the visitor: the shipped models' own loop, made shorter."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import bars, curve, number, pictures, plane, sheet
from genai_demo.data import fashion_mnist, shapes
from genai_demo.vae import codes
from genai_demo.vae.drawing import CODE_AXES, grid_points
from genai_demo.vae.model import Autoencoder, VaeConfig, fresh
from genai_demo.vae.options import TrainOptions
from genai_demo.vae.train import TrainConfig, Training, VaeStep, beta_at, train

FRAMES = 150  # at most, over the whole training
WIDTH = 16
LEARNT, HELD = 4000, 200  # pictures learnt from, pictures held out
GRID = 6


@dataclass(frozen=True, slots=True, eq=False)
class TrainFrame:
    """Some steps later. Terms are means over the steps since the last frame, nats a picture.

    loss is reconstruction + beta * KL at this step's beta. drawn (1, 28 * GRID, 28 * GRID); at (HELD, 2).
    """

    index: int
    total: int
    shown: np.ndarray = pictures("held-out pictures", columns=4)
    back: np.ndarray = pictures("reconstructed", columns=4)
    drawn: np.ndarray = pictures("decoded plane")
    at: np.ndarray = plane("codes of the held-out pictures", "generated", limit=codes.PLANE, axes=CODE_AXES)
    step: int = number("step", digits=0)
    reconstruction: float = curve("reconstruction", unit="nats", digits=1)
    kl: float = curve("KL", unit="nats", digits=2)
    beta: float = curve("beta, the weight of the KL", digits=2)
    loss: float = curve("loss", unit="nats", digits=1)
    kl_each: np.ndarray = bars("KL of each number", unit="nats")


def stride(steps: int, frames: int = FRAMES) -> int:
    """Steps between two frames, so that there are at most `frames`."""
    return math.ceil(steps / frames)


def train_pictures(options: TrainOptions, *, seed: int) -> Iterator[TrainFrame]:
    """Adam on reconstruction + beta * KL (or on the reconstruction alone), a frame every few steps.

    Raises DemoError where Fashion-MNIST is asked for and not to be had, or where the loss stops being a number.
    """
    images = _images(options.data, seed)
    every = stride(options.steps)
    steps = options.steps // every * every  # the last frame shows the last step
    config = VaeConfig(options.kind, options.latent, options.beta, options.noise, WIDTH)
    cfg = TrainConfig(config, steps, options.batch_size, options.learning_rate, seed)
    training = Training(cfg, fresh(config, generator(seed)))
    for report in train(training, torch.from_numpy(images[HELD:]), every=every):
        if not math.isfinite(report.loss):
            raise DemoError(
                f"training lost its footing at step {report.index}; lower learning_rate from {options.learning_rate:g}"
            )
        beta = beta_at(cfg, report.index)
        yield _look(training.model, images[:HELD], report, report.index // every - 1, steps // every, beta)


def _images(name: str, seed: int) -> np.ndarray:
    """(HELD + LEARNT, 28, 28) uint8: the first HELD are held out."""
    if name == "shapes":
        return shapes.load(HELD + LEARNT, seed)[0]
    return fashion_mnist.load("train")[0][: HELD + LEARNT].copy()


def _look(model: Autoencoder, held: np.ndarray, report: VaeStep, index: int, total: int, beta: float) -> TrainFrame:
    """What the network in training makes of the held-out pictures and of the plane of its first two numbers."""
    mean, _ = codes.encode(model, held)
    k = model.config.latent
    if model.config.kind == "vae":
        centre, scale = np.zeros(k), np.ones(k)
    else:
        centre, scale = mean.mean(0), mean.std(0) + codes.SMALLEST
    points = grid_points(GRID, 2.0)
    z = np.tile(centre, (len(points), 1))
    z[:, :2] = centre[:2] + scale[:2] * points[:, : min(2, k)]
    at = (mean - centre) / scale
    at = at[:, :2] if k > 1 else np.c_[at, np.zeros(len(at))]
    drawn, kl = sheet(codes.draw(model, z), GRID)[None], np.array(report.kl)
    return TrainFrame(
        index,
        total,
        held[:8],
        codes.draw(model, mean[:8]),
        drawn,
        at,
        report.index,
        report.reconstruction,
        float(kl.sum()),
        beta,
        report.reconstruction + beta * float(kl.sum()),
        kl,
    )
