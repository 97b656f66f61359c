"""Trains and ships all GANs on pictures. `python -m genai_demo train gan` iterates train_all().

Each training keeps a journal in the cache folder and goes on where it was stopped; a finished one is shipped, with its
card, and not trained again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genai_demo.core.cards import write_card
from genai_demo.core.errors import DemoError
from genai_demo.core.spec import WEIGHTS, find_spec, resolve
from genai_demo.gan import bundle
from genai_demo.gan.journal import Journal, journal
from genai_demo.gan.model import Discriminator, plain
from genai_demo.gan.train_fashion import KEPT, TrainConfig, train_fashion
from genai_demo.gan.train_grow import GrowConfig, train_growing
from genai_demo.gan.train_translate import CYCLEGAN, PIX2PIX, TranslateConfig, train_translation

Config = TrainConfig | TranslateConfig | GrowConfig
DATA = "Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), {}, MIT"


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of train_all. index, total: steps of this model's training; loss: of its generator."""

    index: int
    total: int
    loss: float
    model: str


@dataclass(frozen=True, slots=True)
class Shipped:
    """How a model is trained (name, config -> reports), what of its journal is shipped, and what its card says."""

    title: str
    data: str
    config: Config
    train: Callable[[str, Any], Iterator[Any]]
    pack: Callable[[Journal, Any], tuple[Mapping[str, Any], dict[str, Tensor]]]  # -> config of the file, tensors


def _fashion(notes: Journal, cfg: TrainConfig) -> tuple[Mapping[str, Any], dict[str, Tensor]]:
    discriminator = Discriminator(cfg.model)
    discriminator.load_state_dict(notes.state["d"])
    simple = plain(discriminator)
    wanted = (0, *KEPT, cfg.steps)
    tensors = {
        f"{step}/{name}": value for step in wanted if step in notes.kept for name, value in notes.kept[step].items()
    }
    tensors |= {f"discriminator.{name}": value for name, value in simple.state_dict().items()}
    return asdict(simple.config), {**tensors, bundle.HISTORY: torch.tensor(notes.history)}


def _pix2pix(notes: Journal, cfg: TranslateConfig) -> tuple[Mapping[str, Any], dict[str, Tensor]]:
    (state,) = notes.kept.values()
    return {"width": cfg.width}, {name.removeprefix("mean_g."): value for name, value in state.items()}


def _cyclegan(notes: Journal, cfg: TranslateConfig) -> tuple[Mapping[str, Any], dict[str, Tensor]]:
    (state,) = notes.kept.values()
    return {"width": cfg.width}, {name.removeprefix("mean_g_"): value for name, value in state.items()}


def _grown(notes: Journal, cfg: GrowConfig) -> tuple[Mapping[str, Any], dict[str, Tensor]]:
    tensors = {f"{step}/{name}": value for step, state in notes.kept.items() for name, value in state.items()}
    return asdict(cfg), {**tensors, bundle.HISTORY: torch.tensor(notes.history)}


MODELS = {
    "fashion": Shipped(
        "Class-conditional GAN", DATA.format("60,000 training pictures"), TrainConfig(), train_fashion, _fashion
    ),
    "pix2pix": Shipped(
        "pix2pix, lines to garments",
        DATA.format("60,000 training pictures, lines found in them"),
        PIX2PIX,
        train_translation,
        _pix2pix,
    ),
    "cyclegan": Shipped(
        "CycleGAN, sneakers and ankle boots",
        DATA.format("6,000 training pictures of either, unpaired"),
        CYCLEGAN,
        train_translation,
        _cyclegan,
    ),
    "grown": Shipped(
        "Progressively grown GAN", DATA.format("60,000 training pictures"), GrowConfig(), train_growing, _grown
    ),
}


def train_all(names: tuple[str, ...] = tuple(MODELS), *, out: Path | None = None) -> Iterator[Progress]:
    """Train those that are not shipped yet, one after another. out: a folder, assets/weights/gan unless given."""
    folder = out or WEIGHTS / "gan"
    for name in names:
        entry, path = MODELS[name], folder / f"{name}.safetensors"
        if _is_shipped(path, entry.config):
            continue
        for report in entry.train(name, entry.config):
            yield Progress(report.index, report.total, report.loss, name)
        ship(name, path)


def ship(name: str, path: Path) -> Path:
    """Write the weights of a finished training and the card beside them. -> the card, with no quality yet.

    Raises DemoError where the journal's training is not finished.
    """
    entry = MODELS[name]
    notes = journal(name, entry.config)
    done = int(notes.state.get("step", 0))
    if done < entry.config.steps:
        raise DemoError(f"{name} is trained for {done} of {entry.config.steps} steps; run train gan")
    config, tensors = entry.pack(notes, entry.config)
    bundle.save(path, config, tensors)
    model = resolve(find_spec(f"gan/{name}").build)(path)
    return write_card(
        path,
        title=entry.title,
        parameters=sum(p.numel() for p in model.parameters()),
        licence="Apache-2.0",
        data=entry.data,
        config=dict(config),
        training=_stated(entry.config),
        steps=done,
        wall_seconds=round(notes.seconds),
        quality={},
    )


def _stated(cfg: Config) -> dict[str, Any]:
    """What the card says of the training, as JSON gives it back."""
    stated: dict[str, Any] = json.loads(json.dumps(asdict(cfg)))
    return stated


def _is_shipped(path: Path, cfg: Config) -> bool:
    """Whether weights are there whose card names this training."""
    card = path.with_suffix(".json")
    return path.exists() and card.exists() and bool(json.loads(card.read_text()).get("training") == _stated(cfg))
