"""Trains the U-Net of emoji on latents of their autoencoder and what their text encoder reads. See train.py.

It begins with the layers of the picture world's, and has more of them in the middle, which change nothing at first.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from diffusers.models.attention_processor import AttnProcessor
from safetensors.torch import load_file
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_device, seeded
from genai_demo.core.muon import Name, optimiser
from genai_demo.core.rates import trapezoid
from genai_demo.core.training import ModelStep, Resumable, follow
from genai_demo.data import emoji_told
from genai_demo.text_to_image import denoiser, emoji_latents, emoji_memory, emoji_studio
from genai_demo.text_to_image.emoji_latents import Captioned
from genai_demo.text_to_image.pipeline import SHIPPED
from genai_demo.text_to_image.train_emoji_autoencoder import DATA, LICENCE

NAME, KNOWN = "emoji", "emoji-known"
INNER = "unet."  # what its weights' names begin with in the file of the picture world's denoiser
FREE = (
    "optimiser",
    "text",
    "steps",
    "precision",
    "batch_size",
    "learning_rate",
    "middle",
    "noisiest",
    "least",
    "most",
    "turned",
)  # settings in which an earlier sitting may differ
LATE = 880  # times from here on count as the noisiest
FALLING = 0.12  # of the steps, in which the learning rate goes to 0
REPORT, SAVE = 25, 100  # steps between two reports, and two states in the cache folder


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. optimiser, middle, noisiest, least, most: as of train_denoiser;

    turned: the share of pictures whose hue is turned; dropped: share without caption.
    """

    steps: int = 20_000
    batch_size: int = 32
    optimiser: Name = "Muon"
    precision: str = field(default_factory=kit.fit_precision)
    learning_rate: float = 8e-4
    warmup: int = 50
    dropped: float = 0.1
    middle: float = 0.5
    noisiest: float = 0.3
    least: int = 300
    most: int = 880
    turned: float = 0.35
    ema_decay: float = 0.998
    seed: int = 0


class Training(Resumable):
    """U-Net, average, optimiser and random stream. z: latents as of `encoded`; scale: the autoencoder's
    scaling_factor; reads: a text encoder, which stays as it is."""

    def __init__(self, cfg: TrainConfig, data: Captioned, z: Tensor, scale: float, reads: Any, words: Any) -> None:
        self.cfg, self.data, self.scale, self.device = cfg, data, scale, pick_device()
        self.z, self.reads = z, reads.to(self.device).requires_grad_(False)
        with seeded(cfg.seed):
            self.model = denoiser.empty(words=words, **emoji_studio.UNET).unet.to(self.device).train()
        begin(self.model)
        self.model.set_attn_processor(AttnProcessor())  # a third quicker to train here than torch's fused one
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimiser = optimiser(
            cfg.optimiser, self.model, denoiser.ENDS["unet"], weight_decay=0.01, betas=(0.9, 0.99), fused=True
        )
        self.random = torch.Generator().manual_seed(cfg.seed)
        self.no_words = denoiser.ids_of([""], words)
        self.places = [data.plain.nonzero()[:, 0], (~data.plain).nonzero()[:, 0]]

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "average", "optimiser", "random")}

    def advance(self) -> float:
        """One step. -> the loss of the velocity."""
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = trapezoid(cfg.learning_rate, self.step, cfg.steps, cfg.warmup, FALLING)
        z, ids, t, noise = (part.to(self.device) for part in self._batch())
        with kit.products(self.device, cfg.precision):
            value = denoiser.loss(self._ask, z, ids, t=t, noise=noise)
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        follow(self.average, self.model, cfg.ema_decay, self.step)
        self.step += 1
        return float(value.detach())

    def _ask(self, z: Tensor, t: Tensor, ids: Tensor) -> Tensor:
        v: Tensor = self.model(z, t, self.reads(ids).last_hidden_state).sample
        return v

    def _batch(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Latents, captions, times and noise."""
        cfg, b, random = self.cfg, self.cfg.batch_size, self.random
        plain, turned = (at[torch.randint(len(at), (b,), generator=random)] for at in self.places)
        pick = torch.where(torch.rand(b, generator=random) < cfg.turned, turned, plain)
        which = torch.randint(self.data.ids.shape[1], (b,), generator=random)
        dropped = torch.rand(b, generator=random) < cfg.dropped
        ids = torch.where(dropped[:, None], self.no_words, self.data.ids[pick, which].long())
        z = self.z[pick].float() * self.scale
        return z, ids, times(cfg, random), torch.randn(z.shape, generator=random)


def times(cfg: TrainConfig, random: torch.Generator) -> Tensor:
    """(b,): a share from the middle of the schedule, one from its noisiest times, the others anywhere."""
    b, end = cfg.batch_size, denoiser.SCHEDULE["num_train_timesteps"]
    ranges = ((cfg.least, cfg.most), (LATE, end), (0, end))
    middle, late, anywhere = (torch.randint(low, high, (b,), generator=random) for low, high in ranges)
    kind = torch.rand(b, generator=random)
    return torch.where(kind < cfg.middle, middle, torch.where(kind < cfg.middle + cfg.noisiest, late, anywhere))


@torch.no_grad()
def begin(unet: Any, folder: Path = SHIPPED) -> None:
    """Take over the layers of the shipped U-Net of the picture world; those it has not add nothing to begin with."""
    path = folder / "denoiser.safetensors"
    if not path.exists():
        return
    before = {n.removeprefix(INNER): w.float() for n, w in load_file(path).items() if n.startswith(INNER)}
    missing = unet.load_state_dict({n: w for n, w in before.items() if n in unet.state_dict()}, strict=False)
    weights = dict(unet.named_parameters())
    for name in missing.missing_keys:
        if ".to_out.0." in name or ".ff.net.2." in name:
            weights[name].zero_()


def train_one(cfg: TrainConfig | None = None, *, anew: bool = False) -> Iterator[ModelStep]:
    """Train it, going on where it was stopped, then write weights and card into the cache folder.

    Raises DemoError where autoencoder or text encoder are not there, or a half-done one has other settings.
    """
    cfg, folder = cfg or TrainConfig(), kit.folder_of("text_to_image")
    (vae, seen), (reads, words, read) = emoji_studio.autoencoder_of(folder), emoji_studio.reader_of(folder)
    told = {**kit.stated(cfg), "autoencoder": seen, "text": read}
    with kit.journal("text_to_image", NAME, told, anew=anew, free=FREE) as notes:
        if not kit.is_finished(notes.weights, training=told):
            data = emoji_latents.captioned(cfg.seed)
            z = emoji_latents.encoded(folder / f"latents-{NAME}-{seen[:12]}.npz", vae)
            training = Training(cfg, data, z, vae.config.scaling_factor, reads, words)
            notes.go_on(training, SHIPPED / f"{NAME}.safetensors", FREE)
            yield from kit.sitting(notes, training, cfg.steps, NAME, REPORT, SAVE)
            export(notes, training)


def export(notes: kit.Journal, training: Training) -> None:
    """Write the averaged weights, the pictures of the training as latents, and the card of each."""
    average, plain, facts = training.average, training.data.plain, {"licence": LICENCE, "data": DATA}
    kit.write_weights(notes.weights, kit.halved(average.state_dict()))
    write_card(
        notes.weights,
        title="Denoiser of emoji",
        **facts,
        config=kit.stated({"unet": denoiser.UNET | emoji_studio.UNET, "schedule": denoiser.SCHEDULE}),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        begun_from=notes.begun,
        quality={},
    )
    ones = [one for one, kept in zip(emoji_latents.shown(), plain.tolist(), strict=True) if kept]
    emoji_memory.write(
        notes.weights.with_name(f"{KNOWN}.safetensors"),
        training.z[plain].float() * training.scale,
        [emoji_told.prompt(one.concept, next(iter(one.colours), ""), one.style) for one in ones],
        title="Pictures of the emoji training, as latents",
        **facts,
        config={"pictures": len(ones), "levels": emoji_memory.LEVELS},
        training={"autoencoder": notes.config["autoencoder"]},
        wall_seconds=0,
        quality={},
    )
