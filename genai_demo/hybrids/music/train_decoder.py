"""Trains the decoder on eight bars at a time. See hybrids/train.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import generator, seeded
from genai_demo.core.rates import trapezoid
from genai_demo.core.training import ModelStep, Resumable
from genai_demo.data import tunes
from genai_demo.hybrids.music import decoder
from genai_demo.hybrids.music.decoder import TuneDecoder
from genai_demo.hybrids.music.train_vae import DATA

NAME = "tunes-decoder"
REPORT, SAVE = 50, 250
ENDS = ("lm_head.weight",)  # shared with the embedding


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. cool: share of the steps in which the rate falls to 0."""

    steps: int = 750
    batch_size: int = 32
    learning_rate: float = 2e-3
    warmup: int = 100
    cool: float = 0.5
    weight_decay: float = 0.05
    seed: int = 0


class Training(Resumable):
    """Network, optimiser and random stream."""

    def __init__(self, cfg: TrainConfig, windows: Tensor) -> None:
        self.cfg, self.windows = cfg, windows
        with seeded(cfg.seed):
            self.model = TuneDecoder().train()
        self.optimiser = torch.optim.AdamW(self.model.parameters(), weight_decay=cfg.weight_decay)
        self.random = generator(cfg.seed)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "optimiser", "random")}

    def advance(self) -> float:
        """One step. -> nats a step of a tune."""
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = trapezoid(cfg.learning_rate, self.step, cfg.steps, cfg.warmup, cfg.cool)
        pick = torch.randint(len(self.windows), (cfg.batch_size,), generator=self.random)
        value = decoder.loss(self.model, self.windows[pick])
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        return float(value.detach())


def train_one(cfg: TrainConfig | None = None, *, anew: bool = False) -> Iterator[ModelStep]:
    """Train it, going on where it was stopped, and write weights and card into the cache folder."""
    cfg = cfg or TrainConfig()
    told = kit.stated(cfg)
    with kit.journal("hybrids", NAME, told, anew=anew, free=("steps",)) as notes:
        if kit.is_finished(notes.weights, training=told):
            return
        known = torch.from_numpy(tunes.windows(tunes.load("train"), decoder.BARS))
        training = Training(cfg, known)
        notes.resume(training)
        yield from kit.sitting(notes, training, cfg.steps, NAME, REPORT, SAVE)
        kept = {name: value for name, value in training.model.state_dict().items() if not name.endswith(ENDS)}
        kit.write_weights(notes.weights, kit.halved(kept))
        write_card(
            notes.weights,
            title="Decoder of tunes",
            licence="Apache-2.0",
            data=DATA,
            config={**decoder.SIZE, "bars": decoder.BARS},
            training=notes.config,
            steps=notes.step,
            wall_seconds=round(notes.seconds),
            history=notes.history,
        )
