"""Trains the two tokenizers of pictures, then the transformer that writes their codes from words. See train.py.

The tokenizers begin from the shipped autoencoder, as far as its layers fit, and learn on the same scenes in the same
order; all that differs between them is how a number of the codebook is found.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_device, seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.rates import trapezoid
from genai_demo.core.spec import WEIGHTS
from genai_demo.core.training import ModelStep, Resumable, follow
from genai_demo.data.world import draw
from genai_demo.data.world_splits import training_scene
from genai_demo.text_to_image import autoencoder, denoiser, latents, pipeline, quantized, writer
from genai_demo.text_to_image.quantized import CODES, Way
from genai_demo.text_to_image.train_autoencoder import DATA, JUDGED, MOST, judged
from genai_demo.text_to_image.train_denoiser import DATA as SCENES

WRITER = "writer"
REPORT, SAVE = 25, 100  # steps between two reports, and two states in the cache folder
FREE = ("steps", "precision", "falling")  # settings in which an earlier sitting may differ
FIRST = 64  # pictures whose vectors VQ's codebook begins with


@dataclass(frozen=True, slots=True)
class TokenizerConfig:
    """What a tokenizer's training depends on. squared: weight of the squared error beside the absolute one; things: how
    many times more a pixel of a thing counts; commit: weight of what VQ adds to the loss."""

    steps: int = 1_600
    batch_size: int = 16
    precision: str = field(default_factory=kit.fit_precision)
    learning_rate: float = 1e-3
    warmup: int = 100
    falling: float = 0.3
    squared: float = 2.0
    things: float = 8.0
    commit: float = 0.5
    ema_decay: float = 0.998
    seed: int = 0


@dataclass(frozen=True, slots=True)
class WriterConfig:
    """What the transformer's training depends on. scenes: how many there are; dropped: share without caption."""

    steps: int = 4_000
    batch_size: int = 64
    scenes: int = 32_000
    precision: str = field(default_factory=kit.fit_precision)
    learning_rate: float = 1.5e-3
    warmup: int = 150
    falling: float = 0.3
    dropped: float = 0.1
    ema_decay: float = 0.998
    seed: int = 0


class TokenizerTraining(Resumable):
    """Network, average and optimiser; scenes follow from seed and step."""

    def __init__(self, cfg: TokenizerConfig, way: Way) -> None:
        self.cfg, self.device = cfg, pick_device()
        with seeded(cfg.seed):
            self.model = _begun(quantized.empty(way)).to(self.device).train()
        if way == "vq":
            _spread(self.model, self._pictures(FIRST, -1))
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), weight_decay=1e-3, betas=(0.9, 0.98), fused=True)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "average", "optimiser")}

    def advance(self) -> float:
        """One step. -> the loss of the picture."""
        cfg = self.cfg
        x = self._pictures(cfg.batch_size, self.step)
        with kit.products(self.device, cfg.precision):
            found = self.model(x)
        wrong = found.sample.float() - x
        value = (autoencoder.weights(x, cfg.things) * (wrong.abs() + cfg.squared * wrong.square())).mean()
        _step(self, value + cfg.commit * found.commit_loss.float().mean())
        return float(value.detach())

    def _pictures(self, count: int, step: int) -> Tensor:
        rng = np.random.default_rng((self.cfg.seed, step + 1, 3))
        return autoencoder.as_input([draw(training_scene(rng, MOST)) for _ in range(count)]).to(self.device)


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


def _begun(net: Any) -> Any:
    """The network with the layers of the shipped autoencoder that fit; its way up has one step more before them."""
    shipped = pipeline.SHIPPED / "autoencoder.safetensors"
    if shipped.exists():
        own, found = net.state_dict(), {}
        for name, value in load_file(shipped).items():
            for i in (2, 1, 0):
                name = name.replace(f"decoder.up_blocks.{i}.", f"decoder.up_blocks.{i + 1}.", 1) if i else name
            found[name] = value.float()
        net.load_state_dict({n: v for n, v in found.items() if n in own and own[n].shape == v.shape}, strict=False)
    return net


@torch.no_grad()
def _spread(net: Any, x: Tensor) -> None:
    """VQ's codebook begins with vectors of pictures, taken evenly."""
    found = net.encode(x).latents.permute(0, 2, 3, 1).flatten(0, 2)
    net.quantize.embedding.weight.copy_(found[:: len(found) // CODES][:CODES])


def train_tokenizer(cfg: TokenizerConfig | None = None, *, way: Way = "fsq", anew: bool = False) -> Iterator[ModelStep]:
    """Train that one, going on where it was stopped, then write weights and card into the cache folder.

    Raises DemoError where a half-done one has other settings.
    """
    cfg = cfg or TokenizerConfig()
    with kit.journal("text_to_image", way, cfg, anew=anew, free=FREE) as notes:
        if not kit.is_finished(notes.weights, training=kit.stated(cfg)):
            training = TokenizerTraining(cfg, way)
            notes.go_on(training, WEIGHTS / "text_to_image" / f"{way}.safetensors", FREE)
            yield from kit.sitting(notes, training, cfg.steps, way, REPORT, SAVE)
            _export(
                notes, training.average, f"Tokenizer of the picture world, {way.upper()}", DATA, quantized.CONFIG, way
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
            scenes = latents.drawn(cfg.scenes, cfg.seed)
            training = WriterTraining(cfg, encoded(quantized.build(weights, "fsq"), scenes), scenes.ids, words)
            notes.go_on(training, WEIGHTS / "text_to_image" / f"{WRITER}.safetensors", FREE)
            yield from kit.sitting(notes, training, cfg.steps, WRITER, REPORT, SAVE)
            _export(notes, training.average, "Writer of codes of the picture world", SCENES, writer.CONFIG, "")


@torch.inference_mode()
def encoded(net: Any, scenes: latents.Drawn, at_once: int = 100) -> Tensor:
    """Codes of all scenes, (n, 64) int16."""
    net = net.to(pick_device())
    numbers = torch.arange(len(scenes.ids))
    parts = [
        quantized.codes_of(net, scenes.pictures(pick).to(net.device)).short().cpu() for pick in numbers.split(at_once)
    ]
    return torch.cat(parts)


@torch.inference_mode()
def measured(net: Any, x: Tensor, at_once: int = 64) -> dict[str, Any]:
    """What pictures lose, in dB, how many codes they use, and how evenly (perplexity: e to the entropy of the use)."""
    decibels, counts = [], torch.zeros(CODES)
    for part in x.split(at_once):
        there = part.to(net.device)
        codes = quantized.codes_of(net, there)
        wrong = (quantized.picture_of(net, codes) - there).div(2).square().mean((1, 2, 3))
        decibels.append(-10 * wrong.clamp(min=1e-10).log10())
        counts += codes.flatten().bincount(minlength=CODES).cpu()
    share = counts[counts > 0] / counts.sum()
    return {
        "scenes": len(x),
        "decibels": round(float(torch.cat(decibels).mean()), 2),
        "codes": CODES,
        "used": int((counts > 0).sum()),
        "perplexity": round(float(torch.exp(-(share * share.log()).sum())), 1),
    }


def _export(notes: kit.Journal, average: Any, title: str, data: str, config: Mapping[str, Any], way: str) -> None:
    """Write the averaged weights and their card; a tokenizer's says what scenes lose that it never saw."""
    kit.write_weights(notes.weights, kit.halved(average.state_dict()))
    found = {"quality": measured(average, judged(JUDGED))} if way else {}
    write_card(
        notes.weights,
        title=title,
        licence="Apache-2.0",
        data=data,
        config=kit.stated(config),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        begun_from=notes.begun,
        **found,
    )
