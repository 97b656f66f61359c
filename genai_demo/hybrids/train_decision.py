"""Trains the Decision Transformer and those that only imitate on the same walks. See train.py."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import generator, seeded
from genai_demo.core.rates import trapezoid
from genai_demo.core.training import ModelStep, Resumable
from genai_demo.hybrids import acting, decision, grid
from genai_demo.hybrids.grid import Episodes

NAMES = {"decision": "all", "clone": "all", "clone-best": "the best tenth"}  # of which walks each learns
TITLES = {
    "decision": "Decision Transformer",
    "clone": "Decoder that imitates all walks",
    "clone-best": "Decoder that imitates the best tenth of the walks",
}
ASKED = (0, 2, 4, 6, 8, 10, 12)  # returns that the card states
TEMPERATURE = 0.5
REPORT, SAVE = 50, 500


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card. cool: the share of the steps in which the rate falls to 0."""

    steps: int = 800
    batch_size: int = 64
    walks: int = 4000
    learning_rate: float = 1e-3
    warmup: int = 100
    cool: float = 0.3
    weight_decay: float = 0.01
    seed: int = 0


class Training(Resumable):
    """Network, optimiser and random stream."""

    def __init__(self, cfg: TrainConfig, episodes: Episodes, *, asked: bool) -> None:
        self.cfg = cfg
        with seeded(cfg.seed):
            self.model = decision.Actor(asked=asked).train()
        self.optimiser = torch.optim.AdamW(self.model.parameters(), weight_decay=cfg.weight_decay)
        self.random = generator(cfg.seed)
        arrays = (episodes.states, episodes.actions, episodes.to_go.astype(np.float32))
        self.data = [torch.from_numpy(np.ascontiguousarray(one)) for one in arrays]

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "optimiser", "random")}

    def advance(self) -> float:
        """One step. -> nats an action."""
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = trapezoid(cfg.learning_rate, self.step, cfg.steps, cfg.warmup, cfg.cool)
        pick = torch.randint(len(self.data[0]), (cfg.batch_size,), generator=self.random)
        value = decision.loss(self.model, *(part[pick] for part in self.data))
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        return float(value.detach())


def learnt_from(name: str, cfg: TrainConfig) -> Episodes:
    """The walks that the one of that name learns from."""
    walks = grid.walked(cfg.walks, cfg.seed)
    if NAMES[name] == "all":
        return walks
    best = np.argsort(-walks.returns, kind="stable")[: cfg.walks // 10]
    return Episodes(walks.states[best], walks.actions[best], walks.rewards[best])


def train_one(name: str, cfg: TrainConfig | None = None, *, anew: bool = False) -> Iterator[ModelStep]:
    """Train the one of that name, going on where it was stopped, and write weights and card into the cache folder."""
    cfg = cfg or TrainConfig()
    told = {**kit.stated(cfg), "learns from": NAMES[name], "returns": name == "decision"}
    with kit.journal("hybrids", name, told, anew=anew) as notes:
        if kit.is_finished(notes.weights, training=told):
            return
        training = Training(cfg, learnt_from(name, cfg), asked=name == "decision")
        notes.resume(training)
        yield from kit.sitting(notes, training, cfg.steps, name, REPORT, SAVE)
        asked = json.dumps(training.model.asked)
        kit.write_weights(notes.weights, kit.halved(training.model.state_dict()), {"asked": asked})
        write_card(
            notes.weights,
            title=TITLES[name],
            licence="Apache-2.0",
            data="walks through this project's own world of cells (genai_demo/hybrids/grid.py), by walkers of mixed "
            "quality",
            config={**decision.SIZE, "asked": training.model.asked},
            training=notes.config,
            steps=notes.step,
            wall_seconds=round(notes.seconds),
            history=notes.history,
            quality=measured(decision.build(notes.weights).eval()),
        )


def measured(model: decision.Actor) -> dict[str, float]:
    """Mean returns over all starts by what is asked for, beside the most there is; of one that imitates just one."""
    starts = list(grid.FREE)
    found = {"starts": float(len(starts)), "most": round(float(np.mean([grid.best(one) for one in starts])), 2)}
    for asked in ASKED if model.asked else (0,):
        had = acting.returns(model, starts, float(asked), TEMPERATURE, seed=0)
        found[f"asked {asked}" if model.asked else "had"] = round(float(had.mean()), 2)
    return found
