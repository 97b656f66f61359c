"""Trains what is shipped: two restricted Boltzmann machines, a belief network on one of them, an energy of pictures.

`python -m genai_demo train ebm` iterates train_all(). Each has its own step and shares the loop.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import generator, seeded, threads
from genai_demo.core.training import ModelStep, Resumable
from genai_demo.data import fashion_mnist
from genai_demo.ebm import bundle
from genai_demo.ebm.learning import paired
from genai_demo.ebm.machine import Machine, drawn
from genai_demo.ebm.pictures_model import HEAT, PicturesConfig, PicturesEnergy, energies, slope

INK = 128  # grey value from which a pixel is on
SAVE, REPORT = 200, 50
SCORED = 1000  # test pictures whose energies travel with the weights
DATA = "Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), 60,000 training pictures, MIT"


@dataclass(frozen=True, slots=True)
class MachineConfig:
    """method: cd begins each chain at the data, pcd goes on with `chains` of them; k: Gibbs steps."""

    method: str
    k: int
    visible: int = bundle.PIXELS
    hidden: int = 256
    steps: int = 14_000
    batch_size: int = 128
    chains: int = 512
    learning_rate: float = 2e-3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class PicturesTraining:
    """warm: steps of energy matching alone; to those beyond, `weight` times, the contrastive part is added."""

    model: PicturesConfig = field(default_factory=PicturesConfig)
    steps: int = 7200
    warm: int = 7200
    batch_size: int = 64
    learning_rate: float = 1e-3
    buffer: int = 1000
    chains: int = 32
    walk: int = 10
    dt: float = 0.05
    weight: float = 0.01
    decay: float = 0.999
    seed: int = 0


class MachineTraining(Resumable):
    """Adam on F(data) - F(chains), whose gradient is that of contrastive divergence (Hinton 2002, Tieleman 2008)."""

    def __init__(self, cfg: MachineConfig, rate: Tensor) -> None:
        self.cfg = cfg
        self.random = generator(cfg.seed)
        self.model = Machine(cfg.visible, cfg.hidden, self.random)
        with torch.no_grad():
            self.model.b.copy_(torch.logit(rate.clamp(0.01, 0.99)))
        self.optimiser = torch.optim.Adam(self.model.parameters(), betas=(0.5, 0.99), fused=True)
        self.chains = drawn(rate.expand(cfg.chains, -1), self.random)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "optimiser", "random")}

    def state(self) -> dict[str, Any]:
        return {**Resumable.state(self), "chains": self.chains.bool()}

    def restore(self, state: Mapping[str, Any]) -> None:
        Resumable.restore(self, state)
        self.chains = state["chains"].float()

    def advance(self, data: Tensor) -> float:
        """One step on data (n, visible) uint8 of 0 and 1. -> F(data) - F(chains), mean in nats."""
        cfg = self.cfg
        v = data[torch.randint(len(data), (cfg.batch_size,), generator=self.random)].float()
        pick = torch.randperm(cfg.chains, generator=self.random)[: cfg.batch_size]
        x = v if cfg.method == "cd" else self.chains[pick]
        for _ in range(cfg.k):
            x, _ = self.model.gibbs(x, self.random)
        self.chains[pick] = x
        loss = self.model.free_energy(v).mean() - self.model.free_energy(x).mean()
        self.optimiser.param_groups[0]["lr"] = cfg.learning_rate * max(0.02, 1 - self.step / cfg.steps)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.step += 1
        return float(loss.detach())


class PicturesTrainer(Resumable):
    """Energy matching (Balcerak et al. 2025) on pictures in [-1, 1]; `average`: the running mean, which is shipped."""

    def __init__(self, cfg: PicturesTraining) -> None:
        self.cfg = cfg
        self.random = generator(cfg.seed)
        with seeded(cfg.seed):
            self.model, self.average = PicturesEnergy(cfg.model), PicturesEnergy(cfg.model).requires_grad_(False)
        self.average.load_state_dict(self.model.state_dict())
        self.optimiser = torch.optim.Adam(self.model.parameters(), betas=(0.9, 0.99), fused=True)
        self.chains = torch.randn(cfg.buffer, 1, bundle.SIDE, bundle.SIDE, generator=self.random)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "average", "optimiser", "random")}

    def state(self) -> dict[str, Any]:
        return {**Resumable.state(self), "chains": self.chains.half()}

    def restore(self, state: Mapping[str, Any]) -> None:
        Resumable.restore(self, state)
        self.chains = state["chains"].float()

    def advance(self, data: Tensor) -> float:
        """One step on data (n, 784) uint8. -> the squared error of the slope, mean a pixel."""
        cfg = self.cfg
        x = data[torch.randint(len(data), (cfg.batch_size,), generator=self.random)].float()
        x = (x / 127.5 - 1).reshape(-1, 1, bundle.SIDE, bundle.SIDE)
        z = torch.randn(x.shape, generator=self.random)
        there = x[torch.multinomial(paired(z.flatten(1), x.flatten(1)), 1, generator=self.random)[:, 0]]
        t = torch.rand(len(x), 1, 1, 1, generator=self.random)
        error = (slope(self.model, torch.lerp(z, there, t), keep=True) + there - z).square().mean()
        loss = error
        if self.step >= cfg.warm:
            away = self.walked()
            gap = self.model(away).mean() - self.model(x[: cfg.chains]).mean()
            loss = error - cfg.weight * gap.clamp(max=1 / cfg.weight)
        self.optimiser.param_groups[0]["lr"] = cfg.learning_rate * min(1, (self.step + 1) / 100)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        kit.follow(self.average, self.model, cfg.decay, self.step)
        self.step += 1
        return float(error.detach())

    def walked(self) -> Tensor:
        """Some chains of the buffer, a few begun anew, `walk` Langevin steps further."""
        cfg = self.cfg
        pick = torch.randperm(cfg.buffer, generator=self.random)[: cfg.chains]
        x = self.chains[pick]
        x[:2] = torch.randn(x[:2].shape, generator=self.random)
        for _ in range(cfg.walk):
            noise = torch.randn(x.shape, generator=self.random)
            x = x - cfg.dt * slope(self.model, x) + (2 * cfg.dt * HEAT) ** 0.5 * noise
        self.chains[pick] = x
        return x


CONFIGS: dict[str, MachineConfig | PicturesTraining] = {
    "rbm-cd": MachineConfig("cd", 1),
    "rbm-pcd": MachineConfig("pcd", 1),
    "dbn": MachineConfig("pcd", 1, visible=256, hidden=128, steps=8000),
    "pictures": PicturesTraining(),
}


def train_all(*, ship: bool = False, out: Path | None = None, anew: bool = False) -> Iterator[ModelStep]:
    """Train those that are not finished yet, one after another, on one thread; each is written when it is done.

    They go into the cache, with `ship` into assets/weights/ebm, or into the folder `out`; anew: from the start.
    Raises DemoError where a half-done one has other settings, or Fashion-MNIST can't be had.
    """
    folder = kit.target("ebm", ship=ship, out=out)
    images = torch.from_numpy(fashion_mnist.load("train")[0].copy()).flatten(1)
    for name, cfg in CONFIGS.items():
        with kit.journal("ebm", name, cfg, anew=anew, free=("steps", "warm")) as notes:
            if not kit.is_finished(notes.weights, training=kit.stated(cfg)):
                yield from sitting(name, images, notes)
            kit.deliver(notes.weights, folder)


def sitting(name: str, images: Tensor, notes: kit.Journal) -> Iterator[ModelStep]:
    """Train one to its end and write it. images (n, 784) uint8."""
    cfg = CONFIGS[name]
    with threads(1):
        data = learnt(name, images)
    training: MachineTraining | PicturesTrainer
    if isinstance(cfg, MachineConfig):
        training = MachineTraining(cfg, data.float().mean(0))
    else:
        training = PicturesTrainer(cfg)
    notes.resume(training)
    started, total = time.monotonic() - training.seconds, 0.0
    while training.step < cfg.steps:
        with threads(1):
            total += training.advance(data)
        if training.step % REPORT == 0:
            training.seconds = time.monotonic() - started
            report = ModelStep(training.step, cfg.steps, total / REPORT, training.seconds, name)
            notes.history.append([report.index, report.seconds, report.loss])
            notes.keep(training, report, SAVE)
            yield report
            total = 0.0
    export(name, training, notes)


def learnt(name: str, images: Tensor) -> Tensor:
    """What a model learns, of pictures (n, 784) uint8: grey, on or off, or hidden units of the machine below."""
    if name == "pictures":
        return images
    on = (images >= INK).to(torch.uint8)
    if name != "dbn":
        return on
    under, random = bundle.machine(kit.folder_of("ebm") / "rbm-pcd.safetensors"), generator(1)
    with torch.no_grad():
        return torch.cat([drawn(under.hidden(part.float()), random) for part in on.split(2000)]).to(torch.uint8)


def export(name: str, training: MachineTraining | PicturesTrainer, notes: kit.Journal) -> Path:
    """Write weights and card; `python -m genai_demo quality ebm` measures the rest."""
    state = dict((training.average if isinstance(training, PicturesTrainer) else training.model).state_dict())
    parameters = sum(value.numel() for value in state.values())
    if name == "dbn":
        under = bundle.machine(notes.path.with_name("rbm-pcd.safetensors")).state_dict()
        state = {f"top.{key}": value for key, value in state.items()}
        state |= {f"under.{key}": value for key, value in under.items()}
        parameters = sum(value.numel() for value in state.values())
    if isinstance(training, PicturesTrainer):
        state["scores"] = energies(training.average, fashion_mnist.load("test")[0][:SCORED]).sort().values
    cfg = kit.stated(CONFIGS[name])
    bundle.save(notes.weights, state, config=cfg.get("model", cfg))
    return write_card(
        notes.weights,
        data=DATA,
        licence="Apache-2.0",
        config=cfg.get("model", {key: cfg[key] for key in ("visible", "hidden") if key in cfg}),
        training=cfg,
        wall_seconds=round(notes.seconds),
        device=notes.device,
        parameters=parameters,
        quality={"last_loss": round(notes.history[-1][2], 5)},
        history=thin(notes.history),
    )


def thin(history: list[list[float]], most: int = 36) -> list[dict[str, Any]]:
    """About `most` evenly spaced reports, the first and the last among them."""
    keep = np.unique(np.linspace(0, len(history) - 1, most).round().astype(int))
    return [
        dict(zip(("step", "seconds", "loss"), (int(s), round(t, 1), round(v, 4))))
        for s, t, v in (history[i] for i in keep)
    ]
