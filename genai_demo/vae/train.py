"""Trains one autoencoder. `python -m genai_demo train vae` iterates train_all(), which trains all ten."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

import torch
from torch import Tensor

from genai_demo.core.device import seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.home import home
from genai_demo.core.spec import WEIGHTS
from genai_demo.data import fashion_mnist
from genai_demo.vae.export import History, export
from genai_demo.vae.model import Autoencoder, VaeConfig, empty, losses


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training run depends on; written on the card."""

    model: VaeConfig = field(default_factory=VaeConfig)
    steps: int = 3600
    batch_size: int = 128
    learning_rate: float = 2e-3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TrainStep:
    """One report: both terms of the loss, mean nats per picture since the last report; kl per dimension (k,)."""

    index: int
    total: int
    reconstruction: float
    kl: tuple[float, ...]
    seconds: float


def untrained(cfg: TrainConfig) -> Autoencoder:
    """The random network that training starts from."""
    with seeded(cfg.seed):
        return empty(cfg.model)


def beta_at(cfg: TrainConfig, step: int) -> float:
    """Weight of the KL term at a step, 1 to cfg.steps: rises over the first tenth (Bowman et al. 2016), then stays."""
    return cfg.model.beta * min(1.0, 10 * step / cfg.steps) if cfg.model.kind == "vae" else 0.0


def train(
    cfg: TrainConfig, images: Tensor, *, every: int = 100, model: Autoencoder | None = None
) -> Iterator[tuple[TrainStep, Autoencoder]]:
    """Train on images (n, 28, 28) uint8, yielding report and network (still training) every `every` steps.

    Starts from `model` where one is given, else from random weights.
    Adam with a one-cycle learning rate; beta rises linearly over the first tenth, which keeps latents from
    dying before they are used (Bowman et al. 2016).
    """
    random = torch.Generator().manual_seed(cfg.seed)
    model = (model or untrained(cfg)).train()
    optimiser = torch.optim.Adam(model.parameters(), lr=cfg.learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, cfg.learning_rate, total_steps=cfg.steps + 1)
    started, reconstruction, kl = time.monotonic(), 0.0, torch.zeros(cfg.model.latent)
    for step in range(1, cfg.steps + 1):
        pick = torch.randint(len(images), (cfg.batch_size,), generator=random)
        terms = losses(model, images[pick].float().div(255).unsqueeze(1), random=random)
        value = terms.reconstruction.mean() + beta_at(cfg, step) * terms.kl.sum(1).mean()
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 50.0)
        optimiser.step()
        schedule.step()
        reconstruction += float(terms.reconstruction.detach().mean()) / every
        kl += terms.kl.detach().mean(0) / every
        if step % every == 0:
            yield (TrainStep(step, cfg.steps, reconstruction, tuple(kl.tolist()), time.monotonic() - started), model)
            reconstruction, kl = 0.0, torch.zeros(cfg.model.latent)


VARIANTS = {
    "ae": VaeConfig("ae"),
    "dae": VaeConfig("dae"),
    "vae": VaeConfig("vae"),
    "beta4": VaeConfig("vae", beta=4.0),
    "beta12": VaeConfig("vae", beta=12.0),
}
KEPT = (50, 150, 400, 900, 1800, 2700, 3600)  # steps whose network is kept, for the full length
REPORT = 50


def names() -> tuple[str, ...]:
    """All ten: "vae-2", "vae-16", "ae-2" and so on."""
    return tuple(f"{variant}-{latent}" for latent in (2, 16) for variant in VARIANTS)


def config_of(name: str, *, steps: int = KEPT[-1], seed: int = 0) -> TrainConfig:
    """How a shipped model is trained. Raises DemoError for an unknown name."""
    if name not in names():
        raise DemoError(f"model is {name[:40]}; choose one of {', '.join(names())}, or all")
    variant, _, latent = name.partition("-")
    return TrainConfig(replace(VARIANTS[variant], latent=int(latent)), steps=steps, seed=seed)


def main(
    model: str = "all", *, steps: int = KEPT[-1], seed: int = 0, out: Path | None = None
) -> Iterator[tuple[str, TrainStep]]:
    """Train one model, or all ten one after another, and write weights and card of each to `out` when it is done.

    Yields (name, report) every 50 steps. out: a folder, assets/weights/vae unless given. Needs Fashion-MNIST.
    """
    if steps < REPORT or steps % REPORT:
        raise DemoError(f"steps is {steps}; choose a multiple of {REPORT}")
    chosen = names() if model == "all" else (model,)
    configs = {name: config_of(name, steps=steps, seed=seed) for name in chosen}
    images = torch.from_numpy(fashion_mnist.load("train")[0].copy())
    for name, cfg in configs.items():
        kept, history = {0: _state(untrained(cfg))}, []
        wanted = {max(REPORT, round(step * steps / KEPT[-1] / REPORT) * REPORT) for step in KEPT} | {steps}
        for report, network in train(cfg, images, every=REPORT):
            history.append((report.index, report.reconstruction, report.kl, report.seconds))
            if report.index in wanted:
                kept[report.index] = _state(network)
            yield name, report
        finish(name, cfg, kept, history, out)


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of train_all: steps over all models that are still to be trained; nats a picture, beta weighed in."""

    index: int
    total: int
    loss: float
    model: str


def train_all(*, steps: int = KEPT[-1], seed: int = 0, out: Path | None = None) -> Iterator[Progress]:
    """Train those of the ten that the cache folder does not have yet, and ship each: weights and card.

    Stopped in the middle, it goes on with the model it was at. out: a folder, assets/weights/vae unless given.
    """
    done = home() / "train" / "vae"
    shipped = out or WEIGHTS / "vae"
    configs = {name: config_of(name, steps=steps, seed=seed) for name in names()}
    missing = [name for name, cfg in configs.items() if not _holds(done / f"{name}.safetensors", cfg)]
    for i, name in enumerate(missing):
        for _, report in main(name, steps=steps, seed=seed, out=done):
            loss = report.reconstruction + configs[name].model.beta * sum(report.kl)
            yield Progress(i * steps + report.index, len(missing) * steps, loss, name)
        _ship(name, done, shipped)
    for name in configs:
        if name not in missing and not _holds(shipped / f"{name}.safetensors", configs[name]):
            _ship(name, done, shipped)


def _holds(path: Path, cfg: TrainConfig) -> bool:
    """Whether there are weights whose card names this configuration."""
    card = path.with_suffix(".json")
    if not path.exists() or not card.exists():
        return False
    stated = json.loads(card.read_text())
    return bool(stated.get("config") == asdict(cfg.model) and stated.get("training") == _stated(cfg))


def _ship(name: str, done: Path, shipped: Path) -> None:
    shipped.mkdir(parents=True, exist_ok=True)
    for ending in ("safetensors", "json"):
        shutil.copyfile(done / f"{name}.{ending}", shipped / f"{name}.{ending}")


def _stated(cfg: TrainConfig) -> dict[str, float]:
    """What the card says of how it was trained."""
    return {field.name: getattr(cfg, field.name) for field in fields(cfg) if field.name != "model"}


def finish(
    name: str, cfg: TrainConfig, kept: Mapping[int, Mapping[str, Tensor]], history: History, out: Path | None = None
) -> None:
    """Write weights and card of one trained model."""
    export((out or WEIGHTS / "vae") / f"{name}.safetensors", cfg.model, kept, history, _stated(cfg))


def _state(model: Autoencoder) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
