"""Trains the judge of emoji: which one it is, and in which style. See train.py.

It learns from the pictures of the training, somewhat moved, enlarged, turned to other hues, blurred and noisy, and from
those in older styles (Noto of 2017, Firefox OS), of which it learns the concept alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_device, seeded
from genai_demo.core.rates import cosine
from genai_demo.core.training import ModelStep, Resumable
from genai_demo.data import emoji, emoji_told
from genai_demo.data.emoji import Emoji, Vendor
from genai_demo.data.emoji_told import STYLES, WHITE
from genai_demo.text_to_image import emoji_judge
from genai_demo.text_to_image.autoencoder import as_input
from genai_demo.text_to_image.train_emoji_autoencoder import LICENCE

NAME = "emoji-judge"
DATA = (
    "emoji of Noto (Google, Apache-2.0), Twemoji (Twitter, CC-BY 4.0), Fluent 3D and flat (Microsoft, MIT), Noto of "
    "2017 and Firefox OS (Mozilla, Apache-2.0); pairs of a concept and a style held out"
)
OLDER: tuple[Vendor, ...] = ("noto old", "firefox")
NO_STYLE = -100  # what cross_entropy passes over
REPORT, SAVE = 25, 100  # steps between two reports, and two states in the cache folder


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. moved, larger, noise: the most of a side, of the size, of the
    noise's deviation; turned, blurred: shares of the pictures."""

    steps: int = 600
    batch_size: int = 64
    learning_rate: float = 2e-3
    warmup: int = 50
    moved: float = 0.08
    larger: float = 0.12
    turned: float = 0.3
    blurred: float = 0.5
    noise: float = 0.2
    smoothing: float = 0.1
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """pictures (n, 64, 64, 4) uint8, RGBA; concept, style (n,): places in `names` and in STYLES."""

    pictures: np.ndarray
    concept: Tensor
    style: Tensor
    names: tuple[str, ...]


def labelled(everything: Emoji, held_out: bool) -> Labelled:
    """Pictures of the training and older ones, or the held-out pairs of concepts and styles."""
    known = [i for i in emoji_told.concepts(everything) if not everything.concepts[i].held_out]
    names = tuple(sorted({emoji_told.name_of(everything.concepts[i]) for i in known}))
    rows: list[tuple[np.ndarray, int, int]] = []
    for place, vendor in enumerate((*STYLES.values(), *OLDER)):
        style = place if place < len(STYLES) else NO_STYLE
        for i in (i for i in known if everything.here[vendor][i]):
            concept = everything.concepts[i]
            new = style != NO_STYLE and emoji_told.new_in(concept, tuple(STYLES)[place], "") == "style"
            if new == held_out:
                rows.append((everything.pictures[vendor][i], names.index(emoji_told.name_of(concept)), style))
    pictures, concepts, styles = zip(*rows)
    return Labelled(np.stack(pictures), torch.tensor(concepts), torch.tensor(styles), names)


class Training(Resumable):
    """Network and optimiser; every step disturbs its own pictures."""

    def __init__(self, cfg: TrainConfig, data: Labelled) -> None:
        self.cfg, self.data, self.device = cfg, data, pick_device()
        with seeded(cfg.seed):
            self.model = emoji_judge.empty(data.names).to(self.device).train()
        self.optimiser = torch.optim.AdamW(self.model.parameters(), weight_decay=0.05, fused=True)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "optimiser")}

    def advance(self) -> float:
        """One step. -> the loss."""
        cfg, data = self.cfg, self.data
        for group in self.optimiser.param_groups:
            group["lr"] = cosine(cfg.learning_rate, self.step, cfg.steps, cfg.warmup)
        rng = np.random.default_rng((cfg.seed, self.step))
        pick = rng.integers(len(data.pictures), size=cfg.batch_size)
        chosen = [
            emoji_told.turned(data.pictures[i], float(rng.uniform(0, 360)))
            if rng.random() < cfg.turned
            else data.pictures[i]
            for i in pick
        ]
        x = disturbed(as_input(emoji.on(np.stack(chosen), WHITE)), cfg, rng)
        concept, style = self.model(x.to(self.device))
        asked = data.concept[pick].to(self.device), data.style[pick].to(self.device)
        loss = F.cross_entropy(concept, asked[0], label_smoothing=cfg.smoothing) + 0.3 * F.cross_entropy(
            style, asked[1]
        )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.step += 1
        return float(loss.detach())


def disturbed(x: Tensor, cfg: TrainConfig, rng: np.random.Generator) -> Tensor:
    """Moved and enlarged a little, some mirrored, some blurred, all noisy, on white. x (b, 3, h, w)."""
    b = len(x)
    size = torch.from_numpy(1 + rng.uniform(-cfg.larger, cfg.larger, b).astype(np.float32))
    mirrored = torch.from_numpy(np.where(rng.random(b) < 0.5, -1, 1).astype(np.float32))
    at = torch.from_numpy(rng.uniform(-2 * cfg.moved, 2 * cfg.moved, (b, 2)).astype(np.float32))
    ways = torch.zeros(b, 2, 3)
    ways[:, 0, 0], ways[:, 1, 1], ways[:, :, 2] = size * mirrored, size, at
    x = F.grid_sample(x - 1, F.affine_grid(ways, list(x.shape), align_corners=False), align_corners=False) + 1
    blurred = torch.from_numpy(rng.random(b) < cfg.blurred).view(-1, 1, 1, 1)
    x = torch.where(blurred, F.avg_pool2d(F.pad(x, (2, 2, 2, 2), "replicate"), 5, 1), x)
    strength = torch.from_numpy(rng.random((b, 1, 1, 1), np.float32) * cfg.noise)
    return x + strength * torch.from_numpy(rng.standard_normal(x.shape, np.float32))


def train_one(cfg: TrainConfig | None = None, *, anew: bool = False) -> Iterator[ModelStep]:
    """Train it, then write weights and card into the cache folder. Raises DemoError as kit.journal does."""
    cfg = cfg or TrainConfig()
    with kit.journal("text_to_image", NAME, cfg, anew=anew, free=("steps",)) as notes:
        if not kit.is_finished(notes.weights, training=kit.stated(cfg)):
            training = Training(cfg, labelled(emoji.load(), False))
            notes.resume(training)
            yield from kit.sitting(notes, training, cfg.steps, NAME, REPORT, SAVE)
            export(notes, training.model)


@torch.inference_mode()
def accuracy(model: emoji_judge.Judge, data: Labelled) -> dict[str, float]:
    """Shares of real pictures of which it says concept and style; within_three: the concept among its first three."""
    found = emoji_judge.look(model.eval(), as_input(emoji.on(data.pictures, WHITE)))
    names, styles = [data.names[i] for i in data.concept], [tuple(STYLES)[i] for i in data.style]
    return {
        "pictures": len(found),
        "concept": _share([one.names[0] == name for one, name in zip(found, names)]),
        "within_three": _share([name in one.names for one, name in zip(found, names)]),
        "style": _share([one.style == style for one, style in zip(found, styles)]),
    }


def _share(found: list[bool]) -> float:
    return round(sum(found) / len(found), 4) if found else 0.0


def export(notes: kit.Journal, model: emoji_judge.Judge) -> None:
    """Write the weights, with the names, and their card: measured on concepts in a style in which it saw none."""
    kit.write_weights(notes.weights, kit.halved(model.state_dict()), {emoji_judge.NAMES: "\n".join(model.names)})
    write_card(
        notes.weights,
        title="Judge of emoji",
        licence=LICENCE,
        data=DATA,
        config={"widths": emoji_judge.WIDTHS, "concepts": len(model.names), "side": emoji_judge.SIDE},
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        quality=accuracy(model, labelled(emoji.load(), True)),
    )
