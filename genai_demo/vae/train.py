"""Trains one autoencoder. `python -m genai_demo train vae` iterates train_all(), which trains all ten."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.device import seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.training import ModelStep, Resumable, TrainStep
from genai_demo.data import fashion_mnist
from genai_demo.vae.export import export
from genai_demo.vae.model import Autoencoder, VaeConfig, empty, losses


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training run depends on; written on the card."""

    model: VaeConfig = field(default_factory=VaeConfig)
    steps: int = 3600
    batch_size: int = 128
    learning_rate: float = 2e-3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class VaeStep(TrainStep):
    """With both terms of the loss, mean nats per picture since the last report; kl per dimension (k,)."""

    reconstruction: float
    kl: tuple[float, ...]


def untrained(cfg: TrainConfig) -> Autoencoder:
    """The random network that training starts from."""
    with seeded(cfg.seed):
        return empty(cfg.model)


def beta_at(cfg: TrainConfig, step: int) -> float:
    """Weight of the KL term at a step, 1 to cfg.steps: rises over the first tenth (Bowman et al. 2016), then stays."""
    return cfg.model.beta * min(1.0, 10 * step / cfg.steps) if cfg.model.kind == "vae" else 0.0


class Training(Resumable):
    """Network, optimiser, schedule and random stream. model: starts from it, else from random weights.

    Adam with a one-cycle learning rate; beta rises linearly over the first tenth, which keeps latents from
    dying before they are used (Bowman et al. 2016).
    """

    def __init__(self, cfg: TrainConfig, model: Autoencoder | None = None) -> None:
        self.cfg = cfg
        self.random = torch.Generator().manual_seed(cfg.seed)
        self.model = (model or untrained(cfg)).train()
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=cfg.learning_rate, fused=True)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, cfg.learning_rate, total_steps=cfg.steps + 1
        )

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "optimiser", "schedule", "random")}

    def advance(self, images: Tensor) -> tuple[float, Tensor]:
        """One step on pictures (n, 28, 28) uint8. -> reconstruction, KL per dimension (k,), means in nats."""
        self.step += 1
        pick = torch.randint(len(images), (self.cfg.batch_size,), generator=self.random)
        terms = losses(self.model, images[pick].float().div(255).unsqueeze(1), random=self.random)
        value = terms.reconstruction.mean() + beta_at(self.cfg, self.step) * terms.kl.sum(1).mean()
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 50.0)
        self.optimiser.step()
        self.schedule.step()
        return float(terms.reconstruction.detach().mean()), terms.kl.detach().mean(0)


def train(training: Training, images: Tensor, *, every: int = 100) -> Iterator[VaeStep]:
    """From where `training` is to its last step, a report every `every` steps. images (n, 28, 28) uint8."""
    cfg, started = training.cfg, time.monotonic() - training.seconds
    reconstruction, kl = 0.0, torch.zeros(cfg.model.latent)
    while training.step < cfg.steps:
        nats, each = training.advance(images)
        reconstruction += nats / every
        kl += each / every
        if training.step % every == 0:
            training.seconds = time.monotonic() - started
            loss = reconstruction + beta_at(cfg, training.step) * float(kl.sum())
            yield VaeStep(training.step, cfg.steps, loss, training.seconds, reconstruction, tuple(kl.tolist()))
            reconstruction, kl = 0.0, torch.zeros(cfg.model.latent)


VARIANTS = {
    "ae": VaeConfig("ae"),
    "dae": VaeConfig("dae"),
    "vae": VaeConfig("vae"),
    "beta4": VaeConfig("vae", beta=4.0),
    "beta12": VaeConfig("vae", beta=12.0),
}
SAVE = 200  # steps between two states in the cache
KEPT = (50, 150, 400, 900, 1800, 2700, 3600)  # steps whose network is kept, for the full length
REPORT = 50


def names() -> tuple[str, ...]:
    """All ten: "vae-2", "vae-16", "ae-2" and so on."""
    return tuple(f"{variant}-{latent}" for latent in (2, 16) for variant in VARIANTS)


def config_of(name: str, *, steps: int = KEPT[-1], seed: int = 0) -> TrainConfig:
    """How a shipped model is trained. Raises DemoError for an unknown name."""
    if name not in names():
        raise DemoError(f"model is {name[:40]}; choose one of {', '.join(names())}, or all")
    variant, _, latent = name.partition("-")
    return TrainConfig(replace(VARIANTS[variant], latent=int(latent)), steps=steps, seed=seed)


def train_all(
    *, steps: int = KEPT[-1], seed: int = 0, ship: bool = False, out: Path | None = None, anew: bool = False
) -> Iterator[ModelStep]:
    """Train those of the ten that are not finished yet, one after another; each is written when it is done.

    They go into the cache, with `ship` into assets/weights/vae, or into the folder `out`; anew: from the start.
    Raises DemoError where a half-done one has other settings, or Fashion-MNIST can't be had.
    """
    if steps < REPORT or steps % REPORT:
        raise DemoError(f"steps is {steps}; choose a multiple of {REPORT}")
    folder = kit.target("vae", ship=ship, out=out)
    for name in names():
        cfg = config_of(name, steps=steps, seed=seed)
        with kit.journal("vae", name, cfg, anew=anew) as notes:
            if not kit.is_finished(notes.weights, config=kit.stated(cfg.model), training=stated(cfg)):
                yield from _train_one(name, cfg, notes)
                export(notes, cfg.model, stated(cfg))
            kit.deliver(notes.weights, folder)


def _train_one(name: str, cfg: TrainConfig, notes: kit.Journal) -> Iterator[ModelStep]:
    """Train one model; the journal keeps its network at the moments of KEPT."""
    images = torch.from_numpy(fashion_mnist.load("train")[0].copy())
    training = Training(cfg)
    notes.kept.setdefault(0, kit.halved(training.model.state_dict()))
    notes.resume(training)
    wanted = {max(REPORT, round(step * cfg.steps / KEPT[-1] / REPORT) * REPORT) for step in KEPT} | {cfg.steps}
    for report in train(training, images, every=REPORT):
        notes.history.append([report.index, report.seconds, report.reconstruction, *report.kl])
        if report.index in wanted:
            notes.kept[report.index] = kit.halved(training.model.state_dict())
        notes.keep(training, report, SAVE)
        yield ModelStep(report.index, report.total, report.loss, report.seconds, name)


def stated(cfg: TrainConfig) -> dict[str, Any]:
    """What the card says of how it was trained; the network stands beside it."""
    return {name: value for name, value in kit.stated(cfg).items() if name != "model"}
