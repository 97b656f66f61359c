"""Trains U-Net, or transformer, on latents of the finished autoencoder and what the text encoder reads. See train.py.

What a thing is called changes the loss by a hundredth, its colour by a half: from the loss alone the words for things
are learnt last. While it learns, a small second network therefore reads the network's features and has to say what lies
where (as REPA does with features of another model, Yu et al. 2024); it is thrown away then. The text encoder has learnt
before, and stays as it is.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from diffusers.models.attention_processor import AttnProcessor
from safetensors.torch import load_file
from torch import Tensor, nn

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_device, seeded
from genai_demo.core.muon import Name, optimiser
from genai_demo.core.rates import trapezoid
from genai_demo.core.spec import WEIGHTS
from genai_demo.core.training import ModelStep, Resumable, follow
from genai_demo.text_to_image import denoiser, latents, measuring, pipeline
from genai_demo.text_to_image.latents import Encoded
from genai_demo.text_to_image.patches import Patches
from genai_demo.text_to_image.train_text import SIZES, missed

NAMES: dict[str, denoiser.Network] = {"denoiser": "unet", "dit": "dit", "straight": "flow"}
PARENT = "dit"  # what the one that learns by flow matching begins with
PLANS: dict[str, dict[str, Any]] = {  # of those whose plan is not the usual one
    "dit": {"steps": 3_400},
    "straight": {"steps": 300, "warmup": 50},
}
TITLES = {"unet": "", "dit": ", a transformer", "flow": ", a transformer that learnt by flow matching"}
DATA = "this project's own picture world (genai_demo/data/world.py), its training half (world_splits.py)"
FREE = (
    "optimiser",
    "batch_size",
    "text",
    "read",
    "steps",
    "precision",
    "least",
    "most",
    "middle",
    "noisiest",
    "ground",
    "told",
)  # settings in which an earlier sitting may differ
LATE = 880  # times from here on count as the noisiest: where things lie is not seen yet
FALLING = 0.12  # of the steps, in which the learning rate goes to 0
REPORT, SAVE = 25, 100  # steps between two reports, and two states in the cache folder


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card.

    optimiser: of what lies inside the network, see core/muon.py; scenes: how many there are; dropped: share without
    caption; precision: of the products, weights stay in float32; middle: the share of the times that lies from `least`
    to before `most`, where a picture takes its shape; noisiest: the share of those from LATE on, where only the words
    say what the ground is and where things lie; the others lie anywhere; told: weight of the loss of what lies where,
    and empty: weight of an empty cell in it; ground: weight of the loss of what the ground is.
    """

    steps: int = 21_650
    batch_size: int = 32
    optimiser: Name = "Muon"
    scenes: int = 32_000
    precision: str = field(default_factory=kit.fit_precision)
    learning_rate: float = 1e-3
    warmup: int = 200
    dropped: float = 0.1
    middle: float = 0.45
    noisiest: float = 0.45
    least: int = 350
    most: int = 880
    told: float = 0.3
    empty: float = 0.15
    ground: float = 0.1
    ema_decay: float = 0.999
    seed: int = 0


class Teller(nn.Module):
    """Features of the network on a grid of CELLS (b, width, 8, 8) -> logits of the layers of a plan there.

    It listens to a U-Net's last attention of that grid, or to a transformer's middle block, and keeps what came last.
    """

    def __init__(self, unet: Any) -> None:
        super().__init__()
        self.tokens = isinstance(unet, Patches)
        if self.tokens:
            width, place = unet.inner_dim, unet.transformer_blocks[len(unet.transformer_blocks) // 2]
        else:
            width, place = denoiser.UNET["block_out_channels"][1], unet.up_blocks[1].attentions[-1]
        self.net = nn.Sequential(nn.Conv2d(width, 128, 1), nn.SiLU(), nn.Conv2d(128, sum(SIZES), 1))
        self.heard: Tensor | None = None
        place.register_forward_hook(self._hear)

    def _hear(self, module: nn.Module, given: Any, features: Any) -> None:
        cells = (latents.CELLS, latents.CELLS)
        self.heard = features.transpose(1, 2).unflatten(2, cells) if self.tokens else features[0]

    def wrong(self, plan: Tensor, empty: float) -> tuple[Tensor, Tensor]:
        """As of `missed`."""
        return missed(self.net(self.heard), plan, empty)


class Training(Resumable):
    """Networks, average, optimiser and random stream. scale: the autoencoder's scaling_factor."""

    def __init__(self, cfg: TrainConfig, data: Encoded, scale: float, network: denoiser.Network = "unet") -> None:
        self.cfg, self.data, self.scale, self.device = cfg, data, scale, pick_device()
        with seeded(cfg.seed):
            self.model = denoiser.empty(network).to(self.device).train()
        self.model.unet.set_attn_processor(AttnProcessor())  # a third quicker to train here than torch's fused one
        self.model.text_encoder.set_attn_implementation("eager")
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        with seeded(cfg.seed):
            self.teller = Teller(self.model.unet).to(self.device)
        self.model.text_encoder.requires_grad_(False)
        self.learnt = [*self.model.unet.parameters(), *self.teller.parameters()]
        settings = {"weight_decay": 0.01, "betas": (0.9, 0.99), "fused": True}
        self.optimiser = optimiser(
            cfg.optimiser, self.model.unet, denoiser.ENDS[network], self.teller.parameters(), **settings
        )
        self.random = torch.Generator().manual_seed(cfg.seed)
        self.no_words = denoiser.ids_of([""])

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "average", "teller", "optimiser", "random")}

    def reads_with(self, text_encoder: Mapping[str, Tensor]) -> None:
        """Takes the weights of a text encoder."""
        for model in (self.model, self.average):
            model.text_encoder.load_state_dict(text_encoder)

    def advance(self) -> float:
        """One step. -> the loss of the velocity."""
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = trapezoid(cfg.learning_rate, self.step, cfg.steps, cfg.warmup, FALLING)
        z, ids, plan, t, noise = (part.to(self.device) for part in self._batch())
        with kit.products(self.device, cfg.precision):
            value = denoiser.loss(self.model, z, ids, t=t, noise=noise)
            things, ground = self.teller.wrong(plan, cfg.empty)
        self.optimiser.zero_grad(set_to_none=True)
        (value + cfg.told * things + cfg.ground * ground).backward()
        torch.nn.utils.clip_grad_norm_(self.learnt, 1.0)
        self.optimiser.step()
        follow(self.average, self.model, cfg.ema_decay, self.step)
        self.step += 1
        return float(value.detach())

    def _batch(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Latents, captions, plans, times and noise."""
        cfg, b, random = self.cfg, self.cfg.batch_size, self.random
        pick = torch.randint(len(self.data.z), (b,), generator=random)
        which = torch.randint(self.data.ids.shape[1], (b,), generator=random)
        dropped = torch.rand(b, generator=random) < cfg.dropped
        ids = torch.where(dropped[:, None], self.no_words, self.data.ids[pick, which].long())
        anywhere = torch.randint(denoiser.SCHEDULE["num_train_timesteps"], (b,), generator=random)
        middle = torch.randint(cfg.least, cfg.most, (b,), generator=random)
        late = torch.randint(LATE, denoiser.SCHEDULE["num_train_timesteps"], (b,), generator=random)
        kind = torch.rand(b, generator=random)
        t = torch.where(kind < cfg.middle, middle, torch.where(kind < cfg.middle + cfg.noisiest, late, anywhere))
        z = self.data.z[pick].float() * self.scale
        return z, ids, self.data.plan[pick].long(), t, torch.randn(z.shape, generator=random)


def train_one(cfg: TrainConfig | None = None, *, name: str = "denoiser", anew: bool = False) -> Iterator[ModelStep]:
    """Train the one of that name, going on where it was stopped, then write weights and card into the cache folder.

    The U-Net's are followed by the whole pipeline. One planned for another number of steps goes on too. Raises
    DemoError where autoencoder, text encoder or detector are not finished, or a half-done one has other settings.
    """
    cfg = cfg or TrainConfig(**PLANS.get(name, {}))
    folder = kit.folder_of("text_to_image")
    vae, card = pipeline.finished_autoencoder(folder)
    words, words_card = pipeline.finished_text_encoder(folder)
    told = {**kit.stated(cfg), "autoencoder": card["sha256"], "text": words_card["sha256"]}
    with kit.journal("text_to_image", name, told, anew=anew, free=FREE) as notes:
        if not kit.is_finished(notes.weights, training=told):
            data = latents.load(folder / f"latents-{card['sha256'][:12]}", cfg.scenes, vae, cfg.seed)
            training = Training(cfg, data, vae.config.scaling_factor, NAMES[name])
            notes.go_on(training, WEIGHTS / "text_to_image" / f"{name}.safetensors", FREE)
            if NAMES[name] == "flow" and not training.step:
                begin(notes, training, folder)
            training.reads_with(words)
            yield from kit.sitting(notes, training, cfg.steps, name, REPORT, SAVE)
            export(notes, training.average, folder, name)


def begin(notes: kit.Journal, training: Training, folder: Path) -> None:
    """With the transformer that learnt velocities, trained in `folder` or shipped. Raises DemoError where it is not."""
    parent = pipeline.trained(folder, PARENT)
    training.take(load_file(parent))
    card = json.loads(parent.with_suffix(".json").read_text())
    notes.begun = {"model": PARENT, "steps": card["steps"], "sha256": card["sha256"]}


def export(notes: kit.Journal, average: denoiser.Denoiser, folder: Path, name: str) -> None:
    """Write the averaged weights, their card and the pipeline; the detector judges what it draws of prompts."""
    kept = kit.halved(average.state_dict())
    kit.write_weights(notes.weights, kept)
    average.load_state_dict(kept)
    pipe = pipeline.assembled(folder, average)
    quality = measuring.prompt_accuracy(pipe, pipeline.finished_detector(folder), measuring.PROMPTS)
    network = NAMES[name]
    if network == "unet":
        for part in (pipe.vae, pipe.unet, pipe.text_encoder):
            part.half()  # nothing is lost: the weights are those of half precision
        pipe.save_pretrained(folder / "pipeline")
    parts = {
        network: denoiser.UNET if network == "unet" else denoiser.DIT,
        "text": denoiser.TEXT,
        "schedule": denoiser.SCHEDULE,
    }
    write_card(
        notes.weights,
        title="Denoiser of the picture world" + TITLES[network],
        licence="Apache-2.0",
        data=DATA,
        config=kit.stated(parts),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        begun_from=notes.begun,
        quality=quality,
    )
