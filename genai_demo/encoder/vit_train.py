"""Trains the Vision Transformer on Fashion-MNIST. `python -m genai_demo train encoder` calls train_one."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import generator, seeded
from genai_demo.core.training import ModelStep, Resumable
from genai_demo.data import fashion_mnist
from genai_demo.encoder.vit import SETTINGS, SIDE, empty, scaled

REPORT, SAVE = 20, 100  # batches between two reports, and between two states in the cache
SHIFT = 1  # pixels that a batch is moved at most


@dataclass(frozen=True, slots=True)
class ViTConfig:
    """What a training depends on; written on the card. steps: batches; the rate rises, then falls as a cosine."""

    steps: int = 1600
    batch_size: int = 128
    learning_rate: float = 2e-3
    warmup: int = 150
    weight_decay: float = 0.05
    smoothing: float = 0.05
    seed: int = 0


MODELS = {"patches": ViTConfig()}


class Training(Resumable):
    """Network, optimiser, random stream. images (n, 28, 28) uint8 and labels (n,) are not changed."""

    def __init__(self, cfg: ViTConfig, images: Tensor, labels: Tensor) -> None:
        self.cfg, self.images, self.labels = cfg, images, labels
        with seeded(cfg.seed):
            self.model: Any = empty()
        matrices = [p for p in self.model.parameters() if p.ndim == 2]
        others = [p for p in self.model.parameters() if p.ndim != 2]
        groups = [{"params": matrices, "weight_decay": cfg.weight_decay}, {"params": others, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=cfg.learning_rate, fused=True)
        self.random = generator(cfg.seed)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "optimiser", "random")}

    def advance(self) -> float:
        """One batch, mirrored every other time and moved by a pixel. -> the loss in nats."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.cfg, self.step)
        pick = torch.randint(len(self.images), (self.cfg.batch_size,), generator=self.random)
        x = moved(scaled(self.images[pick]), self.random)
        loss = F.cross_entropy(self.model(pixel_values=x).logits, self.labels[pick], label_smoothing=self.cfg.smoothing)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.step += 1
        return float(loss.detach())


def learning_rate(cfg: ViTConfig, step: int) -> float:
    """A linear start, then half a cosine down to 0."""
    return cfg.learning_rate * min((step + 1) / cfg.warmup, (1 + math.cos(math.pi * step / cfg.steps)) / 2)


def moved(x: Tensor, random: torch.Generator) -> Tensor:
    """A batch (b, 1, 28, 28), every other one mirrored, and moved by up to SHIFT pixels; black comes in."""
    if torch.rand((), generator=random) < 0.5:
        x = x.flip(3)
    dy, dx = (int(n) for n in torch.randint(0, 2 * SHIFT + 1, (2,), generator=random))
    return F.pad(x, (SHIFT,) * 4, value=-1.0)[:, :, dy : dy + SIDE, dx : dx + SIDE]


@torch.inference_mode()
def accuracy(network: Any, images: Tensor, labels: Tensor) -> float:
    """Share of pictures whose class it tells."""
    told = [network(pixel_values=scaled(part)).logits.argmax(1) for part in images.split(500)]
    return float((torch.cat(told) == labels).float().mean())


def train_one(name: str, notes: kit.Journal, cfg: ViTConfig) -> Iterator[ModelStep]:
    """From where the journal is to the last step; then weights and card. Raises DemoError where data can't be had."""
    images, labels = (torch.from_numpy(part.copy()) for part in fashion_mnist.load("train"))
    training = Training(cfg, images, labels)
    notes.resume(training)
    yield from kit.sitting(notes, training, cfg.steps, name, REPORT, SAVE)
    export(notes, cfg)


def export(notes: kit.Journal, cfg: ViTConfig) -> None:
    """Write the weights in half precision, and a card with the accuracy on the test pictures of what was written."""
    weights = kit.halved(notes.state["model"])
    kit.write_weights(notes.weights, weights, {"settings": json.dumps(SETTINGS)})
    network = empty()
    network.load_state_dict({key: value.float() for key, value in weights.items()})
    images, labels = (torch.from_numpy(part.copy()) for part in fashion_mnist.load("test"))
    write_card(
        notes.weights,
        title="Vision Transformer on Fashion-MNIST",
        licence="Apache-2.0",
        data="Fashion-MNIST (Xiao et al. 2017), MIT",
        parameters=sum(p.numel() for p in network.parameters()),
        config=SETTINGS,
        training=kit.stated(cfg),
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        history=notes.history[:: max(1, len(notes.history) // 40)],
        quality={"accuracy": round(accuracy(network.eval(), images, labels), 4), "pictures": len(labels)},
    )
