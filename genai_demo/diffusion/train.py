"""Trains the denoiser on Fashion-MNIST. `python -m genai_demo train diffusion` iterates train_all()."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.training import Resumable, TrainStep, follow
from genai_demo.data import fashion_mnist
from genai_demo.diffusion.model import NULL, UNET, empty, loss

SAVE = 500  # steps between two states in the cache


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training run depends on; written on the card."""

    steps: int = 11_000
    batch_size: int = 64
    learning_rate: float = 8e-4
    warmup: int = 300
    class_dropout: float = 0.1
    ema_decay: float = 0.9993
    seed: int = 0


@dataclass(frozen=True, slots=True)
class DenoiserStep(TrainStep):
    """With the learning rate that comes next."""

    learning_rate: float


def learning_rate(cfg: TrainConfig, step: int) -> float:
    """Linear warm-up, then a half cosine down to a twentieth."""
    if step < cfg.warmup:
        return cfg.learning_rate * (step + 1) / cfg.warmup
    done = (step - cfg.warmup) / max(1, cfg.steps - cfg.warmup)
    return cfg.learning_rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))


class Training(Resumable):
    """Network, average, optimiser and random stream; saved together, so that a run resumes where it stopped."""

    def __init__(self, cfg: TrainConfig) -> None:
        torch.manual_seed(cfg.seed)
        self.cfg = cfg
        self.model = empty().train()
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), weight_decay=0.01, fused=True)
        self.random = torch.Generator().manual_seed(cfg.seed)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "average", "optimiser", "random")}

    def advance(self, images: Tensor, labels: Tensor) -> float:
        """One step on pictures (n, 28, 28) uint8 and their classes (n,). -> the loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.cfg, self.step)
        x0, label, angle, noise = _batch(self.cfg, images, labels, self.random)
        value = loss(self.model, x0, label, angle=angle, noise=noise)
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        follow(self.average, self.model, self.cfg.ema_decay, self.step)
        self.step += 1
        return float(value.detach())


def _batch(cfg: TrainConfig, images: Tensor, labels: Tensor, random: torch.Generator) -> tuple[Tensor, ...]:
    pick = torch.randint(len(images), (cfg.batch_size,), generator=random)
    x0 = images[pick].float().div(127.5).sub(1).unsqueeze(1)  # (b, 28, 28) uint8 -> (b, 1, 28, 28) in [-1, 1]
    dropped = torch.rand(cfg.batch_size, generator=random) < cfg.class_dropout
    label = torch.where(dropped, NULL, labels[pick])
    angle = torch.rand(cfg.batch_size, generator=random) * (math.pi / 2)
    return x0, label, angle, torch.randn(x0.shape, generator=random)


def train(training: Training, *, every: int = 100) -> Iterator[DenoiserStep]:
    """From where `training` is to its last step, a report every `every` steps and at the end.

    The averaged weights are the ones to ship. Raises DemoError where the data set can't be had.
    """
    pixels, classes = fashion_mnist.load("train")
    images, labels = torch.from_numpy(pixels.copy()), torch.from_numpy(classes)
    cfg, started, total = training.cfg, time.monotonic() - training.seconds, 0.0
    while training.step < cfg.steps:
        total += training.advance(images, labels)
        if training.step % every == 0 or training.step == cfg.steps:
            training.seconds = time.monotonic() - started
            mean, rate = total / (training.step % every or every), learning_rate(cfg, training.step)
            yield DenoiserStep(training.step, cfg.steps, mean, training.seconds, rate)
            total = 0.0


def train_all(
    cfg: TrainConfig | None = None, *, ship: bool = False, out: Path | None = None, anew: bool = False
) -> Iterator[TrainStep]:
    """Train the denoiser, going on where it was stopped, then write weights and card.

    They go into the cache, with `ship` into assets/weights/diffusion, or into the folder `out`; anew: from the start.
    Yields nothing where the training is finished. Raises DemoError where a half-done one has other settings.
    """
    cfg = cfg or TrainConfig()
    folder = kit.target("diffusion", ship=ship, out=out)
    with kit.journal("diffusion", "fashion", cfg, anew=anew) as notes:
        if not kit.is_finished(notes.weights, config=_stated(cfg), steps=cfg.steps):
            training = Training(cfg)
            notes.resume(training)
            for report in train(training):
                notes.keep(training, report, SAVE)
                yield report
            export(notes)
        kit.deliver(notes.weights, folder)


def export(notes: kit.Journal) -> Path:
    """Write the averaged weights of a finished training (safetensors, fp16) and the card beside them. -> the card.

    The card has no quality yet: `python -m genai_demo quality diffusion` measures it.
    """
    kit.write_weights(notes.weights, kit.halved(notes.state["average"]))
    return write_card(
        notes.weights,
        title="Fashion denoiser",
        licence="Apache-2.0",
        data="Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), 60,000 training pictures, MIT",
        config=_stated(notes.config),
        seed=notes.config["seed"],
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        quality={},
    )


def _stated(config: Any) -> dict[str, Any]:
    """What the card calls config: how it was trained, and the network."""
    return kit.stated({"training": kit.stated(config), "network": UNET})
