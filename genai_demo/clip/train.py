"""Trains and ships the small CLIP. `python -m genai_demo train clip` iterates train_all().

It keeps its state in the cache folder and goes on where it was stopped. Needs the emoji (by npm) and MiniLM's package.
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.clip import model as clip
from genai_demo.clip.batches import Batch, Source, joined
from genai_demo.clip.reader import taught
from genai_demo.clip.words import Words, vectors
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_dtype, seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.home import home
from genai_demo.core.spec import WEIGHTS

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
class TrainStep:
    """One report: loss and share of pictures that find their own text, means since the last; one over temperature."""

    index: int
    total: int
    loss: float
    right: float
    scale: float
    seconds: float


class Training:
    """Network, its running mean and optimiser: everything a stopped training needs to go on.

    table: word vectors, one for each word; reader: the text tower's first weights, random where there are none.
    """

    PARTS = ("net", "mean", "optimiser")

    def __init__(
        self, cfg: TrainConfig, words: Words, table: Tensor, reader: Mapping[str, Tensor] | None = None
    ) -> None:
        self.cfg, self.words, self.step = cfg, words, 0
        self.dtype = pick_dtype(torch.device("cpu"))
        with seeded(cfg.seed):
            self.net: Any = clip.untrained(table)
        self.net.load_state_dict(reader or {}, strict=False)
        self.net.visual.to(memory_format=torch.channels_last)
        self.net.train()
        self.mean = copy.deepcopy(self.net).requires_grad_(False)
        self.optimiser = torch.optim.AdamW(_groups(self.net, cfg), betas=(0.9, 0.98), fused=True)

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
            self._follow(min(self.cfg.average, (1 + self.step) / (10 + self.step)))
            right = (seen @ read.T).argmax(1).eq(torch.arange(len(seen))).float().mean()
        self.step += 1
        return loss.detach(), right

    def _follow(self, decay: float) -> None:
        """mean <- decay * mean + (1 - decay) * net; buffers are copied."""
        torch._foreach_lerp_(list(self.mean.parameters()), [p.detach() for p in self.net.parameters()], 1 - decay)
        for kept, now in zip(self.mean.buffers(), self.net.buffers(), strict=True):
            kept.copy_(now)

    def state(self) -> dict[str, Any]:
        return {**{name: getattr(self, name).state_dict() for name in self.PARTS}, "step": self.step}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        for name in self.PARTS:
            getattr(self, name).load_state_dict(state[name])
        self.step = state["step"]


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


def train(training: Training, source: Source, *, every: int = 20) -> Iterator[TrainStep]:
    """From where `training` is to its last step; a report every `every` steps."""
    cfg, started, sums, since = training.cfg, time.monotonic(), torch.zeros(2), 0
    while training.step < cfg.steps:
        batches = source.batch(training.step, cfg.singles, cfg.scened, cfg.worldly, cfg.written)
        sums, since = sums + torch.stack(training.advance(batches)), since + 1
        if training.step % every == 0 or training.step == cfg.steps:
            loss, right = (sums / since).tolist()
            scale, spent = float(training.net.logit_scale.detach().exp()), time.monotonic() - started
            yield TrainStep(training.step, cfg.steps, loss, right, scale, spent)
            sums, since = torch.zeros(2), 0


def journal(cfg: TrainConfig) -> dict[str, Any]:
    """What is kept of this training: state, history, seconds; empty before its start.

    One planned for another number of steps goes on too: from there on the rate falls as for the new number.
    """
    fresh: dict[str, Any] = {"config": asdict(cfg), "state": {}, "history": [], "seconds": 0.0}
    path = _journal_path()
    if path.exists():
        kept: dict[str, Any] = torch.load(path, weights_only=True)
        if {**kept["config"], "steps": cfg.steps} == fresh["config"]:
            return {**kept, "config": fresh["config"]}
    return fresh


def _journal_path() -> Path:
    return home() / "train" / "clip" / "atlas.pt"


def train_all(cfg: TrainConfig | None = None, *, out: Path | None = None) -> Iterator[TrainStep]:
    """Train the small CLIP unless it is shipped, and ship it. out: a folder, assets/weights/clip unless given."""
    cfg, path = cfg or TrainConfig(), (out or WEIGHTS / "clip") / FILE
    if _is_shipped(path, cfg):
        return
    words, table = vectors()
    notes = journal(cfg)
    first = taught(cfg.seed, words, table)
    training = Training(cfg, Words(words), table, first)
    if notes["state"]:
        training.restore(notes["state"])
    before = notes["seconds"]
    for report in train(training, Source(cfg.seed, wider=cfg.wider, reading=cfg.reading)):
        notes["history"].append([report.index, report.loss, report.right, report.scale])
        if report.index % SAVE == 0 or report.index == cfg.steps:
            notes |= {"state": training.state(), "seconds": before + report.seconds}
            part = _journal_path().with_suffix(".part")
            part.parent.mkdir(parents=True, exist_ok=True)
            torch.save(notes, part)
            part.replace(_journal_path())
        yield report
    ship(cfg, path)


def ship(cfg: TrainConfig, path: Path, *, unfinished: bool = False) -> Path:
    """Write the weights of a training and the card beside them. -> the card, with no quality yet.

    Raises DemoError where the training is not finished, unless that is allowed.
    """
    notes = journal(cfg)
    done = int(notes["state"].get("step", 0))
    if done < cfg.steps and not (unfinished and done):
        raise DemoError(f"clip is trained for {done} of {cfg.steps} steps; run train clip")
    state = notes["state"]["mean"]
    clip.save(path, state, vectors()[0])
    return write_card(
        path,
        title="CLIP, small",
        parameters=sum(p.numel() for p in clip.build(path).parameters()),
        licence="Apache-2.0",
        data=DATA,
        config=clip.config(),
        training=_stated(cfg),
        steps=done,
        wall_seconds=round(notes["seconds"]),
        quality={},
    )


def _stated(cfg: TrainConfig) -> dict[str, Any]:
    """What the card says of the training, as JSON gives it back."""
    stated: dict[str, Any] = json.loads(json.dumps(asdict(cfg)))
    return stated


def _is_shipped(path: Path, cfg: TrainConfig) -> bool:
    """Whether weights are there whose card names this training, finished."""
    card = path.with_suffix(".json")
    if not path.exists() or not card.exists():
        return False
    stated = json.loads(card.read_text())
    return bool(stated.get("training") == _stated(cfg) and stated.get("steps") == cfg.steps)
