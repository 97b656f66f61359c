"""Trains a GAN on pictures, with or without classes: the shipped one on Fashion-MNIST, and small ones live.

A training keeps its state in the cache folder and goes on where it was stopped.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from genai_demo.core.device import generator, pick_dtype, seeded
from genai_demo.core.training import Journal, Resumable, TrainStep, follow, halved
from genai_demo.data import fashion_mnist
from genai_demo.gan.model import Discriminator, GanConfig, Generator
from genai_demo.gan.objectives import LOSSES, Objective, clip, gradient_penalty

PARTS = ("g", "d", "mean", "opt_g", "opt_d", "random")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. Learning rates fall to 0 over the last fifth of the steps."""

    model: GanConfig = field(default_factory=GanConfig)
    objective: Objective = "hinge"
    steps: int = 16000
    batch_size: int = 64
    learning_rate_g: float = 2e-4
    learning_rate_d: float = 4e-4
    betas: tuple[float, float] = (0.0, 0.99)
    d_steps: int = 1
    penalty: float = 10.0  # weight of the gradient penalty, WGAN-GP only
    clip: float = 0.01  # largest weight of the critic, Wasserstein only
    average: float = 0.999  # of the generator's weights, whose running mean is what is used
    seed: int = 0


@dataclass(frozen=True, slots=True)
class GanStep(TrainStep):
    """With D's loss and the mean probability of "real" on either side; loss is the generator's."""

    loss_d: float
    real: float
    fake: float


class Training(Resumable):
    """Both networks, both optimisers and the running mean: everything a stopped training needs to go on."""

    def __init__(self, cfg: TrainConfig, dtype: torch.dtype | None = None) -> None:
        self.cfg = cfg
        self.dtype = dtype or pick_dtype(torch.device("cpu"))
        with seeded(cfg.seed):
            self.g, self.d = Generator(cfg.model), Discriminator(cfg.model)
        for network in (self.g, self.d):
            network.to(memory_format=torch.channels_last).train()
        self.mean = copy.deepcopy(self.g).requires_grad_(False)
        self.opt_g = torch.optim.Adam(self.g.parameters(), cfg.learning_rate_g, betas=cfg.betas, fused=True)
        self.opt_d = torch.optim.Adam(self.d.parameters(), cfg.learning_rate_d, betas=cfg.betas, fused=True)
        self.random = generator(cfg.seed)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in PARTS}

    def _cast(self) -> Any:
        return torch.autocast("cpu", self.dtype, enabled=self.dtype != torch.float32)

    def _z(self) -> Tensor:
        return torch.randn(self.cfg.batch_size, self.cfg.model.latent, generator=self.random)

    def _labels(self) -> Tensor | None:
        classes = self.cfg.model.classes
        return torch.randint(classes, (self.cfg.batch_size,), generator=self.random) if classes else None

    def discriminate(self, x: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """One step of D on real pictures x (n, 1, 28, 28). -> its loss, logits of the real and of the fake."""
        made_of = self._labels()
        with self._cast():
            with torch.no_grad():
                fake = self.g(self._z(), made_of).float()
            if self.cfg.model.norm == "batch":  # apart: together, each would show in the other's normalisation
                real_logits, fake_logits = self.d(x, y).float(), self.d(fake, made_of).float()
            else:
                both = None if y is None or made_of is None else torch.cat([y, made_of])
                real_logits, fake_logits = self.d(torch.cat([x, fake]), both).float().split(len(x))
        loss = LOSSES[self.cfg.objective].discriminator(real_logits, fake_logits)
        total = loss
        if self.cfg.objective == "wgan-gp":
            mix = torch.rand(len(x), generator=self.random)
            total = loss + self.cfg.penalty * gradient_penalty(lambda at: self.d(at, y), x, fake, mix)
        self.opt_d.zero_grad(set_to_none=True)
        total.backward()
        self.opt_d.step()
        if self.cfg.objective == "wasserstein":
            clip(self.d, self.cfg.clip)
        return loss.detach(), real_logits.detach(), fake_logits.detach()

    def generate(self) -> Tensor:
        """One step of G. -> its loss."""
        y = self._labels()
        self.d.requires_grad_(False)
        with self._cast():
            logits = self.d(self.g(self._z(), y), y).float()
        loss = LOSSES[self.cfg.objective].generator(logits)
        self.opt_g.zero_grad(set_to_none=True)
        loss.backward()
        self.opt_g.step()
        self.d.requires_grad_(True)
        follow(self.mean, self.g, self.cfg.average, self.step)
        return loss.detach()

    def advance(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """One step: d_steps of D, one of G. images (n, 28, 28) uint8. -> losses of G and D, logits real and fake."""
        left = max(0.0, min(1.0, (1 - self.step / self.cfg.steps) / 0.2))
        self.opt_g.param_groups[0]["lr"] = self.cfg.learning_rate_g * left
        self.opt_d.param_groups[0]["lr"] = self.cfg.learning_rate_d * left
        for _ in range(self.cfg.d_steps):
            pick = torch.randint(len(images), (self.cfg.batch_size,), generator=self.random)
            x = scaled(images[pick])
            loss_d, real, fake = self.discriminate(x, labels[pick] if self.cfg.model.classes else None)
        loss_g = self.generate()
        self.step += 1
        return loss_g, loss_d, real, fake


def scaled(images: Tensor) -> Tensor:
    """(n, 28, 28) uint8 -> (n, 1, 28, 28) float32 in [-1, 1]."""
    return images.float().div(127.5).sub(1).unsqueeze(1)


def train(training: Training, images: Tensor, labels: Tensor, *, every: int = 50) -> Iterator[GanStep]:
    """From where `training` is to its last step; a report every `every` steps and at the end.

    images: (n, 28, 28) uint8. Losses and probabilities are means over the steps since the report before.
    """
    started, sums, said = time.monotonic() - training.seconds, torch.zeros(4), training.step // every * every
    while training.step < training.cfg.steps:
        loss_g, loss_d, real, fake = training.advance(images, labels)
        sums += torch.stack([loss_g, loss_d, real.sigmoid().mean(), fake.sigmoid().mean()])
        if training.step % every == 0 or training.step == training.cfg.steps:
            loss, loss_d, real_mean, fake_mean = (sums / (training.step - said)).tolist()
            training.seconds = time.monotonic() - started
            yield GanStep(training.step, training.cfg.steps, loss, training.seconds, loss_d, real_mean, fake_mean)
            sums, said = torch.zeros(4), training.step


KEPT = (100, 400, 1000, 2500, 6000)  # steps whose generator is shipped, beside the first and the last
SAVE = 500  # steps between two states in the cache


def train_fashion(notes: Journal, cfg: TrainConfig) -> Iterator[GanStep]:
    """Train on all 60,000 pictures; goes on where it was stopped. The journal keeps the generators of KEPT."""
    pictures, found = fashion_mnist.load("train")
    images, labels = torch.from_numpy(pictures.copy()), torch.from_numpy(found)
    training = Training(cfg)
    notes.kept.setdefault(0, halved(training.mean.state_dict()))
    notes.resume(training)
    for report in train(training, images, labels):
        notes.history.append([report.index, report.loss, report.loss_d, report.real, report.fake])
        if report.index in KEPT or report.index == cfg.steps:
            notes.kept[report.index] = halved(training.mean.state_dict())
        notes.keep(training, report, SAVE)
        yield report
