"""Trains the classifier. `python -m genai_demo train classifier` iterates train()."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.classifier.model import Classifier, empty
from genai_demo.data import fashion_mnist


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training run depends on; written on the card."""

    epochs: int = 16
    batch_size: int = 128
    learning_rate: float = 2e-3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TrainStep:
    """One report, an epoch long: mean loss, accuracy on the test split (a fraction), seconds so far."""

    index: int
    total: int
    loss: float
    accuracy: float
    seconds: float


def _shifted(x: Tensor, random: torch.Generator) -> Tensor:
    """Each batch moved by up to two pixels, every other one mirrored: (b, 1, 28, 28) -> same."""
    if torch.rand((), generator=random) < 0.5:
        x = x.flip(3)
    dy, dx = (int(n) for n in torch.randint(-2, 3, (2,), generator=random))
    return F.pad(x, (2, 2, 2, 2))[:, :, 2 + dy : 30 + dy, 2 + dx : 30 + dx]


def train(cfg: TrainConfig) -> Iterator[tuple[TrainStep, Classifier]]:
    """Train, yielding after every epoch the report and the network (the same object, still training)."""
    torch.manual_seed(cfg.seed)
    random = torch.Generator().manual_seed(cfg.seed)
    images, labels = (torch.from_numpy(a.copy()) for a in fashion_mnist.load("train"))
    model = empty()
    optimiser = torch.optim.AdamW(model.parameters(), lr=cfg.learning_rate, weight_decay=0.02, fused=True)
    steps = len(images) // cfg.batch_size
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, cfg.learning_rate, total_steps=cfg.epochs * steps)
    started = time.monotonic()
    for epoch in range(cfg.epochs):
        model.train()
        total = 0.0
        for pick in torch.randperm(len(images), generator=random)[: steps * cfg.batch_size].split(cfg.batch_size):
            x = _shifted(images[pick].float().div(255).unsqueeze(1), random)
            value = F.cross_entropy(model(x), labels[pick], label_smoothing=0.05)
            optimiser.zero_grad(set_to_none=True)
            value.backward()
            optimiser.step()
            schedule.step()
            total += float(value.detach())
        model.eval()
        yield TrainStep(epoch + 1, cfg.epochs, total / steps, accuracy(model), time.monotonic() - started), model


@torch.inference_mode()
def accuracy(model: Classifier) -> float:
    """Fraction of the test split that is classified as labelled."""
    images, labels = (torch.from_numpy(a.copy()) for a in fashion_mnist.load("test"))
    right = [
        (model(x.float().div(255).unsqueeze(1)).argmax(1) == y).float().sum()
        for x, y in zip(images.split(1000), labels.split(1000), strict=True)
    ]
    return float(sum(right) / len(images))
