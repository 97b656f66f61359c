"""Trains and ships all GANs on pictures. `python -m genai_demo train gan` iterates train_all().

Each training keeps a journal in the cache folder and goes on where it was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.spec import find_spec, resolve
from genai_demo.core.training import ModelStep, TrainStep
from genai_demo.gan import bundle
from genai_demo.gan.model import Discriminator, plain
from genai_demo.gan.train_fashion import KEPT, TrainConfig, train_fashion
from genai_demo.gan.train_grow import GrowConfig, train_growing
from genai_demo.gan.train_translate import CYCLEGAN, PIX2PIX, TranslateConfig, train_translation

Config = TrainConfig | TranslateConfig | GrowConfig
DATA = "Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), {}, MIT"


@dataclass(frozen=True, slots=True)
class Shipped:
    """How a model is trained (journal, config -> reports), what of the journal is shipped, and what its card says."""

    title: str
    data: str
    config: Config
    train: Callable[[kit.Journal, Any], Iterator[TrainStep]]
    pack: Callable[[kit.Journal, Any], tuple[Mapping[str, Any], dict[str, Tensor]]]  # -> config of the file, tensors


def _fashion(notes: kit.Journal, cfg: TrainConfig) -> tuple[Mapping[str, Any], dict[str, Tensor]]:
    discriminator = Discriminator(cfg.model)
    discriminator.load_state_dict(notes.state["d"])
    simple = plain(discriminator)
    wanted = (0, *KEPT, cfg.steps)
    tensors = {
        f"{step}/{name}": value for step in wanted if step in notes.kept for name, value in notes.kept[step].items()
    }
    tensors |= {f"discriminator.{name}": value for name, value in simple.state_dict().items()}
    return asdict(simple.config), {**tensors, bundle.HISTORY: torch.tensor(notes.history)}


def _pix2pix(notes: kit.Journal, cfg: TranslateConfig) -> tuple[Mapping[str, Any], dict[str, Tensor]]:
    (state,) = notes.kept.values()
    return {"width": cfg.width}, {name.removeprefix("mean_g."): value for name, value in state.items()}


def _cyclegan(notes: kit.Journal, cfg: TranslateConfig) -> tuple[Mapping[str, Any], dict[str, Tensor]]:
    (state,) = notes.kept.values()
    return {"width": cfg.width}, {name.removeprefix("mean_g_"): value for name, value in state.items()}


def _grown(notes: kit.Journal, cfg: GrowConfig) -> tuple[Mapping[str, Any], dict[str, Tensor]]:
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


def train_all(
    names: tuple[str, ...] = tuple(MODELS), *, ship: bool = False, out: Path | None = None, anew: bool = False
) -> Iterator[ModelStep]:
    """Train those that are not finished yet, one after another; each is written when it is done.

    They go into the cache, with `ship` into assets/weights/gan, or into the folder `out`; anew: from the start.
    Raises DemoError where a half-done one has other settings, or Fashion-MNIST can't be had.
    """
    folder = kit.target("gan", ship=ship, out=out)
    for name in names:
        entry = MODELS[name]
        with kit.journal("gan", name, entry.config, anew=anew) as notes:
            if not kit.is_finished(notes.weights, training=kit.stated(entry.config)):
                for report in entry.train(notes, entry.config):
                    yield ModelStep(report.index, report.total, report.loss, report.seconds, name)
                export(name, notes)
            kit.deliver(notes.weights, folder)


def export(name: str, notes: kit.Journal) -> Path:
    """Write the weights of a finished training and the card beside them. -> the card, with no quality yet."""
    entry = MODELS[name]
    config, tensors = entry.pack(notes, entry.config)
    bundle.save(notes.weights, config, tensors)
    model = resolve(find_spec(f"gan/{name}").build)(notes.weights)
    return write_card(
        notes.weights,
        title=entry.title,
        parameters=sum(p.numel() for p in model.parameters()),
        licence="Apache-2.0",
        data=entry.data,
        config=dict(config),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        quality={},
    )
