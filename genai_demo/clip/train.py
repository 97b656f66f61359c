"""Trains and ships the small CLIP. `python -m genai_demo train clip` iterates train_all().

It keeps its state in the cache folder and goes on where it was stopped. Needs the emoji (by npm) and MiniLM's package.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.clip import model as clip
from genai_demo.clip.batches import Batch, Source, joined
from genai_demo.clip.reader import taught
from genai_demo.clip.words import Words, vectors
from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_dtype, seeded
from genai_demo.core.training import Resumable, TrainStep, follow

FILE = "atlas.safetensors"
SAVE = 200  # steps between two states in the cache folder
DATA = (
    "Emoji by Noto (Google, Apache-2.0), Fluent 3D and flat (Microsoft, MIT), Noto of 2017 and Firefox OS (Mozilla, "
    "Apache-2.0) with CLDR names and keywords (Unicode-3.0), "
    "scenes made of them, this project's own picture world, and written words; word vectors from all-MiniLM-L6-v2 (MIT)"
)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. A batch: emoji, scenes of emoji, scenes of the picture world."""

    steps: int = 12000
    wider: int = 6000  # the step from which on more than two styles of emoji are shown
    reading: int = 8500  # the step from which on words are written
    written: int = 48  # of the emoji that are then signs
    singles: int = 144
    scened: int = 64
    worldly: int = 48
    learning_rate: float = 1e-3
    slower: float = 0.3  # of the text tower, which has learnt something before
    warm_up: int = 200  # steps over which the rate rises; then it falls as a cosine
    again: float = 0.5  # of the rate, to which it rises once more for reading
    decay: float = 0.1  # of the weights, those of norms and biases excepted
    faster: float = 10.0  # how much larger the rate of the logit scale is
    average: float = 0.998  # of the weights, whose running mean is what is shipped
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ClipStep(TrainStep):
    """With the share of pictures that find their own text, a mean since the last report; one over temperature."""

    right: float
    scale: float


class Training(Resumable):
    """Network, its running mean and optimiser: everything a stopped training needs to go on.

    table: word vectors, one for each word; reader: the text tower's first weights, random where there are none.
    """

    def __init__(
        self, cfg: TrainConfig, words: Words, table: Tensor, reader: Mapping[str, Tensor] | None = None
    ) -> None:
        self.cfg, self.words = cfg, words
        self.dtype = pick_dtype(torch.device("cpu"))
        with seeded(cfg.seed):
            self.net: Any = clip.untrained(table)
        self.net.load_state_dict(reader or {}, strict=False)
        self.net.visual.to(memory_format=torch.channels_last)
        self.net.train()
        self.mean = copy.deepcopy(self.net).requires_grad_(False)
        self.optimiser = torch.optim.AdamW(_groups(self.net, cfg), betas=(0.9, 0.98), fused=True)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("net", "mean", "optimiser")}

    def advance(self, batches: list[Batch]) -> tuple[Tensor, Tensor]:
        """One step on all the batches together. -> loss, share of pictures whose own text is the nearest."""
        for group in self.optimiser.param_groups:
            group["lr"] = group["own"] * rate(self.cfg, self.step)
        with torch.autocast("cpu", self.dtype, enabled=self.dtype != torch.float32):
            x = clip.normalised(joined(batches)).contiguous(memory_format=torch.channels_last)
            seen = F.normalize(self.net.visual(x).float(), dim=1)
            read = torch.cat([clip.text_features(self.net, self.words(batch.texts)).float() for batch in batches])
        read = F.normalize(read, dim=1)
        loss = clip.contrastive_loss(seen, read, self.net.logit_scale.exp())
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimiser.step()
        with torch.no_grad():
            self.net.logit_scale.clamp_(0, math.log(100))  # as in the paper
            follow(self.mean, self.net, self.cfg.average, self.step)
            right = (seen @ read.T).argmax(1).eq(torch.arange(len(seen))).float().mean()
        self.step += 1
        return loss.detach(), right


def rate(cfg: TrainConfig, step: int) -> float:
    """Of the learning rate's largest value: a straight line up, then a cosine down to 0; for reading both once more."""
    first, last, most = (
        (cfg.reading, cfg.steps, cfg.again) if step >= cfg.reading else (0, min(cfg.steps, cfg.reading), 1.0)
    )
    if step - first < cfg.warm_up:
        return most * (step - first + 1) / cfg.warm_up
    return most * (1 + math.cos(math.pi * (step - first - cfg.warm_up) / max(1, last - first - cfg.warm_up))) / 2


def _groups(net: nn.Module, cfg: TrainConfig) -> list[dict[str, Any]]:
    """The picture tower's parameters, the text tower's, either with weight decay or without, and the logit scale."""
    trained = {name: p for name, p in net.named_parameters() if p.requires_grad}
    groups = [{"params": [trained.pop("logit_scale")], "weight_decay": 0.0, "own": cfg.learning_rate * cfg.faster}]
    for seeing in (True, False):
        own = {name: p for name, p in trained.items() if name.startswith("visual.") == seeing}
        heavy = [name for name, p in own.items() if p.ndim > 1 and "positional" not in name]
        for names, decay in ((heavy, cfg.decay), ([name for name in own if name not in heavy], 0.0)):
            rate = cfg.learning_rate * (1 if seeing else cfg.slower)
            groups.append({"params": [own[name] for name in names], "weight_decay": decay, "own": rate})
    return groups


def train(training: Training, source: Source, *, every: int = 20) -> Iterator[ClipStep]:
    """From where `training` is to its last step; a report every `every` steps."""
    cfg, started, sums, since = training.cfg, time.monotonic() - training.seconds, torch.zeros(2), 0
    while training.step < cfg.steps:
        batches = source.batch(training.step, cfg.singles, cfg.scened, cfg.worldly, cfg.written)
        sums, since = sums + torch.stack(training.advance(batches)), since + 1
        if training.step % every == 0 or training.step == cfg.steps:
            loss, right = (sums / since).tolist()
            training.seconds, scale = time.monotonic() - started, float(training.net.logit_scale.detach().exp())
            yield ClipStep(training.step, cfg.steps, loss, training.seconds, right, scale)
            sums, since = torch.zeros(2), 0


def train_all(
    cfg: TrainConfig | None = None, *, ship: bool = False, out: Path | None = None, anew: bool = False
) -> Iterator[TrainStep]:
    """Train the small CLIP, going on where it was stopped, then write weights and card.

    They go into the cache, with `ship` into assets/weights/clip, or into the folder `out`; anew: from the start.
    One planned for another number of steps goes on too: from there on the rate falls as for the new number.
    Yields nothing where the training is finished. Raises DemoError where a half-done one has other settings.
    """
    cfg = cfg or TrainConfig()
    folder = kit.target("clip", ship=ship, out=out)
    with kit.journal("clip", "atlas", cfg, anew=anew, free=("steps",)) as notes:
        if not kit.is_finished(notes.weights, training=kit.stated(cfg), steps=cfg.steps):
            words, table = vectors()
            training = Training(cfg, Words(words), table, taught(cfg.seed, words, table))
            notes.resume(training)
            for report in train(training, Source(cfg.seed, wider=cfg.wider, reading=cfg.reading)):
                notes.history.append([report.index, report.loss, report.right, report.scale])
                notes.keep(training, report, SAVE)
                yield report
            export(notes)
        kit.deliver(notes.weights, folder)


def export(notes: kit.Journal) -> Path:
    """Write the averaged weights of a training and the card beside them. -> the card, with no quality yet."""
    clip.save(notes.weights, notes.state["mean"], vectors()[0])
    return write_card(
        notes.weights,
        title="CLIP, small",
        parameters=sum(p.numel() for p in clip.build(notes.weights).parameters()),
        licence="Apache-2.0",
        data=DATA,
        config=clip.config(),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        quality={},
    )
