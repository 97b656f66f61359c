"""Trains the classifier. `python -m genai_demo train classifier` iterates train_all()."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.training import Resumable, TrainStep
from genai_demo.data import fashion_mnist
from genai_demo.quality.classifier.export import export, predict
from genai_demo.quality.classifier.model import Classifier, empty


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training run depends on; written on the card."""

    epochs: int = 16
    batch_size: int = 128
    learning_rate: float = 2e-3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ClassifierStep(TrainStep):
    """An epoch, with the accuracy on the test split (a fraction)."""

    accuracy: float


def _shifted(x: Tensor, random: torch.Generator) -> Tensor:
    """Each batch moved by up to two pixels, every other one mirrored: (b, 1, 28, 28) -> same."""
    if torch.rand((), generator=random) < 0.5:
        x = x.flip(3)
    dy, dx = (int(n) for n in torch.randint(-2, 3, (2,), generator=random))
    return F.pad(x, (2, 2, 2, 2))[:, :, 2 + dy : 30 + dy, 2 + dx : 30 + dx]


class Training(Resumable):
    """Everything a run goes on from: network, optimiser, schedule, both random streams (dropout has torch's own).

    Its steps are epochs of `batches` batches. Learns from Fashion-MNIST; raises DemoError where that can't be had.
    """

    def __init__(self, cfg: TrainConfig) -> None:
        self.cfg = cfg
        self.images, self.labels = (torch.from_numpy(a.copy()) for a in fashion_mnist.load("train"))
        self.batches = len(self.images) // cfg.batch_size
        torch.manual_seed(cfg.seed)
        self.random = torch.Generator().manual_seed(cfg.seed)
        self.model = empty()
        rate, total = cfg.learning_rate, cfg.epochs * self.batches
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=rate, weight_decay=0.02, fused=True)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, rate, total_steps=total)

    def parts(self) -> Mapping[str, Any]:
        named = {name: getattr(self, name) for name in ("model", "optimiser", "schedule", "random")}
        return {**named, "dropout": torch.default_generator}

    def advance(self) -> float:
        """One pass over the pictures; the mean loss. Leaves the network in evaluation mode."""
        self.model.train()
        total = 0.0
        order = torch.randperm(len(self.images), generator=self.random)[: self.batches * self.cfg.batch_size]
        for pick in order.split(self.cfg.batch_size):
            x = _shifted(self.images[pick].float().div(255).unsqueeze(1), self.random)
            value = F.cross_entropy(self.model(x), self.labels[pick], label_smoothing=0.05)
            self.optimiser.zero_grad(set_to_none=True)
            value.backward()
            self.optimiser.step()
            self.schedule.step()
            total += float(value.detach())
        self.model.eval()
        self.step += 1
        return total / self.batches


def train(training: Training) -> Iterator[ClassifierStep]:
    """From where `training` is to its last epoch, a report after each."""
    started = time.monotonic() - training.seconds
    while training.step < training.cfg.epochs:
        loss = training.advance()
        training.seconds = time.monotonic() - started
        yield ClassifierStep(training.step, training.cfg.epochs, loss, training.seconds, accuracy(training.model))


def train_all(
    cfg: TrainConfig | None = None, *, ship: bool = False, out: Path | None = None, anew: bool = False
) -> Iterator[TrainStep]:
    """Train the judge, going on where it was stopped, then write weights and card.

    They go into the cache, with `ship` into assets/weights/classifier, or into the folder `out`; anew: from the start.
    Yields nothing where the training is finished. Raises DemoError where a half-done one has other settings.
    """
    cfg = cfg or TrainConfig()
    folder = kit.target("classifier", ship=ship, out=out)
    with kit.journal("classifier", "fashion", cfg, anew=anew) as notes:
        if not kit.is_finished(notes.weights, config=kit.stated(cfg)):
            training = Training(cfg)
            notes.resume(training)
            for report in train(training):
                notes.history.append([report.index, report.loss, report.accuracy])
                notes.keep(training, report, every=1)
                yield report
            export(notes)
        kit.deliver(notes.weights, folder)


def accuracy(model: Classifier) -> float:
    """Fraction of the test split that is classified as labelled."""
    images, labels = (torch.from_numpy(a.copy()) for a in fashion_mnist.load("test"))
    return float((predict(model, images) == labels).float().mean())
