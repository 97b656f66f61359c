"""Trains VAE-GANs of several adversarial weights, each as long, all going on from one plain VAE. See train.py."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import generator, pick_device, seeded
from genai_demo.core.training import ModelStep, Resumable
from genai_demo.data import fashion_mnist
from genai_demo.gan.model import plain
from genai_demo.hybrids import vaegan

BASE = "vaegan-base"  # the VAE that all go on from; it stays in the cache
WEIGHTS = {"vaegan-0": 0.0, "vaegan-25": 0.25, "vaegan-50": 0.5, "vaegan-75": 0.75, "vaegan-100": 1.0}
REPORT, SAVE = 50, 300


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. base: steps as a plain VAE, at base_rate, before the weight is
    turned up.

    rising: steps in which the weight grows from 0 to its own; cool: the share of the steps in which rates fall to 0.
    """

    base: int = 1500
    steps: int = 400
    batch_size: int = 64
    base_rate: float = 1e-3
    learning_rate: float = 5e-4
    learning_rate_judge: float = 4e-4
    rising: int = 100
    cool: float = 0.3
    seed: int = 0


class Training(Resumable):
    """Networks, optimisers and random stream. weight: the adversarial one; 0 leaves the discriminator alone."""

    def __init__(self, cfg: TrainConfig, images: Tensor, weight: float, steps: int) -> None:
        self.cfg, self.images, self.weight, self.steps, self.device = cfg, images, weight, steps, pick_device()
        with seeded(cfg.seed):
            self.model = vaegan.VaeGan(weight).to(self.device).train()
        self.optimiser = torch.optim.Adam(self.model.vae.parameters(), cfg.learning_rate, fused=True)
        self.judging = torch.optim.Adam(
            self.model.judge.parameters(), cfg.learning_rate_judge, betas=(0.0, 0.99), fused=True
        )
        self.random = generator(cfg.seed)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "optimiser", "judging", "random")}

    def advance(self) -> float:
        """One step of the discriminator, where there is a weight, and one of the others. -> pixels, in nats."""
        cfg = self.cfg
        left = min(1.0, (self.steps - self.step) / (cfg.cool * self.steps))
        self.optimiser.param_groups[0]["lr"] = cfg.learning_rate * left
        self.judging.param_groups[0]["lr"] = cfg.learning_rate_judge * left
        if self.weight:
            self._judge(self._pictures())
        self.model.judge.requires_grad_(False)
        weight = self.weight * min(1.0, self.step / cfg.rising)
        value, pixels = vaegan.loss(self.model, self._pictures(), weight, self.random)
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.model.vae.parameters(), 50.0)
        self.optimiser.step()
        self.model.judge.requires_grad_(True)
        self.step += 1
        return float(pixels)

    def _judge(self, x: Tensor) -> None:
        value = vaegan.judged(self.model, x, self.random)
        self.judging.zero_grad(set_to_none=True)
        value.backward()
        self.judging.step()

    def _pictures(self) -> Tensor:
        pick = torch.randint(len(self.images), (self.cfg.batch_size,), generator=self.random)
        return self.images[pick].to(self.device).float().div(255).unsqueeze(1)


def train_one(name: str, cfg: TrainConfig | None = None, *, anew: bool = False) -> Iterator[ModelStep]:
    """Train the one of that name, going on where it was stopped, and write weights and card into the cache folder."""
    cfg = cfg or TrainConfig()
    images = torch.from_numpy(fashion_mnist.load("train")[0].copy())
    base = yield from _base(cfg, images, anew=anew)
    told = {**kit.stated(cfg), "weight": WEIGHTS[name]}
    with kit.journal("hybrids", name, told, anew=anew) as notes:
        if kit.is_finished(notes.weights, training=told):
            return
        training = Training(cfg, images, WEIGHTS[name], cfg.steps)
        training.model.load_state_dict(base)
        notes.resume(training)
        yield from _steps(training, notes, name)
        training.model.judge = plain(training.model.judge)
        kit.write_weights(
            notes.weights, kit.halved(training.model.state_dict()), {"weight": json.dumps(training.weight)}
        )
        write_card(
            notes.weights,
            title=f"VAE-GAN, adversarial weight {training.weight:g}" if training.weight else "Plain VAE",
            licence="Apache-2.0",
            data="Fashion-MNIST, 60,000 training pictures (MIT, Zalando)",
            config={"latent": vaegan.LATENT, "width": vaegan.WIDTH, "judge": vaegan.JUDGE, "weight": training.weight},
            training=notes.config,
            steps=cfg.base + notes.step,
            wall_seconds=round(notes.seconds),
            history=notes.history,
        )


def _base(cfg: TrainConfig, images: Tensor, *, anew: bool) -> Generator[ModelStep, None, Mapping[str, Tensor]]:
    """Train the VAE that all go on from, where it is not there. -> its state, by `yield from`."""
    first = replace(cfg, steps=cfg.base, learning_rate=cfg.base_rate)
    with kit.journal("hybrids", BASE, kit.stated(first), anew=anew) as notes:
        training = Training(first, images, 0.0, cfg.base)
        notes.resume(training)
        yield from _steps(training, notes, BASE)
        return training.model.state_dict()


def _steps(training: Training, notes: kit.Journal, name: str) -> Iterator[ModelStep]:
    yield from kit.sitting(notes, training, training.steps, name, REPORT, SAVE)
