"""Trains the autoencoder on scenes of the picture world that are drawn as they are needed. See train.py."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_device, seeded
from genai_demo.core.rates import cosine
from genai_demo.core.training import ModelStep, Resumable, TrainStep, follow
from genai_demo.data.world import draw
from genai_demo.data.world_splits import held_out_scene, training_scene
from genai_demo.text_to_image import autoencoder

NAME = "autoencoder"
DATA = "this project's own picture world, drawn as it is needed (genai_demo/data/world.py), colours of things held out"
MOST = 5  # things in a picture
REPORT, SAVE = 25, 50  # steps between two reports, and two states in the cache folder
JUDGED = 512  # scenes never seen, for the card


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. squared, kl: weights of the terms of the loss; things: how many
    times more their pixels count than those of the background, which fill most of a picture."""

    steps: int = 2_400
    batch_size: int = 16
    learning_rate: float = 1e-3
    warmup: int = 200
    squared: float = 2.0
    things: float = 8.0
    kl: float = 1e-4
    ema_decay: float = 0.999
    seed: int = 0


@dataclass(frozen=True, slots=True)
class AutoencoderStep(TrainStep):
    """With the terms of the loss: absolute and squared error, and nats a latent number."""

    absolute: float
    squared: float
    kl: float


class Training(Resumable):
    """Network, average, optimiser and the random stream of the latents; scenes follow from seed and step."""

    chroma: float = 0.0  # as of autoencoder.losses

    def __init__(self, cfg: TrainConfig) -> None:
        self.cfg, self.device = cfg, pick_device()
        with seeded(cfg.seed):
            self.model = autoencoder.empty().to(self.device).train()
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), weight_decay=1e-3, betas=(0.9, 0.98), fused=True)
        self.random = torch.Generator().manual_seed(cfg.seed)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "average", "optimiser", "random")}

    def batch(self, rng: np.random.Generator) -> Tensor:
        """The pictures of a step, as `losses` takes them."""
        return autoencoder.as_input([draw(training_scene(rng, MOST)) for _ in range(self.cfg.batch_size)])

    def advance(self) -> Tensor:
        """One step. -> the terms of the loss (3,)."""
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = cosine(cfg.learning_rate, self.step, cfg.steps, cfg.warmup)
        x = self.batch(np.random.default_rng((cfg.seed, self.step)))
        noise = torch.randn((cfg.batch_size, *autoencoder.LATENT), generator=self.random)
        x, noise = x.to(self.device), noise.to(self.device)
        terms = torch.stack(autoencoder.losses(self.model, x, noise, cfg.things, self.chroma))
        value = terms @ torch.tensor([1.0, cfg.squared, cfg.kl], device=self.device)
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        follow(self.average, self.model, cfg.ema_decay, self.step)
        self.step += 1
        return terms.detach().cpu()


def train(training: Training, *, every: int = REPORT) -> Iterator[AutoencoderStep]:
    """From where `training` is to its last step, a report every `every` steps and at the end."""
    cfg, started, sums, since = training.cfg, time.monotonic() - training.seconds, torch.zeros(3), 0
    while training.step < cfg.steps:
        sums, since = sums + training.advance(), since + 1
        if training.step % every == 0 or training.step == cfg.steps:
            training.seconds = time.monotonic() - started
            absolute, squared, kl = (sums / since).tolist()
            loss = absolute + cfg.squared * squared + cfg.kl * kl
            yield AutoencoderStep(training.step, cfg.steps, loss, training.seconds, absolute, squared, kl)
            sums, since = torch.zeros(3), 0


def train_one(cfg: TrainConfig | None = None, *, anew: bool = False) -> Iterator[ModelStep]:
    """Train it, going on where it was stopped, then write weights and card into the cache folder.

    One planned for another number of steps goes on too. Raises DemoError where a half-done one has other settings.
    """
    cfg = cfg or TrainConfig()
    with kit.journal("text_to_image", NAME, cfg, anew=anew, free=("steps",)) as notes:
        if not kit.is_finished(notes.weights, training=kit.stated(cfg)):
            training = Training(cfg)
            notes.resume(training)
            for report in train(training):
                notes.history.append([report.index, report.absolute, report.squared, report.kl])
                notes.keep(training, report, SAVE)
                yield ModelStep(report.index, report.total, report.loss, report.seconds, NAME)
            export(notes, training.average)


def judged(count: int, seed: int = 1) -> Tensor:
    """Pictures that no training saw, half with a colour held out and half with a place, as `losses` takes them."""
    rng = np.random.default_rng((seed, count))
    return autoencoder.as_input([draw(held_out_scene(rng, "colour" if i % 2 else "relation")) for i in range(count)])


def export(notes: kit.Journal, average: Any) -> None:
    """Write the averaged weights and their card, with what goes through them measured on scenes never seen."""
    kit.write_weights(notes.weights, kit.halved(average.state_dict()))
    x = judged(JUDGED)
    write_card(
        notes.weights,
        title="Autoencoder of the picture world",
        licence="Apache-2.0",
        data=DATA,
        config=kit.stated({**autoencoder.CONFIG, "scaling_factor": autoencoder.scaling(average, x)}),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        quality={"scenes": len(x), "decibels": round(autoencoder.decibels(average, x), 2)},
    )
