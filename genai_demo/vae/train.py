"""Trains one autoencoder. `python -m genai_demo train vae` iterates train() over all variants."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

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
class TrainStep:
    """One report: both terms of the loss, mean nats per picture since the last report; kl per dimension (k,)."""

    index: int
    total: int
    reconstruction: float
    kl: tuple[float, ...]
    seconds: float


def train(cfg: TrainConfig, images: Tensor, *, every: int = 100) -> Iterator[tuple[TrainStep, Autoencoder]]:
    """Train on images (n, 28, 28) uint8, yielding report and network (still training) every `every` steps.

    Adam with a one-cycle learning rate; beta rises linearly over the first tenth, which keeps latents from
    dying before they are used (Bowman et al. 2016).
    """
    torch.manual_seed(cfg.seed)
    random = torch.Generator().manual_seed(cfg.seed)
    model = empty(cfg.model).train()
    optimiser = torch.optim.Adam(model.parameters(), lr=cfg.learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, cfg.learning_rate, total_steps=cfg.steps + 1)
    started, reconstruction, kl = time.monotonic(), 0.0, torch.zeros(cfg.model.latent)
    for step in range(1, cfg.steps + 1):
        pick = torch.randint(len(images), (cfg.batch_size,), generator=random)
        terms = losses(model, images[pick].float().div(255).unsqueeze(1), random=random)
        beta = cfg.model.beta * min(1.0, 10 * step / cfg.steps)
        value = terms.reconstruction.mean() + beta * terms.kl.sum(1).mean()
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 50.0)
        optimiser.step()
        schedule.step()
        reconstruction += float(terms.reconstruction.detach().mean()) / every
        kl += terms.kl.detach().mean(0) / every
        if step % every == 0:
            yield (
                TrainStep(step, cfg.steps, reconstruction, tuple(kl.tolist()), time.monotonic() - started),
                model,
            )
            reconstruction, kl = 0.0, torch.zeros(cfg.model.latent)
