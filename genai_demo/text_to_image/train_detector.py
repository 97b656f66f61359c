"""Trains the detector on scenes of the whole picture world, blurred and noisy now and then. See train.py."""

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
from genai_demo.data.world import Scene, draw, random_scene, relations
from genai_demo.data.world_words import described, judge, parse
from genai_demo.text_to_image import detector
from genai_demo.text_to_image.autoencoder import as_input

NAME = "detector"
DATA = "this project's own picture world, drawn as it is needed (genai_demo/data/world.py), all of it"
MOST = 5  # things in a picture
REPORT, SAVE = 25, 100  # steps between two reports, and two states in the cache folder
JUDGED = 2000  # scenes of another seed, for the card


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. blurred: share of pictures; noise: its largest deviation."""

    steps: int = 2_500
    batch_size: int = 48
    learning_rate: float = 2e-3
    warmup: int = 200
    blurred: float = 0.3
    noise: float = 0.15
    seed: int = 0


class Training(Resumable):
    """Network and optimiser; scenes and their disturbances follow from seed and step."""

    def __init__(self, cfg: TrainConfig) -> None:
        self.cfg, self.device = cfg, pick_device()
        with seeded(cfg.seed):
            self.model = detector.empty().to(self.device).train()
        self.optimiser = torch.optim.AdamW(self.model.parameters(), weight_decay=0.02, fused=True)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "optimiser")}

    def advance(self) -> float:
        """One step. -> the loss."""
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = cosine(cfg.learning_rate, self.step, cfg.steps, cfg.warmup)
        rng = np.random.default_rng((cfg.seed, self.step))
        scenes = [random_scene(rng, MOST) for _ in range(cfg.batch_size)]
        x = disturbed(as_input([draw(scene) for scene in scenes]), cfg, rng)
        value = detector.loss(self.model(x.to(self.device)), scenes)
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        self.optimiser.step()
        self.step += 1
        return float(value.detach())


def disturbed(x: Tensor, cfg: TrainConfig, rng: np.random.Generator) -> Tensor:
    """Some blurred, all with some noise, as pictures are that a model made. x (b, 3, h, w)."""
    blurred = torch.from_numpy(rng.random(len(x)) < cfg.blurred).view(-1, 1, 1, 1)
    x = torch.where(blurred, F.avg_pool2d(F.pad(x, (1, 1, 1, 1), "replicate"), 3, 1), x)
    strength = torch.from_numpy(rng.random((len(x), 1, 1, 1), np.float32) * cfg.noise)
    noise = torch.from_numpy(rng.standard_normal(x.shape, np.float32))
    return (x + strength * noise).contiguous(memory_format=torch.channels_last)


def train_one(cfg: TrainConfig | None = None, *, anew: bool = False) -> Iterator[ModelStep]:
    """Train it, going on where it was stopped, then write weights and card into the cache folder.

    One planned for another number of steps goes on too. Raises DemoError where a half-done one has other settings.
    """
    cfg = cfg or TrainConfig()
    with kit.journal("text_to_image", NAME, cfg, anew=anew, free=("steps",)) as notes:
        if not kit.is_finished(notes.weights, training=kit.stated(cfg)):
            training = Training(cfg)
            notes.resume(training)
            yield from kit.sitting(notes, training, cfg.steps, NAME, REPORT, SAVE)
            export(notes, training.model)


def accuracy(model: detector.Detector, scenes: list[Scene], seed: int = 0) -> dict[str, float]:
    """How well it sees scenes: shares of whole scenes, and of relations; centre: mean error in pixels."""
    rng = np.random.default_rng(seed)
    seen = detector.look(model.eval(), as_input([draw(scene) for scene in scenes]))
    verdicts = [judge(wanted, found) for s, found in zip(scenes, seen) if (wanted := parse(described(s, rng)))]
    right = [(a, b) for a, b in zip(scenes, seen) if _words(a) == _words(b)]
    held = [
        any((one.words, where, other.words) == (x.words, way, y.words) for x, way, y in relations(b))
        for a, b in right
        for one, where, other in relations(a)
    ]
    off = [
        min(np.hypot(t.x - o.x, t.y - o.y) for o in b.things if o.words == t.words) for a, b in right for t in a.things
    ]
    return {
        "scenes": len(scenes),
        "things": _share([verdict.things for verdict in verdicts]),
        "things_and_colours": _share([verdict.colours for verdict in verdicts]),
        "sizes": _share([verdict.sizes for verdict in verdicts]),
        "backgrounds": _share([a.background == b.background for a, b in zip(scenes, seen)]),
        "relations": _share(held),
        "centre": round(float(np.mean(off)) * as_input([draw(scenes[0])]).shape[-1], 2) if off else float("nan"),
    }


def _words(scene: Scene) -> list[str]:
    return sorted(thing.words for thing in scene.things)


def _share(found: list[bool]) -> float:
    return round(sum(found) / len(found), 4) if found else 0.0


def export(notes: kit.Journal, model: detector.Detector) -> None:
    """Write the weights and their card, with what it sees of scenes of another seed."""
    kit.write_weights(notes.weights, kit.halved(model.state_dict()))
    rng = np.random.default_rng((notes.config["seed"], JUDGED))
    scenes = [random_scene(rng, 3) for _ in range(JUDGED)]
    write_card(
        notes.weights,
        title="Detector of the picture world, the judge",
        licence="Apache-2.0",
        data=DATA,
        config={"cells": detector.CELLS, "widths": detector.WIDTHS, "depth": detector.DEPTH},
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        quality=accuracy(model, scenes),
    )
