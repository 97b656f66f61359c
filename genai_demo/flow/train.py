"""Trains Glow and TarFlow on Fashion-MNIST. `python -m genai_demo train flow` iterates train_all().

Each keeps a journal in the cache folder and goes on where it was stopped. The learning rate stays as it is until the
last part of the training, so that a training may be made shorter or longer while it runs.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import generator, seeded
from genai_demo.core.training import ModelStep, Resumable, TrainStep, follow
from genai_demo.data import fashion_mnist
from genai_demo.flow import pictures
from genai_demo.flow.glow import GlowConfig
from genai_demo.flow.grey import LEVELS, dequantised
from genai_demo.flow.tarflow import TarflowConfig

SAVE, REPORT = 200, 50  # steps between two states in the cache, and between two reports
HELD = 1000  # training pictures, the last ones, that no step sees: the curve on the card is theirs
HISTORY = 40  # points of it


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. cool: the last share of the steps, whose rate falls to 0."""

    kind: str = "glow"
    model: dict[str, Any] = field(default_factory=dict)
    steps: int = 2000
    batch_size: int = 32
    learning_rate: float = 2e-3
    warmup: int = 100
    cool: float = 0.25
    weight_decay: float = 0.0
    clip: float = 50.0
    ema_decay: float = 0.999
    seed: int = 0


MODELS = {
    "glow": TrainConfig("glow", asdict(GlowConfig()), steps=9600),
    "tarflow": TrainConfig("tarflow", asdict(TarflowConfig()), steps=2134),
}
TITLES = {"glow": "Glow in two scales", "tarflow": "Class-conditional TarFlow"}


@dataclass(frozen=True, slots=True)
class FlowStep(TrainStep):
    """With the bits per dimension of the held-out pictures, by the averaged weights; loss: those of the batches."""

    held_out: float


class Training(Resumable):
    """Network, average, optimiser and random stream."""

    def __init__(self, cfg: TrainConfig, counts: Tensor | None = None) -> None:
        self.cfg = cfg
        with seeded(cfg.seed):
            self.model = pictures.make(cfg.kind, cfg.model, counts).train()
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), betas=(0.9, 0.98), weight_decay=cfg.weight_decay, fused=True
        )
        self.random = generator(cfg.seed)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "average", "optimiser", "random")}

    def advance(self, images: Tensor, labels: Tensor) -> float:
        """One step on pictures (n, 28, 28) uint8 and their classes (n,). -> bits per dimension of its batch."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.cfg, self.step)
        pick = torch.randint(len(images), (self.cfg.batch_size,), generator=self.random)
        x = dequantised(images[pick], self.random)
        loss = pictures.bits(pictures.log_prob(self.model, x, labels[pick])).mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.cfg.clip)
        self.optimiser.step()
        if self.step == 0:  # actnorm has found its first values by now
            self.average.load_state_dict(self.model.state_dict())
        self.step += 1
        follow(self.average, self.model, self.cfg.ema_decay, self.step)
        return float(loss.detach())


def learning_rate(cfg: TrainConfig, step: int) -> float:
    """A linear start, then constant; over the last part a line down to 0."""
    left = (cfg.steps - step) / max(1, cfg.cool * cfg.steps)
    return cfg.learning_rate * min(1.0, (step + 1) / cfg.warmup, left)


@torch.no_grad()
def measured(model: pictures.PictureFlow, images: Tensor, labels: Tensor, *, seed: int = 0) -> Tensor:
    """Bits per dimension of pictures (n, 28, 28) uint8, (n,); dequantised once, by `seed`."""
    random = generator(seed)
    parts = zip(images.split(250), labels.split(250))
    return torch.cat(
        [pictures.bits(pictures.log_prob(model, dequantised(part, random), label)) for part, label in parts]
    )


def histogram(images: Tensor) -> Tensor:
    """How many pixels have each grey, (256,)."""
    return torch.bincount(images.flatten().int(), minlength=LEVELS).float()


def train(training: Training, images: Tensor, labels: Tensor, *, every: int = REPORT) -> Iterator[FlowStep]:
    """From where `training` is to its last step; the last pictures of images (n, 28, 28) uint8 are held out."""
    cfg, started, total = training.cfg, time.monotonic() - training.seconds, 0.0
    seen, held = (images[:-HELD], labels[:-HELD]), (images[-HELD:], labels[-HELD:])
    while training.step < cfg.steps:
        total += training.advance(*seen)
        if training.step % every == 0 or training.step == cfg.steps:
            mean = total / (training.step % every or every)
            held_out = float(measured(training.average, *held).mean()) if training.step % SAVE == 0 else math.nan
            training.seconds = time.monotonic() - started
            yield FlowStep(training.step, cfg.steps, mean, training.seconds, held_out)
            total = 0.0


def train_all(
    names: tuple[str, ...] = tuple(MODELS), *, ship: bool = False, out: Path | None = None, anew: bool = False
) -> Iterator[ModelStep]:
    """Train those that are not finished yet, one after the other; each is written when it is done.

    They go into the cache, with `ship` into assets/weights/flow, or into the folder `out`; anew: from the start.
    Raises DemoError where a half-done one has other settings, or Fashion-MNIST can't be had.
    """
    folder = kit.target("flow", ship=ship, out=out)
    for name in names:
        cfg = MODELS[name]
        with kit.journal("flow", name, cfg, anew=anew, free=("steps",)) as notes:
            if not kit.is_finished(notes.weights, training=kit.stated(cfg)):
                yield from _train_one(name, cfg, notes)
                export(name, notes)
            kit.deliver(notes.weights, folder)


def _train_one(name: str, cfg: TrainConfig, notes: kit.Journal) -> Iterator[ModelStep]:
    found, classes = fashion_mnist.load("train")
    images, labels = torch.from_numpy(found.copy()), torch.from_numpy(classes)
    training = Training(cfg, histogram(images[:-HELD]))
    notes.resume(training)
    for report in train(training, images, labels):
        if not math.isnan(report.held_out):
            notes.history.append([report.index, report.loss, report.held_out, report.seconds])
        notes.keep(training, report, SAVE)
        yield ModelStep(report.index, report.total, report.loss, report.seconds, name)


def export(name: str, notes: kit.Journal) -> Path:
    """Write the averaged weights of a training and the card beside them. -> the card, with no quality yet."""
    model = pictures.make(notes.config["kind"], notes.config["model"])
    model.load_state_dict(pictures.rounded(notes.state["average"]))
    found, classes = fashion_mnist.load("test")
    cost = measured(model.eval(), torch.from_numpy(found.copy()), torch.from_numpy(classes))
    pictures.save(notes.weights, model, pictures.judged(cost, found))
    thin = notes.history[:: max(1, len(notes.history) // HISTORY)]
    return write_card(
        notes.weights,
        title=TITLES[name],
        licence="Apache-2.0",
        data=f"Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), {60_000 - HELD:,} training pictures, MIT",
        parameters=sum(p.numel() for p in model.parameters()),
        config=kit.stated(asdict(model.config)),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        history=[[round(value, 4) for value in row] for row in thin],
        quality={"split": f"test, {len(cost)} pictures", "bits_per_dimension": round(float(cost.mean()), 4)},
    )
