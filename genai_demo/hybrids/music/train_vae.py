"""Trains the VAE of two bars, and one that forgets its codes, to set beside it. See hybrids/train.py."""

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
from genai_demo.hybrids.music import vae
from genai_demo.hybrids.music.vae import TuneVae

DATA = (
    "tunes in 4/4 and 2/4 from O'Neill's Music of Ireland, Aird's Airs and Ryan's Mammoth Collection (public domain; "
    f"files as music21 {tunes.VERSION} gives them on by leave of those who wrote them down)"
)
REPORT, SAVE = 50, 250
QUARTER = 4  # an attribute is taken from the quarter of the windows that has most of it, and that has least


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. weight: of the KL, reached after `rising` steps from 0.

    hidden: share of the steps before that the decoder is not told; cool: share of the steps in which the rate falls.
    """

    steps: int = 2800
    batch_size: int = 64
    learning_rate: float = 2e-3
    warmup: int = 50
    cool: float = 0.5
    weight: float = 0.1
    rising: int = 1000
    hidden: float = 0.25
    seed: int = 0


# What is trained under each name, and what it is called. The second is what Bowman et al. (2016) warn of: the KL counts
# in full from the first step, and the decoder is told every step before, so that it learns to do without the code.
NAMES: dict[str, tuple[str, TrainConfig]] = {
    "tunes": ("MusicVAE in small", TrainConfig()),
    "tunes-collapsed": ("MusicVAE, collapsed", TrainConfig(steps=1000, weight=1.0, rising=0, hidden=0.0)),
}


class Training(Resumable):
    """Network, optimiser and random stream."""

    def __init__(self, cfg: TrainConfig, windows: Tensor) -> None:
        self.cfg, self.windows = cfg, windows
        with seeded(cfg.seed):
            self.model = TuneVae().train()
        self.optimiser = torch.optim.AdamW([p for p in self.model.parameters() if p.requires_grad], weight_decay=0.01)
        self.random = generator(cfg.seed)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "optimiser", "random")}

    def advance(self) -> float:
        """One step. -> nats a window: its steps and its KL, in full."""
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = trapezoid(cfg.learning_rate, self.step, cfg.steps, cfg.warmup, cfg.cool)
        pick = torch.randint(len(self.windows), (cfg.batch_size,), generator=self.random)
        steps, kl = vae.loss(self.model, self.windows[pick], cfg.hidden, self.random)
        value = steps + cfg.weight * min(1.0, self.step / max(1, cfg.rising)) * kl
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 20.0)
        self.optimiser.step()
        self.step += 1
        return float(steps.detach() + kl.detach())


def train_one(name: str, *, anew: bool = False) -> Iterator[ModelStep]:
    """Train one of NAMES, going on where it was stopped, and write weights and card into the cache folder."""
    title, cfg = NAMES[name]
    told = kit.stated(cfg)
    with kit.journal("hybrids", name, told, anew=anew, free=("steps", "weight")) as notes:
        if kit.is_finished(notes.weights, training=told):
            return
        known = torch.from_numpy(tunes.windows(tunes.load("train"), vae.BARS))
        training = Training(cfg, known)
        notes.resume(training)
        yield from kit.sitting(notes, training, cfg.steps, name, REPORT, SAVE)
        model = training.model.eval()
        look(model, known, torch.from_numpy(unheard()))
        kit.write_weights(notes.weights, kit.halved(model.state_dict()))
        write_card(
            notes.weights,
            title=title,
            licence="Apache-2.0",
            data=DATA,
            config={"latent": vae.LATENT, "reading": vae.READING, "saying": vae.SAYING, "bars": vae.BARS},
            training=notes.config,
            steps=notes.step,
            wall_seconds=round(notes.seconds),
            history=notes.history,
        )


@torch.no_grad()
def look(model: TuneVae, known: Tensor, held: Tensor) -> None:
    """Fills what is measured: attributes from windows that were learnt from, KL from those that were held out."""
    every = known[:: max(1, len(known) // 6000)]
    mean, _ = model.encode(every)
    for name, value in (("busier", counts(every)), ("higher", heights(every))):
        order, most = value.argsort(), len(every) // QUARTER
        getattr(model, name).copy_((mean[order[-most:]].mean(0) - mean[order[:most]].mean(0)) / 2)
    model.kl.copy_(vae.divergence(*model.encode(held)).mean(0))


def counts(windows: Tensor) -> Tensor:
    """Notes of each window."""
    return (windows >= tunes.FIRST).sum(1).float()


def heights(windows: Tensor) -> Tensor:
    """Mean pitch of the notes of each window, as in MIDI; 0 where there are none."""
    notes = windows >= tunes.FIRST
    return ((windows - tunes.FIRST + tunes.LOWEST) * notes).sum(1) / notes.sum(1).clamp(min=1)


def unheard() -> Any:
    """Held-out windows, none of which also stands in a tune that was learnt from."""
    known = {row.tobytes() for row in tunes.windows(tunes.load("train"), vae.BARS)}
    held = tunes.windows(tunes.load("held out"), vae.BARS)
    return held[[row.tobytes() not in known for row in held]]
