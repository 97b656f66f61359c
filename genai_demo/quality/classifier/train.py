"""Trains the classifier. `python -m genai_demo train classifier` iterates train_all()."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core.cards import machine
from genai_demo.core.errors import DemoError
from genai_demo.core.home import home
from genai_demo.core.spec import WEIGHTS
from genai_demo.data import fashion_mnist
from genai_demo.quality.classifier.export import export, is_shipped, predict
from genai_demo.quality.classifier.model import Classifier, empty


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


class _State:
    """Everything a run goes on from: network, optimiser, schedule, both random streams (dropout has the second)."""

    def __init__(self, cfg: TrainConfig, steps: int) -> None:
        torch.manual_seed(cfg.seed)
        self.random = torch.Generator().manual_seed(cfg.seed)
        self.model = empty()
        rate = cfg.learning_rate
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=rate, weight_decay=0.02, fused=True)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, rate, total_steps=cfg.epochs * steps)
        self.epoch, self.seconds = 0, 0.0

    def save(self, path: Path, cfg: TrainConfig, loss: float) -> None:
        parts = {name: getattr(self, name).state_dict() for name in ("model", "optimiser", "schedule")}
        facts = {"config": asdict(cfg), "loss": loss, "epoch": self.epoch, "seconds": self.seconds}
        streams = {"random": self.random.get_state(), "dropout": torch.get_rng_state()}
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save({**parts, **facts, **streams, "device": machine()}, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").replace(path)

    def resume(self, path: Path, cfg: TrainConfig) -> None:
        saved: dict[str, Any] = torch.load(path, weights_only=True)
        if saved["config"] != asdict(cfg):
            raise DemoError(f"{path} is of a training with other settings; move it away to start anew")
        for name in ("model", "optimiser", "schedule"):
            getattr(self, name).load_state_dict(saved[name])
        self.random.set_state(saved["random"])
        torch.set_rng_state(saved["dropout"])
        self.epoch, self.seconds = saved["epoch"], saved["seconds"]


def train(cfg: TrainConfig, *, checkpoint: Path | None = None) -> Iterator[tuple[TrainStep, Classifier]]:
    """Train, yielding after every epoch the report and the network (the same object, still training).

    Resumes from `checkpoint` where it exists and writes it after every epoch.
    Raises DemoError where the data set can't be had or the checkpoint is of other settings.
    """
    images, labels = (torch.from_numpy(a.copy()) for a in fashion_mnist.load("train"))
    steps = len(images) // cfg.batch_size
    state = _State(cfg, steps)
    if checkpoint is not None and checkpoint.exists():
        state.resume(checkpoint, cfg)
    started = time.monotonic() - state.seconds
    while state.epoch < cfg.epochs:
        loss = _epoch(cfg, state, images, labels, steps)
        state.epoch, state.seconds = state.epoch + 1, time.monotonic() - started
        report = TrainStep(state.epoch, cfg.epochs, loss, accuracy(state.model), time.monotonic() - started)
        if checkpoint is not None:
            state.save(checkpoint, cfg, loss)
        yield report, state.model


def _epoch(cfg: TrainConfig, state: _State, images: Tensor, labels: Tensor, steps: int) -> float:
    """One pass over the pictures; the mean loss. Leaves the network in evaluation mode."""
    state.model.train()
    total = 0.0
    order = torch.randperm(len(images), generator=state.random)[: steps * cfg.batch_size]
    for pick in order.split(cfg.batch_size):
        x = _shifted(images[pick].float().div(255).unsqueeze(1), state.random)
        value = F.cross_entropy(state.model(x), labels[pick], label_smoothing=0.05)
        state.optimiser.zero_grad(set_to_none=True)
        value.backward()
        state.optimiser.step()
        state.schedule.step()
        total += float(value.detach())
    state.model.eval()
    return total / steps


def train_all(cfg: TrainConfig | None = None, *, out: Path | None = None) -> Iterator[TrainStep]:
    """Train the judge, going on from its checkpoint in the cache folder, then write weights and card.

    Yields nothing where the training is finished. out: a folder, assets/weights/classifier unless given.
    """
    cfg = cfg or TrainConfig()
    checkpoint = home() / "train" / "classifier" / "last.pt"
    path = (out or WEIGHTS / "classifier") / "fashion.safetensors"
    trained = False
    for report, _ in train(cfg, checkpoint=checkpoint):
        trained = True
        yield report
    if trained or not is_shipped(path, asdict(cfg)):
        saved: dict[str, Any] = torch.load(checkpoint, weights_only=True)
        facts = {"wall_seconds": round(saved["seconds"]), "loss": round(saved["loss"], 4), "device": saved["device"]}
        export(saved["model"], path, config=asdict(cfg), **facts)


def accuracy(model: Classifier) -> float:
    """Fraction of the test split that is classified as labelled."""
    images, labels = (torch.from_numpy(a.copy()) for a in fashion_mnist.load("test"))
    return float((predict(model, images) == labels).float().mean())
