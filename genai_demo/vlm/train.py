"""Trains the models of this folder one after another: `python -m genai_demo train vlm`.

    language   the decoder alone, on scenes told in words, questions and answers; and on questions with no scene
    aligned    the projector, the decoder left as it is: LLaVA's first stage
    llava      projector and decoder: its second stage
    fusion     gated cross-attention into the decoder of `language`, left as it is, to patches of a projector that
               begins as `aligned` has it and learns on: Flamingo's way

One thread is enough: OMP_NUM_THREADS=1. `python -m genai_demo.vlm.train NAME ...` trains some.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_device, seeded
from genai_demo.core.errors import DemoError, among, shown
from genai_demo.core.rates import trapezoid
from genai_demo.core.training import ModelStep, Resumable
from genai_demo.data.world import Scene, draw
from genai_demo.data.world_questions import ASKERS, CROSSED, MOST, asked, scene_to_ask
from genai_demo.text_to_image.autoencoder import as_input
from genai_demo.vlm import measuring, model, network, packing, words

REPORT, SAVE = 50, 100  # steps between two reports, and two states in the cache folder
QUESTIONS = 14  # asked of a scene; those that fit into a row are learnt
FITTED = 1000  # scenes that the tower's statistics are measured on
WATCHED = 48  # scenes of the questions that are asked at every report
DATA = (
    "this project's own picture world, drawn as it is needed, and questions about it with their true answers "
    "(genai_demo/data/world_questions.py)"
)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. rows: scenes in a step; mute: share of rows without a scene;
    noting: so many steps at first read notes alone, of twice as many scenes, and no questions (packing.notes); notes:
    of a scene, at most; naming: so many steps at first a patch is to be the sum of the vectors of what lies there.

    falling: the last share of the steps, whose rate falls to 0; things: of a scene, at most; crossed: as in
    world_questions; precision: of the products.
    """

    steps: int
    learning_rate: float
    rows: int = 16
    mute: float = 0.0
    noting: int = 0
    notes: int = 6
    naming: int = 0
    warmup: int = 100
    falling: float = 0.3
    weight_decay: float = 0.05
    clip: float = 1.0
    things: int = MOST
    crossed: float = CROSSED
    precision: str = field(default_factory=kit.fit_precision)
    seed: int = 0


STAGES: dict[str, TrainConfig] = {
    "language": TrainConfig(steps=1800, learning_rate=3e-3, mute=0.08, noting=600, things=4, crossed=0.0),
    "aligned": TrainConfig(steps=700, learning_rate=3e-3, naming=500, notes=3, things=4, crossed=0.0),
    "llava": TrainConfig(steps=5500, learning_rate=2e-3, notes=2),
    "fusion": TrainConfig(steps=5500, learning_rate=3e-3, noting=400, notes=3),
}
FREE = ("steps", "precision", "things", "crossed")  # in which an earlier sitting may differ; the card says how
TITLES = {
    "language": "The decoder before it sees",
    "aligned": "LLaVA in small, first stage",
    "llava": "LLaVA in small",
    "fusion": "Flamingo in small",
}
BEGINS = {"aligned": "language", "llava": "aligned", "fusion": "aligned"}  # what each goes on from


class Training(Resumable):
    """Model and optimiser; scenes and questions follow from stage, seed and step."""

    def __init__(self, name: str, cfg: TrainConfig) -> None:
        self.name, self.cfg, self.device = name, cfg, pick_device()
        with seeded(cfg.seed):
            self.model = begun(name).to(self.device).train()
        self.network = self.model.language.network
        self.learnt = [p for p in self.model.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in self.learnt if p.ndim > 1], "weight_decay": cfg.weight_decay},
            {"params": [p for p in self.learnt if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.95), fused=True)
        self.watched = measuring.questions(WATCHED, seed=cfg.seed + 1)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "optimiser")}

    def advance(self) -> float:
        """One step. -> nats a token that is to be said, each question's weighed by the root of its length."""
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = trapezoid(cfg.learning_rate, self.step, cfg.steps, cfg.warmup, cfg.falling)
        rng = np.random.default_rng((cfg.seed, list(STAGES).index(self.name), self.step))
        noting = cfg.naming <= self.step < cfg.naming + cfg.noting
        scenes = [scene_to_ask(rng, most=cfg.things) for _ in range(cfg.rows * (2 if noting else 1))]
        questions = [[] if noting else asked(scene, rng, QUESTIONS, crossed=cfg.crossed) for scene in scenes]
        items: list[packing.Items] = [
            [*packing.notes(scene, rng, cfg.notes), *some] for scene, some in zip(scenes, questions)
        ]
        if self.step < cfg.naming:
            value = naming(self.model, scenes)
        else:
            pack, features = self.batch(scenes, items, rng)
            with kit.products(self.device, cfg.precision):
                value = loss(self.model, pack, features)
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.learnt, cfg.clip)
        self.optimiser.step()
        self.step += 1
        return float(value.detach())

    def batch(
        self, scenes: list[Scene], questions: list[packing.Items], rng: np.random.Generator
    ) -> tuple[packing.Pack, Tensor | None]:
        """The rows of a step, and the tower's features of their pictures; None where words tell the scene."""
        if self.name == "language":
            mute = rng.random(len(scenes)) < self.cfg.mute
            return packing.told([None if quiet else one for one, quiet in zip(scenes, mute)], questions, rng), None
        x = as_input([draw(scene) for scene in scenes]).to(self.device)
        features = self.model.tower(x)
        return (packing.unseen if self.name == "fusion" else packing.pictured)(questions), features

    def numbers(self) -> list[float]:
        """For the history: shares of right answers by kind, then the gates that are open."""
        found = measuring.by_kind(self.model, self.watched, "told" if self.name == "language" else "picture")
        gates = [g for one in network.crossings(self.network) for g in one.gates.detach().tanh().tolist()]
        self.model.train()
        return [*(round(found.get(kind, 0.0), 4) for kind in ASKERS), *(round(gate, 4) for gate in gates)]


def loss(seer: model.Seer, pack: packing.Pack, features: Tensor | None) -> Tensor:
    """Cross-entropy of the answers."""
    logits, wanted, weights = measuring.answers(seer, pack, features)
    nats = F.cross_entropy(logits.float(), wanted, reduction="none")
    return (nats * weights).sum() / weights.sum()


def naming(seer: model.Seer, scenes: list[Scene]) -> Tensor:
    """How far patches lie from the sums of the words' vectors of what lies there, in units of these sums' spread.

    Patches with the centre of a thing count as much, all together, as those without.
    """
    patches = seer.patches([draw(scene) for scene in scenes])
    said = torch.stack([packing.named(scene) for scene in scenes]).to(patches.device)
    wanted = measuring.summed(seer.language.network.get_input_embeddings(), said)
    off = (patches - wanted).square().mean(-1) / wanted.var()
    things = (said >= 0).sum(-1) == packing.SAID
    found: Tensor = (off[things].mean() + off[~things].mean()) / 2
    return found


def begun(name: str) -> model.Seer:
    """What a stage starts from; only what it trains asks for gradients. Raises DemoError where that is not there."""
    if name == "language":
        seer = model.empty()
        rng = np.random.default_rng(FITTED)
        seer.tower.fit(as_input([draw(scene_to_ask(rng)) for _ in range(FITTED)]))
        seer.projector.requires_grad_(False)
        return seer
    path = before(name)
    if name == "llava":
        seer = model.build(path)
    elif name == "aligned":
        seer = model.from_language(path, fused=False)
        seer.language.requires_grad_(False)
    else:
        seer = model.from_language(path.with_name("language.safetensors"), fused=True)
        seer.projector.load_state_dict(model.build(path).projector.state_dict())
    seer.tower.requires_grad_(False)
    return seer


def before(name: str) -> Path:
    """The weights that a stage begins from: of the cache, else the shipped ones. Raises DemoError."""
    file = f"{BEGINS[name]}.safetensors"
    for folder in (kit.folder_of("vlm"), model.FOLDER):
        if (folder / file).exists():
            return folder / file
    raise DemoError(f"vlm/{name} begins from {BEGINS[name]}, which is not trained; train it first")


def train_one(name: str, cfg: TrainConfig | None = None, *, anew: bool = False) -> Iterator[ModelStep]:
    """Train the one of that name, going on where it was stopped, and write weights and card into the cache folder."""
    cfg = cfg or STAGES[name]
    with kit.journal("vlm", name, cfg, anew=anew, free=FREE) as notes:
        if kit.is_finished(notes.weights, training=kit.stated(cfg)):
            return
        training = Training(name, cfg)
        notes.resume(training)
        for report in kit.reports(training, cfg.steps, REPORT):
            notes.history.append([report.index, round(report.loss, 4), *training.numbers()])
            notes.keep(training, report, SAVE)
            yield ModelStep(report.index, report.total, report.loss, report.seconds, name)
        export(notes, training)


def export(notes: kit.Journal, training: Training) -> None:
    """Weights in half precision of what the stage trained, and their card."""
    name, seer = training.name, training.model.eval()
    kit.write_weights(notes.weights, model.shipped(seer, name), {"kind": name})
    columns = ["step", "loss", *ASKERS, *(f"gate {i + 1}{part}" for i in _layers(seer) for part in ("", " forward"))]
    write_card(
        notes.weights,
        title=TITLES[name],
        licence="Apache-2.0",
        data=DATA,
        parameters=sum(p.numel() for p in (seer.language if name == "language" else seer).parameters()),
        config={**network.SHAPE, "words": len(words.numbers()), "hidden": network.HIDDEN},
        training=notes.config,
        begun_from=notes.begun,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        columns=columns,
        history=notes.history,
        quality={},
    )


def _layers(seer: model.Seer) -> range:
    return range(len(network.crossings(seer.language.network)))


def train_all(
    names: tuple[str, ...] = (), *, ship: bool = False, out: Path | None = None, anew: bool = False
) -> Iterator[ModelStep]:
    """Those of these names (all where none is given) that are not finished yet. Raises DemoError.

    They go into the cache, with `ship` into assets/weights/vlm, or into the folder `out`.
    """
    folder = kit.target("vlm", ship=ship, out=out)
    for name in names or STAGES:
        if name not in STAGES:
            raise DemoError(f"model is {shown(name)}; {among(name, STAGES)}")
        yield from train_one(name, anew=anew)
        kit.deliver(kit.folder_of("vlm") / f"{name}.safetensors", folder)


if __name__ == "__main__":
    try:
        for told in train_all(tuple(sys.argv[1:])):
            print(f"{told.model} {told.index}/{told.total} loss {told.loss:.4f} seconds {told.seconds:.0f}", flush=True)
    except DemoError as error:
        sys.exit(str(error))
