"""Trains U-Net and text encoder together on latents of the finished autoencoder. See train.py."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_device, seeded
from genai_demo.core.training import ModelStep, Resumable, TrainStep, follow
from genai_demo.text_to_image import denoiser, latents, measuring, pipeline
from genai_demo.text_to_image.latents import Encoded
from genai_demo.text_to_image.rates import trapezoid

NAME = "denoiser"
DATA = "this project's own picture world (genai_demo/data/world.py), its training half (world_splits.py)"
REPORT, SAVE = 25, 100  # steps between two reports, and two states in the cache folder


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. scenes: how many there are; dropped: share without caption."""

    steps: int = 20_000
    batch_size: int = 32
    scenes: int = 64_000
    learning_rate: float = 4e-4
    warmup: int = 500
    dropped: float = 0.1
    ema_decay: float = 0.9993
    seed: int = 0


class Training(Resumable):
    """Networks, average, optimiser and random stream. scale: the autoencoder's scaling_factor."""

    def __init__(self, cfg: TrainConfig, data: Encoded, scale: float) -> None:
        self.cfg, self.data, self.scale, self.device = cfg, data, scale, pick_device()
        with seeded(cfg.seed):
            self.model = denoiser.empty().to(self.device).train()
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), weight_decay=0.01, betas=(0.9, 0.99), fused=True)
        self.random = torch.Generator().manual_seed(cfg.seed)
        self.no_words = denoiser.ids_of([""])

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "average", "optimiser", "random")}

    def advance(self) -> float:
        """One step. -> the loss."""
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = trapezoid(cfg.learning_rate, self.step, cfg.steps, cfg.warmup)
        z, ids, t, noise = (part.to(self.device) for part in self._batch())
        value = denoiser.loss(self.model, z, ids, t=t, noise=noise)
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        follow(self.average, self.model, cfg.ema_decay, self.step)
        self.step += 1
        return float(value.detach())

    def _batch(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Latents, captions, times and noise."""
        b, random = self.cfg.batch_size, self.random
        pick = torch.randint(len(self.data.z), (b,), generator=random)
        which = torch.randint(self.data.ids.shape[1], (b,), generator=random)
        dropped = torch.rand(b, generator=random) < self.cfg.dropped
        ids = torch.where(dropped[:, None], self.no_words, self.data.ids[pick, which].long())
        t = torch.randint(denoiser.SCHEDULE["num_train_timesteps"], (b,), generator=random)
        z = self.data.z[pick].float() * self.scale
        return z, ids, t, torch.randn(z.shape, generator=random)


def train(training: Training, *, every: int = REPORT) -> Iterator[TrainStep]:
    """From where `training` is to its last step, a report every `every` steps and at the end."""
    cfg, started, total, since = training.cfg, time.monotonic() - training.seconds, 0.0, 0
    while training.step < cfg.steps:
        total, since = total + training.advance(), since + 1
        if training.step % every == 0 or training.step == cfg.steps:
            training.seconds = time.monotonic() - started
            yield TrainStep(training.step, cfg.steps, total / since, training.seconds)
            total, since = 0.0, 0


def train_one(cfg: TrainConfig | None = None, *, anew: bool = False) -> Iterator[ModelStep]:
    """Train it, going on where it was stopped, then write weights, card and the whole pipeline into the cache folder.

    One planned for another number of steps goes on too. Raises DemoError where autoencoder or detector are not
    finished, or where a half-done one has other settings.
    """
    cfg = cfg or TrainConfig()
    folder = kit.folder_of("text_to_image")
    vae, card = pipeline.finished_autoencoder(folder)
    told = {**kit.stated(cfg), "autoencoder": card["sha256"]}
    with kit.journal("text_to_image", NAME, told, anew=anew, free=("steps",)) as notes:
        if not kit.is_finished(notes.weights, training=told):
            data = latents.load(folder / f"latents-{card['sha256'][:12]}", cfg.scenes, vae, cfg.seed)
            training = Training(cfg, data, vae.config.scaling_factor)
            notes.resume(training)
            for report in train(training):
                notes.history.append([report.index, report.loss])
                notes.keep(training, report, SAVE)
                yield ModelStep(report.index, report.total, report.loss, report.seconds, NAME)
            export(notes, training.average, folder)


def export(notes: kit.Journal, average: denoiser.Denoiser, folder: Path) -> None:
    """Write the averaged weights, their card and the pipeline; the detector judges what it draws of prompts."""
    kit.write_weights(notes.weights, kit.halved(average.state_dict()))
    pipe = pipeline.assembled(folder)
    quality = measuring.prompt_accuracy(pipe, pipeline.finished_detector(folder), measuring.PROMPTS)
    for part in (pipe.vae, pipe.unet, pipe.text_encoder):
        part.half()  # nothing is lost: the weights came in half precision
    pipe.save_pretrained(folder / "pipeline")
    write_card(
        notes.weights,
        title="Denoiser of the picture world",
        licence="Apache-2.0",
        data=DATA,
        config=kit.stated({"unet": denoiser.UNET, "text": denoiser.TEXT, "schedule": denoiser.SCHEDULE}),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        quality=quality,
    )
