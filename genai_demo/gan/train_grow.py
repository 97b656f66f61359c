"""Grows a GAN on Fashion-MNIST: 7x7, 14x14, 28x28, with the objective of WGAN-GP, as Karras et al. 2018 do."""

from __future__ import annotations

import copy
import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genai_demo.core.device import generator, seeded
from genai_demo.core.training import Journal, Resumable, TrainStep, follow, halved
from genai_demo.data import fashion_mnist
from genai_demo.gan.grow import LATENT, Critic, Grower, at_stage
from genai_demo.gan.objectives import LOSSES, gradient_penalty
from genai_demo.gan.train_fashion import PARTS, scaled

DRIFT = 1e-3  # weight of the squared logits of real pictures, which keeps them near 0 (Karras et al. 2018, A.1)


@dataclass(frozen=True, slots=True)
class GrowConfig:
    """fades: steps over which stage 1 and 2 are faded in; still: steps of each stage after that."""

    fades: tuple[int, int] = (800, 1500)
    still: tuple[int, int, int] = (1500, 1200, 4000)
    batch_size: int = 32
    learning_rate: float = 1e-3
    penalty: float = 10.0
    average: float = 0.995
    seed: int = 0

    @property
    def steps(self) -> int:
        return sum(self.fades) + sum(self.still)

    def at(self, step: int) -> tuple[int, float]:
        """Stage and alpha after `step` steps."""
        begin = 0
        for stage, (fade, still) in enumerate(zip((0, *self.fades), self.still, strict=True)):
            if step < begin + fade + still or stage == len(self.still) - 1:
                return stage, min(1.0, (step - begin) / fade) if fade else 1.0
            begin += fade + still
        raise AssertionError

    @property
    def kept(self) -> tuple[int, ...]:
        """Steps whose generator is shipped: each stage early and done, each fade at its thirds."""
        marks, begin = [self.still[0] // 8, self.still[0] // 2], self.still[0]
        for fade, still in zip(self.fades, self.still[1:], strict=True):
            marks += [begin - 50, begin + fade // 3, begin + 2 * fade // 3, begin + fade, begin + fade + still // 2]
            begin += fade + still
        return (*(max(50, round(mark / 50) * 50) for mark in marks), self.steps)


@dataclass(frozen=True, slots=True)
class GrowStep(TrainStep):
    """With the critic's estimate of the distance; loss is the generator's."""

    distance: float
    stage: int


class Growing(Resumable):
    """Both networks, both optimisers, the running mean."""

    def __init__(self, cfg: GrowConfig) -> None:
        self.cfg, self.random = cfg, generator(cfg.seed)
        with seeded(cfg.seed):
            self.g, self.d = Grower(), Critic()
        self.mean = copy.deepcopy(self.g).requires_grad_(False)
        self.opt_g, self.opt_d = (
            torch.optim.Adam(network.parameters(), cfg.learning_rate, (0.0, 0.99), fused=True)
            for network in (self.g, self.d)
        )

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in PARTS}

    def advance(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """One step of each on pictures (n, 28, 28) uint8. -> G's loss, estimated distance."""
        stage, alpha = self.cfg.at(self.step)
        real = at_stage(scaled(images), stage, alpha)
        with torch.no_grad():
            fake = self.g(self._z(), stage, alpha)
        on_real, on_fake = self.d(real, stage, alpha), self.d(fake, stage, alpha)  # apart: the spread is the batch's
        loss = LOSSES["wgan-gp"].discriminator(on_real, on_fake)
        mix = torch.rand(len(real), generator=self.random)
        slope = gradient_penalty(lambda x: self.d(x, stage, alpha), real, fake, mix)
        self._learn(self.opt_d, loss + self.cfg.penalty * slope + DRIFT * on_real.square().mean())
        self.d.requires_grad_(False)
        loss_g = LOSSES["wgan-gp"].generator(self.d(self.g(self._z(), stage, alpha), stage, alpha))
        self._learn(self.opt_g, loss_g)
        self.d.requires_grad_(True)
        self.step += 1
        follow(self.mean, self.g, self.cfg.average, self.step)
        return loss_g.detach(), -loss.detach()

    def _z(self) -> Tensor:
        return torch.randn(self.cfg.batch_size, LATENT, generator=self.random)

    @staticmethod
    def _learn(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()


def steps(growing: Growing) -> Iterator[tuple[Tensor, Tensor]]:
    """One step after another, for ever, on Fashion-MNIST's training split."""
    pictures = torch.from_numpy(fashion_mnist.load("train")[0].copy())
    while True:
        pick = torch.randint(len(pictures), (growing.cfg.batch_size,), generator=growing.random)
        yield growing.advance(pictures[pick])


def train_growing(notes: Journal, cfg: GrowConfig, *, every: int = 50, save: int = 250) -> Iterator[GrowStep]:
    """Train it; goes on where it was stopped. The journal keeps the generators of cfg.kept."""
    growing = Growing(cfg)
    notes.resume(growing)
    started, sums = time.monotonic() - growing.seconds, torch.zeros(2)
    for found in itertools.islice(steps(growing), cfg.steps - growing.step):
        sums += torch.stack(found)
        if growing.step % every == 0:
            loss, distance = (sums / every).tolist()
            sums.zero_()
            growing.seconds = time.monotonic() - started
            report = GrowStep(growing.step, cfg.steps, loss, growing.seconds, distance, cfg.at(growing.step)[0])
            notes.history.append([growing.step, loss, distance])
            if growing.step in cfg.kept:
                notes.kept[growing.step] = halved(growing.mean.state_dict())
            notes.keep(growing, report, save)
            yield report
