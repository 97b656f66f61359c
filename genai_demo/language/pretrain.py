"""One training for all small language models that are compared: the same text, tokens, steps and rates for each.

An architecture gives its network, a causal model of Transformers, and what it adds to the loss.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_device, seeded
from genai_demo.core.errors import DemoError, among, shown
from genai_demo.core.training import ModelStep, Resumable
from genai_demo.language.corpus import Corpus, corpus, tokenizer

REPORT, SAVE = 25, 100  # steps between two reports, and two states in the cache folder
HISTORY = 40  # points of the curve on the card
JUDGED, AT_ONCE = 48, 16  # stretches of each domain for the measure, and in a pass
DATA = (
    "descriptions of Debian's packages in English, French, German and Italian (licences of the packages; translations "
    "by the Debian Description Translation Project) and the standard library of Python 3.11 (PSF), as much of each"
)
Loss = Callable[[Any, Tensor], tuple[Tensor, Tensor]]  # network, ids (b, n) -> what is minimised, nats a token


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card.

    rows, length: stretches in a step, and tokens of each; tokens: of each domain; falling: the last share of the
    steps, whose rate falls to 0; precision: of the products, weights stay in float32.
    """

    steps: int = 800
    rows: int = 16
    length: int = 128
    tokens: int = 1_000_000
    learning_rate: float = 3e-3
    warmup: int = 100
    falling: float = 0.3
    weight_decay: float = 0.05
    clip: float = 1.0
    precision: str = field(default_factory=kit.fit_precision)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Model:
    """One of an architecture's models. make: its network with random weights; notes: what the card says of it."""

    name: str
    title: str
    make: Callable[[], Any]
    loss: Loss
    config: Mapping[str, Any]


def plain(network: Any, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropy of each token but the first of ids (b, n), twice: nothing is added to it."""
    logits = network(ids[:, :-1], use_cache=False).logits
    nats = F.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten())
    return nats, nats


class Training(Resumable):
    """Network, optimiser and random stream."""

    def __init__(self, model: Model, cfg: TrainConfig, data: Corpus) -> None:
        self.cfg, self.data, self.loss, self.device = cfg, data, model.loss, pick_device()
        with seeded(cfg.seed):
            self.network = model.make().to(self.device).train()
        self.optimiser = torch.optim.AdamW(_groups(self.network, cfg.weight_decay), betas=(0.9, 0.95), fused=True)
        self.random = torch.Generator().manual_seed(cfg.seed)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("network", "optimiser", "random")}

    def advance(self) -> float:
        """One step. -> nats a token."""
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = rate(cfg, self.step)
        ids, _ = self.data.rows(cfg.rows, cfg.length + 1, self.random)
        with kit.products(self.device, cfg.precision):
            value, nats = self.loss(self.network, ids.to(self.device))
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), cfg.clip)
        self.optimiser.step()
        self.step += 1
        return float(nats.detach())


def _groups(network: Any, decay: float) -> list[dict[str, Any]]:
    """Weights of matrices decay, other numbers do not."""
    found = list(network.parameters())
    return [
        {"params": [p for p in found if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in found if p.ndim <= 1], "weight_decay": 0.0},
    ]


def rate(cfg: TrainConfig, step: int) -> float:
    """A line up, level, and a line down to 0."""
    return cfg.learning_rate * min(1.0, (step + 1) / cfg.warmup, (cfg.steps - step) / (cfg.falling * cfg.steps))


@torch.inference_mode()
def judged(network: Any, held: Mapping[str, Tensor], pieces: Any) -> dict[str, float]:
    """Perplexity a token by domain and over all, and bits a byte, on stretches held out (n, length + 1)."""
    nats, lengths, found = 0.0, 0, {}
    device = next(network.parameters()).device
    for name, rows in held.items():
        each = [plain(network, part.to(device))[0].item() * len(part) for part in rows.split(AT_ONCE)]
        mean = sum(each) / len(rows)
        found[f"perplexity_{name}"] = round(math.exp(mean), 3)
        nats += mean * (rows[:, 1:].numel())
        lengths += sum(len(pieces.decode(row[1:].tolist()).encode()) for row in rows)
    count = sum(rows[:, 1:].numel() for rows in held.values())
    return {
        **found,
        "perplexity": round(math.exp(nats / count), 3),
        "bits_per_byte": round(nats / lengths / math.log(2), 4),
    }


def train_models(
    architecture: str, models: tuple[Model, ...], names: Sequence[str] = (), *, anew: bool = False
) -> Iterator[ModelStep]:
    """Those of these names (all where none is given) that are not finished yet, going on where they were stopped.

    Weights and card are written as each is done. Raises DemoError where there is no model of a name, where the texts
    can't be had, or where a half-done one has other settings.
    """
    cfg, known = TrainConfig(), {model.name: model for model in models}
    if unknown := next((name for name in names if name not in known), None):
        raise DemoError(f"model is {shown(unknown)}; {among(unknown, known)}")
    data: Corpus | None = None
    for model in [known[name] for name in names or known]:
        told = kit.stated({**kit.stated(cfg), "model": dict(model.config)})
        with kit.journal(architecture, model.name, told, anew=anew, free=("steps", "precision")) as notes:
            if kit.is_finished(notes.weights, training=told):
                continue
            data = data or corpus("train", cfg.tokens)
            training = Training(model, cfg, data)
            notes.resume(training)
            yield from kit.sitting(notes, training, cfg.steps, model.name, REPORT, SAVE)
            export(model, training, notes)


def export(model: Model, training: Training, notes: kit.Journal) -> None:
    """Weights in half precision, with the tokenizer, and their card."""
    network, pieces = training.network.eval(), tokenizer()
    kept = dict(kit.halved(network.state_dict()))
    if network.config.tie_word_embeddings:
        kept.pop("lm_head.weight", None)
    kit.write_weights(notes.weights, kept, {"tokenizer": pieces.to_str()})
    held = corpus("held out", 10**9).held(JUDGED, training.cfg.length + 1)
    step = max(1, -(-len(notes.history) // HISTORY))
    write_card(
        notes.weights,
        title=model.title,
        licence="Apache-2.0",
        data=DATA,
        parameters=sum(p.numel() for p in network.parameters()),
        config=dict(model.config),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        history=[[round(value, 4) for value in row] for row in notes.history[::step]],
        quality={"stretches": JUDGED, "length": training.cfg.length, **judged(network, held, pieces)},
    )


def main(architecture: str, models: tuple[Model, ...]) -> None:
    """Train those that the command line names, and print how it goes."""
    try:
        for told in train_models(architecture, models, sys.argv[1:]):
            print(f"{told.model} {told.index}/{told.total} loss {told.loss:.4f} seconds {told.seconds:.0f}", flush=True)
    except DemoError as error:
        sys.exit(str(error))
