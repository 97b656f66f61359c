"""Trains the text encoder alone, on captions: it has to tell what lies where, as far as words say it. See train.py.

Where things lie changes the U-Net's loss by next to nothing: learnt along with it, all words for places sink into one
vector, "left" and "right" as well. So the text encoder learns them before: one small network reads its features and
says for every cell of a grid what lies there, another says where a thing lies that it is asked for. Both are thrown
away then, and the text encoder left as it is by the trainings of U-Net and transformer. Captions cost nothing to make;
no picture is drawn.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_device, seeded
from genai_demo.core.rates import trapezoid
from genai_demo.core.training import ModelStep, Resumable
from genai_demo.data.world import OPPOSITE, Scene
from genai_demo.data.world_kinds import KINDS
from genai_demo.data.world_splits import training_scene
from genai_demo.data.world_words import described, parse
from genai_demo.text_to_image import denoiser, latents
from genai_demo.text_to_image.pipeline import INNER, SHIPPED

NAME = "text"
DATA = "captions of this project's own picture world (genai_demo/data/world.py), its training half (world_splits.py)"
SIZES = [len(names) for names in latents.NAMES]
BINS = 4  # along a side, of where a thing lies that is asked for
EMPTY = 0.15  # weight of an empty cell in the loss of what lies where
REPORT, SAVE = 25, 250  # steps between two reports, and two states in the cache folder
ASKED = 40  # pairs of things, each asked for in four ways, for the card


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card.

    placed: the share of captions that say how things lie; few: of scenes that have at most two things; ground: weight
    of the loss of what the ground is; asked: of where a thing lies that is asked for; kept: of how far the other
    captions' features move from those of the text encoder of before, if there is one.
    """

    steps: int = 4_000
    batch_size: int = 64
    learning_rate: float = 1e-3
    warmup: int = 100
    placed: float = 0.8
    few: float = 0.6
    ground: float = 0.3
    asked: float = 0.5
    kept: float = 3.0
    seed: int = 7


class Reader(nn.Module):
    """Features of words (b, WORDS, WIDTH) -> logits of a plan: each cell asks the words what lies in it."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.Parameter(torch.randn(latents.CELLS**2, denoiser.WIDTH) * 0.1)
        self.ask = nn.TransformerDecoderLayer(
            denoiser.WIDTH, 4, 2 * denoiser.WIDTH, dropout=0.0, batch_first=True, norm_first=True
        )
        self.net = nn.Linear(denoiser.WIDTH, sum(SIZES))

    def forward(self, features: Tensor) -> Tensor:
        """(b, sum(SIZES), CELLS, CELLS)."""
        cells = self.net(self.ask(self.cells.expand(len(features), -1, -1), features))
        plan: Tensor = cells.transpose(1, 2).unflatten(2, (latents.CELLS, latents.CELLS))
        return plan


class Asker(nn.Module):
    """Features of words (b, WORDS, WIDTH), a kind (b,) -> logits of where it lies (b, 2, BINS): across, and down."""

    def __init__(self) -> None:
        super().__init__()
        self.kind = nn.Embedding(len(KINDS), denoiser.WIDTH)
        self.attention = nn.MultiheadAttention(denoiser.WIDTH, 4, batch_first=True)
        self.net = nn.Linear(denoiser.WIDTH, 2 * BINS)

    def forward(self, features: Tensor, kind: Tensor) -> Tensor:
        found, _ = self.attention(self.kind(kind)[:, None], features, features, need_weights=False)
        where: Tensor = self.net(found[:, 0]).unflatten(1, (2, BINS))
        return where


def missed(logits: Tensor, plan: Tensor, empty: float) -> tuple[Tensor, Tensor]:
    """The cross-entropies of plan (b, 3, CELLS, CELLS): of kind and colour together, and of the ground.

    An empty cell weighs `empty` in the first; only there a ground is asked for.
    """
    layers = logits.float().split(SIZES, 1)
    kind, colour, ground = (F.cross_entropy(said, plan[:, i], reduction="none") for i, said in enumerate(layers))
    taken = plan[:, 0] > 0
    weight = torch.where(taken, 1.0, empty)
    return ((kind + colour) * weight).sum() / weight.sum(), ground[~taken].mean()


class Training(Resumable):
    """Text encoder, reader and optimiser; every step makes its own captions. before: weights to begin from, or none."""

    def __init__(self, cfg: TrainConfig, before: Mapping[str, Tensor] | None = None) -> None:
        self.cfg, self.device = cfg, pick_device()
        with seeded(cfg.seed):
            self.model = denoiser.empty().text_encoder.to(self.device).train()
            self.reader, self.asker = Reader().to(self.device), Asker().to(self.device)
        self.model.set_attn_implementation("eager")
        self.before: nn.Module | None = None
        if before is not None:
            self.model.load_state_dict(before)
            self.before = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.learnt = [*self.model.parameters(), *self.reader.parameters(), *self.asker.parameters()]
        self.optimiser = torch.optim.AdamW(self.learnt, weight_decay=0.01, betas=(0.9, 0.99), fused=True)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "reader", "asker", "optimiser")}

    def advance(self) -> float:
        """One step. -> the loss of what lies where."""
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = trapezoid(cfg.learning_rate, self.step, cfg.steps, cfg.warmup)
        ids, plan, asked, placed = self._batch()
        features = self.model(ids).last_hidden_state
        things, ground = missed(self.reader(features), plan, EMPTY)
        where = F.cross_entropy(self.asker(features, asked[:, 0]).flatten(0, 1), asked[:, 1:].flatten())
        loss = things + cfg.ground * ground + cfg.asked * where
        if self.before is not None and placed < len(ids):
            loss = loss + cfg.kept * F.mse_loss(features[placed:], self.before(ids[placed:]).last_hidden_state)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.learnt, 1.0)
        self.optimiser.step()
        self.step += 1
        return float(things.detach())

    def _batch(self) -> tuple[Tensor, Tensor, Tensor, int]:
        """Captions; plans; a thing asked for and its bins; how many captions, the first ones, say how things lie."""
        rng = np.random.default_rng((self.cfg.seed, 4, self.step))
        placed = round(self.cfg.batch_size * self.cfg.placed)
        made = [captioned(rng, i < placed, self.cfg.few) for i in range(self.cfg.batch_size)]
        plans = torch.from_numpy(np.stack([latents.plan(scene) for _, scene in made])).long()
        asked = torch.tensor([thing_of(scene, rng) for _, scene in made])
        ids = denoiser.ids_of([text for text, _ in made])
        return ids.to(self.device), plans.to(self.device), asked.to(self.device), placed


def thing_of(scene: Scene, rng: np.random.Generator) -> tuple[int, int, int]:
    """One of its things: the number of its kind, and the bins where it lies, across and down."""
    thing = scene.things[int(rng.integers(len(scene.things)))]
    across, down = (min(BINS - 1, int(at * BINS)) for at in (thing.x, thing.y))
    return list(KINDS).index(thing.kind), across, down


def captioned(rng: np.random.Generator, placed: bool, few: float) -> tuple[str, Scene]:
    """A caption that says how things lie, or one that does not, and its scene. few: as in TrainConfig."""
    while True:
        scene = training_scene(rng, 2 if rng.random() < few else latents.MOST)
        text = described(scene, rng)
        wanted = parse(text)
        if placed == bool(wanted and (wanted.relations or wanted.place)):
            return text, scene


@torch.no_grad()
def told_apart(model: nn.Module, reader: Reader) -> float:
    """Of prompts for two things, the share where what is asked for lies, in the mean, on the side that they name."""
    rng = np.random.default_rng(0)
    pairs = [rng.choice(list(KINDS), 2, replace=False).tolist() for _ in range(ASKED)]
    at, right = torch.arange(latents.CELLS), 0
    for way in OPPOSITE:
        said = {"left of": "to the left of", "right of": "to the right of"}.get(way, way)
        ids = denoiser.ids_of([f"a red {one} {said} a blue {other}" for one, other in pairs])
        ids = ids.to(reader.cells.device)
        kinds = reader(model(ids).last_hidden_state).split(SIZES, 1)[0].softmax(1).cpu()
        for row, pair in zip(kinds, pairs):
            seen = [row[latents.NAMES[0].index(kind)] for kind in pair]
            sums = [one.sum(0 if "of" in way else 1) for one in seen]
            one, other = ((line * at).sum() / line.sum() for line in sums)
            right += int((one < other) == (way in ("left of", "above")))
    return right / (len(OPPOSITE) * len(pairs))


def earlier(folder: Path = SHIPPED) -> tuple[dict[str, Tensor] | None, str]:
    """The text encoder of the shipped denoiser, and the digest of its file; None and "" where there is none."""
    path = folder / "denoiser.safetensors"
    if not path.exists():
        return None, ""
    found = {name.removeprefix(INNER): w.float() for name, w in load_file(path).items() if name.startswith(INNER)}
    return found, json.loads(path.with_suffix(".json").read_text())["sha256"]


def train_one(cfg: TrainConfig | None = None, *, anew: bool = False) -> Iterator[ModelStep]:
    """Train it, from the shipped denoiser's where there is one, then write weights and card into the cache folder."""
    cfg = cfg or TrainConfig()
    before, digest = earlier()
    told = {**kit.stated(cfg), "before": digest}
    with kit.journal("text_to_image", NAME, told, anew=anew, free=("steps", "before")) as notes:
        if not kit.is_finished(notes.weights, training=told):
            training = Training(cfg, before)
            notes.resume(training)
            yield from kit.sitting(notes, training, cfg.steps, NAME, REPORT, SAVE)
            export(notes, training)


def export(notes: kit.Journal, training: Training) -> None:
    """Write the weights and their card."""
    kit.write_weights(notes.weights, kit.halved(training.model.state_dict()))
    write_card(
        notes.weights,
        title="Text encoder of the picture world",
        licence="Apache-2.0",
        data=DATA,
        config=kit.stated(denoiser.TEXT),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        quality={"places_told": round(told_apart(training.model.eval(), training.reader), 4)},
    )
