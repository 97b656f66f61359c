"""Trains the two tokenizers of pictures, then the transformer that writes their codes from words. See train.py.

The tokenizers learn on the same latents in the same order; all that differs between them is how a number of the
codebook is found.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_device, seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.rates import trapezoid
from genai_demo.core.spec import WEIGHTS
from genai_demo.core.training import ModelStep, Resumable, follow
from genai_demo.text_to_image import denoiser, latents, pipeline, quantized, writer
from genai_demo.text_to_image.quantized import CODES, Way
from genai_demo.text_to_image.train_autoencoder import JUDGED, judged
from genai_demo.text_to_image.train_denoiser import DATA

WRITER = "writer"
REPORT, SAVE = 25, 100  # steps between two reports, and two states in the cache folder
FREE = ("steps", "precision", "falling")  # settings in which an earlier sitting may differ
APART = 0.5  # difference of latents, whose deviation is 1, from which on a place belongs to a thing


@dataclass(frozen=True, slots=True)
class TokenizerConfig:
    """What a tokenizer's training depends on. squared: weight of the squared error beside the absolute one; things: how
    many times more a place counts that differs from the first one, the ground's; commit: weight of VQ's own loss."""

    steps: int = 2_000
    batch_size: int = 48
    scenes: int = 32_000
    precision: str = field(default_factory=kit.fit_precision)
    learning_rate: float = 2e-3
    warmup: int = 100
    falling: float = 0.4
    squared: float = 1.0
    things: float = 4.0
    commit: float = 0.25
    ema_decay: float = 0.998
    seed: int = 0


@dataclass(frozen=True, slots=True)
class WriterConfig:
    """What the transformer's training depends on. scenes: how many there are; dropped: share without caption."""

    steps: int = 1_800
    batch_size: int = 64
    scenes: int = 32_000
    precision: str = field(default_factory=kit.fit_precision)
    learning_rate: float = 1.5e-3
    warmup: int = 100
    falling: float = 0.4
    dropped: float = 0.1
    ema_decay: float = 0.998
    seed: int = 0


class TokenizerTraining(Resumable):
    """Network, average, optimiser and random stream. z (n, 4, 16, 16): scaled latents of the scenes."""

    def __init__(self, cfg: TokenizerConfig, way: Way, z: Tensor) -> None:
        self.cfg, self.z, self.device = cfg, z, pick_device()
        with seeded(cfg.seed):
            self.model = quantized.empty(way).to(self.device).train()
        self.random = torch.Generator().manual_seed(cfg.seed)
        if way == "vq":
            _spread(self.model, self._latents())
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), weight_decay=1e-3, betas=(0.9, 0.98), fused=True)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "average", "optimiser", "random")}

    def advance(self) -> float:
        """One step. -> the loss of the latents."""
        cfg, z = self.cfg, self._latents()
        with kit.products(self.device, cfg.precision):
            found = self.model(z)
        wrong = found.sample.float() - z
        value = (_weights(z, cfg.things) * (wrong.abs() + cfg.squared * wrong.square())).mean()
        _step(self, value + cfg.commit * found.commit_loss.float().mean())
        return float(value.detach())

    def _latents(self) -> Tensor:
        pick = torch.randint(len(self.z), (self.cfg.batch_size,), generator=self.random)
        return self.z[pick].float().to(self.device).contiguous(memory_format=torch.channels_last)


class WriterTraining(Resumable):
    """Network, average, optimiser and random stream. codes (n, 64), ids (n, CAPTIONS, WORDS): of the scenes."""

    def __init__(self, cfg: WriterConfig, codes: Tensor, ids: Tensor, words: Mapping[str, Tensor]) -> None:
        self.cfg, self.codes, self.ids, self.device = cfg, codes, ids, pick_device()
        with seeded(cfg.seed):
            self.model = writer.empty().to(self.device).train()
            self.reader = denoiser.empty().text_encoder.to(self.device).eval().requires_grad_(False)
        self.reader.load_state_dict(words)
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), weight_decay=0.05, betas=(0.9, 0.98), fused=True)
        self.random = torch.Generator().manual_seed(cfg.seed)
        self.no_words = denoiser.ids_of([""])

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "average", "optimiser", "random")}

    def advance(self) -> float:
        """One step. -> the loss, nats a code."""
        cfg, b, random = self.cfg, self.cfg.batch_size, self.random
        pick = torch.randint(len(self.codes), (b,), generator=random)
        which = torch.randint(self.ids.shape[1], (b,), generator=random)
        dropped = torch.rand(b, generator=random) < cfg.dropped
        ids = torch.where(dropped[:, None], self.no_words, self.ids[pick, which].long()).to(self.device)
        codes = self.codes[pick].long().to(self.device)
        with kit.products(self.device, cfg.precision):
            with torch.no_grad():
                words = self.reader(ids).last_hidden_state
            said = self.model(words.float(), codes[:, :-1])
        value = F.cross_entropy(said.flatten(0, 1), codes.flatten())
        _step(self, value)
        return float(value.detach())


def _step(training: Any, value: Tensor) -> None:
    """Learns from that loss."""
    cfg = training.cfg
    for group in training.optimiser.param_groups:
        group["lr"] = trapezoid(cfg.learning_rate, training.step, cfg.steps, cfg.warmup, cfg.falling)
    training.optimiser.zero_grad(set_to_none=True)
    value.backward()
    torch.nn.utils.clip_grad_norm_(training.model.parameters(), 1.0)
    training.optimiser.step()
    follow(training.average, training.model, cfg.ema_decay, training.step)
    training.step += 1


def _weights(z: Tensor, things: float) -> Tensor:
    """What each place counts, their mean 1: one that differs from the first, the ground's, 1 + things times."""
    weight = 1 + things * ((z - z[:, :, :1, :1]).abs().amax(1, keepdim=True) > APART)
    return weight / weight.mean()


@torch.no_grad()
def _spread(net: Any, z: Tensor) -> None:
    """VQ's codebook begins with vectors of pictures, taken evenly."""
    found = net.encode(z).latents.permute(0, 2, 3, 1).flatten(0, 2)
    net.quantize.embedding.weight.copy_(found[:: len(found) // CODES][:CODES])


def train_tokenizer(cfg: TokenizerConfig | None = None, *, way: Way = "fsq", anew: bool = False) -> Iterator[ModelStep]:
    """Train that one, going on where it was stopped, then write weights and card into the cache folder.

    Raises DemoError where a half-done one has other settings.
    """
    cfg = cfg or TokenizerConfig()
    folder = kit.folder_of("text_to_image")
    vae, card = pipeline.finished_autoencoder(folder)
    told = {**kit.stated(cfg), "autoencoder": card["sha256"]}
    with kit.journal("text_to_image", way, told, anew=anew, free=FREE) as notes:
        if not kit.is_finished(notes.weights, training=told):
            training = TokenizerTraining(cfg, way, _scenes(cfg, folder, vae, card)[0])
            notes.go_on(training, WEIGHTS / "text_to_image" / f"{way}.safetensors", FREE)
            yield from kit.sitting(notes, training, cfg.steps, way, REPORT, SAVE)
            quality = measured(training.average, vae, judged(JUDGED))
            _export(
                notes, training.average, f"Tokenizer of the picture world, {way.upper()}", quantized.CONFIG, quality
            )


def train_writer(cfg: WriterConfig | None = None, *, anew: bool = False) -> Iterator[ModelStep]:
    """As `train_tokenizer`. Raises DemoError too where FSQ's tokenizer or the text encoder is not finished."""
    cfg = cfg or WriterConfig()
    folder = kit.folder_of("text_to_image")
    words, card = pipeline.finished_text_encoder(folder)
    weights = folder / "fsq.safetensors"
    if not weights.exists():
        raise DemoError("the fsq tokenizer is not trained yet; train it: python -m genai_demo.text_to_image.train fsq")
    told = {
        **kit.stated(cfg),
        "text": card["sha256"],
        "tokenizer": json.loads(weights.with_suffix(".json").read_text())["sha256"],
    }
    with kit.journal("text_to_image", WRITER, told, anew=anew, free=FREE) as notes:
        if not kit.is_finished(notes.weights, training=told):
            z, ids = _scenes(cfg, folder, *pipeline.finished_autoencoder(folder))
            training = WriterTraining(cfg, encoded(quantized.build(weights, "fsq"), z), ids, words)
            notes.go_on(training, WEIGHTS / "text_to_image" / f"{WRITER}.safetensors", FREE)
            yield from kit.sitting(notes, training, cfg.steps, WRITER, REPORT, SAVE)
            _export(notes, training.average, "Writer of codes of the picture world", writer.CONFIG, {})


def _scenes(cfg: Any, folder: Path, vae: Any, card: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """Scaled latents of the scenes, (n, 4, 16, 16) in half precision, and ids of their captions."""
    found = latents.load(folder / f"latents-{card['sha256'][:12]}", cfg.scenes, vae, cfg.seed)
    return found.z * vae.config.scaling_factor, found.ids


@torch.inference_mode()
def encoded(net: Any, z: Tensor, at_once: int = 500) -> Tensor:
    """Codes of all latents, (n, 64) int16."""
    net = net.to(pick_device())
    return torch.cat([quantized.codes_of(net, part.to(net.device)).short().cpu() for part in z.split(at_once)])


@torch.inference_mode()
def measured(net: Any, vae: Any, x: Tensor, at_once: int = 64) -> dict[str, Any]:
    """What pictures lose, in dB, how many codes they use, and how evenly (perplexity: e to the entropy of the use)."""
    decibels, counts, scale = [], torch.zeros(CODES), vae.config.scaling_factor
    for part in x.split(at_once):
        codes = quantized.codes_of(net, vae.encode(part).latent_dist.mode().to(net.device) * scale)
        back = vae.decode(quantized.latents_of(net, codes).cpu() / scale).sample.clamp(-1, 1)
        decibels.append(-10 * (back - part).div(2).square().mean((1, 2, 3)).clamp(min=1e-10).log10())
        counts += codes.flatten().bincount(minlength=CODES).cpu()
    share = counts[counts > 0] / counts.sum()
    return {
        "scenes": len(x),
        "decibels": round(float(torch.cat(decibels).mean()), 2),
        "codes": CODES,
        "used": int((counts > 0).sum()),
        "perplexity": round(float(torch.exp(-(share * share.log()).sum())), 1),
    }


def _export(
    notes: kit.Journal, average: Any, title: str, config: Mapping[str, Any], quality: Mapping[str, Any]
) -> None:
    """Write the averaged weights and their card."""
    kit.write_weights(notes.weights, kit.halved(average.state_dict()))
    write_card(
        notes.weights,
        title=title,
        licence="Apache-2.0",
        data=DATA,
        config=kit.stated(config),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        begun_from=notes.begun,
        **({"quality": quality} if quality else {}),
    )
