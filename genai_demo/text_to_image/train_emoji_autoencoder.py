"""Trains the autoencoder on emoji, from that of the picture world, whose layers it has. See train.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.spec import WEIGHTS
from genai_demo.core.training import ModelStep
from genai_demo.data import emoji, emoji_told
from genai_demo.data.emoji_told import WHITE
from genai_demo.text_to_image import autoencoder, train_autoencoder

NAME = "emoji-autoencoder"
DATA = (
    "emoji of Noto (Google, Apache-2.0), Twemoji (Twitter, CC-BY 4.0) and Fluent 3D and flat (Microsoft, MIT), turned "
    "to any hue; one concept in eleven held out"
)
LICENCE = "Apache-2.0 (trained here on emoji of Noto, Apache-2.0, Twemoji, CC-BY 4.0, and Fluent, MIT)"
REPORT, SAVE = 25, 50  # steps between two reports, and two states in the cache folder
JUDGED = 256  # pictures of concepts that are held out, at most, for the card


@dataclass(frozen=True, slots=True)
class TrainConfig(train_autoencoder.TrainConfig):
    """As of the picture world; chroma: as of autoencoder.losses; turned: the share of pictures in another hue."""

    steps: int = 375
    batch_size: int = 8
    learning_rate: float = 6e-4
    warmup: int = 40
    things: float = 2.0
    chroma: float = 0.5
    turned: float = 0.3
    ema_decay: float = 0.995


class Training(train_autoencoder.Training):
    """pictures: (n, 64, 64, 4) uint8, RGBA; start: weights to begin with."""

    def __init__(self, cfg: TrainConfig, pictures: np.ndarray, start: dict[str, Tensor] | None = None) -> None:
        super().__init__(cfg)
        self.turned, self.chroma, self.pictures = cfg.turned, cfg.chroma, pictures
        if start is not None:
            self.take(start)

    def batch(self, rng: np.random.Generator) -> Tensor:
        """Some of the pictures on white, each in a hue of its own or as it is, half of them mirrored."""
        chosen = [self.pictures[i] for i in rng.integers(len(self.pictures), size=self.cfg.batch_size)]
        made = [
            emoji_told.turned(one, float(rng.uniform(0, 360))) if rng.random() < self.turned else one for one in chosen
        ]
        x = emoji.on(np.stack(made), WHITE)
        x[::2] = x[::2, :, ::-1]
        return autoencoder.as_input(x)


def pictures(held_out: bool) -> np.ndarray:
    """(n, 64, 64, 4) uint8 of the concepts that are held out, or of the others, in every style."""
    everything = emoji.load()
    chosen = [i for i in emoji_told.concepts(everything) if everything.concepts[i].held_out == held_out]
    return np.concatenate(
        [everything.pictures[v][[i for i in chosen if everything.here[v][i]]] for v in emoji_told.STYLES.values()]
    )


def train_one(cfg: TrainConfig | None = None, *, anew: bool = False) -> Iterator[ModelStep]:
    """Train it, then write weights and card into the cache folder. Raises DemoError as kit.journal does."""
    cfg = cfg or TrainConfig()
    world = WEIGHTS / "text_to_image" / f"{train_autoencoder.NAME}.safetensors"
    with kit.journal("text_to_image", NAME, cfg, anew=anew, free=("steps",)) as notes:
        if not kit.is_finished(notes.weights, training=kit.stated(cfg)):
            training = Training(cfg, pictures(False), load_file(world) if world.exists() else None)
            notes.go_on(training, WEIGHTS / "text_to_image" / f"{NAME}.safetensors", ("steps",))
            for report in train_autoencoder.train(training, every=REPORT):
                notes.history.append([report.index, report.absolute, report.squared, report.kl])
                notes.keep(training, report, SAVE)
                yield ModelStep(report.index, report.total, report.loss, report.seconds, NAME)
            export(notes, training.average)


def judged(count: int = JUDGED) -> Tensor:
    """Pictures of concepts that no training saw, as `losses` takes them."""
    found = emoji.on(pictures(True), WHITE)
    return autoencoder.as_input(found[:: max(1, len(found) // count)][:count])


def export(notes: kit.Journal, average: Any) -> None:
    """Write the averaged weights and their card, with what goes through them measured on concepts never seen."""
    kit.write_weights(notes.weights, kit.halved(average.state_dict()))
    x = judged()
    with torch.inference_mode():
        scale = autoencoder.scaling(average, x)
    write_card(
        notes.weights,
        title="Autoencoder of emoji",
        licence=LICENCE,
        data=DATA,
        config=kit.stated({**autoencoder.CONFIG, "scaling_factor": scale}),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        begun_from=notes.begun,
        quality={"pictures": len(x), "decibels": round(autoencoder.decibels(average, x), 2)},
    )
