"""Trains the two networks of the cascade, on pixels of the scenes that the latent denoiser learns from. See train.py.

The first one begins from the latent denoiser, whose layers inside fit: latents of 16 x 16 are much like small pictures.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_device, seeded
from genai_demo.core.rates import trapezoid
from genai_demo.core.spec import WEIGHTS
from genai_demo.core.training import ModelStep, Resumable, follow
from genai_demo.text_to_image import autoencoder, cascade, denoiser, latents, pipeline
from genai_demo.text_to_image.train_denoiser import DATA, LATE, Teller

BASE, ENLARGER = "base", "enlarger"
REPORT, SAVE = 25, 100  # steps between two reports, and two states in the cache folder
FREE = ("steps", "precision", "falling")  # settings in which an earlier sitting may differ


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. things: how many times more a pixel of a thing counts.

    dropped, and for the first network middle, noisiest, least, most, told, empty, ground: as of train_denoiser.
    """

    steps: int = 1_000
    batch_size: int = 64
    scenes: int = 32_000
    precision: str = field(default_factory=kit.fit_precision)
    learning_rate: float = 1e-3
    warmup: int = 100
    falling: float = 0.3
    dropped: float = 0.1
    middle: float = 0.45
    noisiest: float = 0.3
    least: int = 350
    most: int = 880
    told: float = 0.3
    empty: float = 0.15
    ground: float = 0.1
    things: float = 4.0
    ema_decay: float = 0.998
    seed: int = 0


LARGER = TrainConfig(steps=4_000, batch_size=32, dropped=0.0)


class _Training(Resumable):
    """Network, average, optimiser and random stream of one of the two."""

    optimiser: torch.optim.Optimizer

    def __init__(self, cfg: TrainConfig, data: latents.Drawn, model: Any, words: Mapping[str, Tensor]) -> None:
        self.cfg, self.data, self.device = cfg, data, pick_device()
        self.model = model.to(self.device).train()
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.reader = denoiser.empty().text_encoder.to(self.device).eval().requires_grad_(False)
        self.reader.load_state_dict(words)
        self.schedule = denoiser.scheduler()
        self.random = torch.Generator().manual_seed(cfg.seed)
        self.no_words = denoiser.ids_of([""])
        self.learnt = list(self.model.parameters())

    def _optimiser(self) -> torch.optim.AdamW:
        return torch.optim.AdamW(self.learnt, weight_decay=0.01, betas=(0.9, 0.99), fused=True)

    def _picked(self) -> tuple[Tensor, Tensor]:
        """Numbers of scenes, and features of a caption of each; of some of no words."""
        cfg, b, random = self.cfg, self.cfg.batch_size, self.random
        pick = torch.randint(len(self.data.ids), (b,), generator=random)
        which = torch.randint(self.data.ids.shape[1], (b,), generator=random)
        dropped = torch.rand(b, generator=random) < cfg.dropped
        ids = torch.where(dropped[:, None], self.no_words, self.data.ids[pick, which].long()).to(self.device)
        with torch.no_grad(), kit.products(self.device, cfg.precision):
            return pick, self.reader(ids).last_hidden_state

    def _learn(self, value: Tensor) -> None:
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = trapezoid(cfg.learning_rate, self.step, cfg.steps, cfg.warmup, cfg.falling)
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.learnt, 1.0)
        self.optimiser.step()
        follow(self.average, self.model, cfg.ema_decay, self.step)
        self.step += 1


class BaseTraining(_Training):
    """The first network learns small pictures; a teller listens, as with the latent denoiser."""

    def __init__(self, cfg: TrainConfig, data: latents.Drawn, words: Mapping[str, Tensor]) -> None:
        with seeded(cfg.seed):
            super().__init__(cfg, data, _begun(cascade.base()), words)
            self.teller = Teller(self.model).to(self.device)
        self.learnt += list(self.teller.parameters())
        self.optimiser = self._optimiser()

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "average", "teller", "optimiser", "random")}

    def advance(self) -> float:
        """One step. -> the loss of the velocity."""
        cfg = self.cfg
        pick, words = self._picked()
        x = cascade.shrunk(self.data.pictures(pick)).to(self.device)
        t, noise = self._times().to(self.device), torch.randn(x.shape, generator=self.random).to(self.device)
        noisy, v = self.schedule.add_noise(x, noise, t), self.schedule.get_velocity(x, noise, t)
        with kit.products(self.device, cfg.precision):
            said = self.model(noisy.contiguous(memory_format=torch.channels_last), t, words).sample
            things, ground = self.teller.wrong(self.data.plan[pick].long().to(self.device), cfg.empty)
        value = weighted(said.float() - v, x, cfg.things)
        self._learn(value + cfg.told * things + cfg.ground * ground)
        return float(value.detach())

    def _times(self) -> Tensor:
        cfg, b, random = self.cfg, self.cfg.batch_size, self.random
        last = denoiser.SCHEDULE["num_train_timesteps"]
        anywhere = torch.randint(last, (b,), generator=random)
        middle = torch.randint(cfg.least, cfg.most, (b,), generator=random)
        late = torch.randint(LATE, last, (b,), generator=random)
        kind = torch.rand(b, generator=random)
        return torch.where(kind < cfg.middle, middle, torch.where(kind < cfg.middle + cfg.noisiest, late, anywhere))


class EnlargerTraining(_Training):
    """The second network learns large pictures from small ones with noise on them, and their captions."""

    def __init__(self, cfg: TrainConfig, data: latents.Drawn, words: Mapping[str, Tensor]) -> None:
        with seeded(cfg.seed):
            super().__init__(cfg, data, cascade.enlarger(), words)
        self.optimiser = self._optimiser()

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "average", "optimiser", "random")}

    def advance(self) -> float:
        """One step. -> the loss of the velocity."""
        cfg, random = self.cfg, self.random
        pick, words = self._picked()
        large = self.data.pictures(pick)
        rough = cascade.ROUGHEST * torch.rand(len(large), generator=random)
        small = cascade.shrunk(large)
        small = small + rough.view(-1, 1, 1, 1) * torch.randn(small.shape, generator=random)
        y = cascade.blocks(large).to(self.device)
        noise = torch.randn(y.shape, generator=random).to(self.device)
        t = torch.randint(denoiser.SCHEDULE["num_train_timesteps"], (len(y),), generator=random).to(self.device)
        noisy, v = self.schedule.add_noise(y, noise, t), self.schedule.get_velocity(y, noise, t)
        with kit.products(self.device, cfg.precision):
            said = self.model(noisy, t, words, small.to(self.device), rough.to(self.device))
        value = weighted(said.float() - v, y, cfg.things)
        self._learn(value)
        return float(value.detach())


def weighted(wrong: Tensor, x: Tensor, things: float) -> Tensor:
    """Mean square; a pixel that differs from the first one, the ground's, counts 1 + things times."""
    return (autoencoder.weights(x, things) * wrong.square()).mean()


def _begun(unet: Any) -> Any:
    """The network with the layers of the shipped latent denoiser that fit: all but the first and the last."""
    shipped = WEIGHTS / "text_to_image" / "denoiser.safetensors"
    if shipped.exists():
        own = unet.state_dict()
        found = {name.removeprefix("unet."): value.float() for name, value in load_file(shipped).items()}
        fits = {name: value for name, value in found.items() if name in own and own[name].shape == value.shape}
        unet.load_state_dict(fits, strict=False)
    return unet


KINDS: dict[str, tuple[type[BaseTraining] | type[EnlargerTraining], TrainConfig]] = {
    BASE: (BaseTraining, TrainConfig()),
    ENLARGER: (EnlargerTraining, LARGER),
}
TITLES = {BASE: "Cascade, first network: 16 x 16 pixels from words", ENLARGER: "Cascade, second network: to 64 x 64"}


def train_one(cfg: TrainConfig | None = None, *, name: str = BASE, anew: bool = False) -> Iterator[ModelStep]:
    """Train the one of that name, going on where it was stopped, then write weights and card into the cache folder.

    Raises DemoError where the text encoder is not finished, or a half-done one has other settings.
    """
    kind, usual = KINDS[name]
    cfg = cfg or usual
    words, words_card = pipeline.finished_text_encoder(kit.folder_of("text_to_image"))
    told = {**kit.stated(cfg), "text": words_card["sha256"]}
    with kit.journal("text_to_image", name, told, anew=anew, free=FREE) as notes:
        if kit.is_finished(notes.weights, training=told):
            return
        training = kind(cfg, latents.drawn(cfg.scenes, cfg.seed), words)
        notes.go_on(training, WEIGHTS / "text_to_image" / f"{name}.safetensors", FREE)
        yield from kit.sitting(notes, training, cfg.steps, name, REPORT, SAVE)
        export(notes, training.average, name)


def export(notes: kit.Journal, average: Any, name: str) -> None:
    """Write the averaged weights and their card."""
    kit.write_weights(notes.weights, kit.halved(average.state_dict()))
    write_card(
        notes.weights,
        title=TITLES[name],
        licence="Apache-2.0",
        data=DATA,
        config=kit.stated({"unet": cascade.BASE if name == BASE else cascade.ENLARGER, "schedule": denoiser.SCHEDULE}),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        begun_from=notes.begun,
    )
