"""Trains the denoiser on Fashion-MNIST. `python -m genai_demo train diffusion` iterates train_all()."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from genai_demo.core.cards import machine, write_card
from genai_demo.core.errors import DemoError
from genai_demo.core.home import home
from genai_demo.core.spec import WEIGHTS
from genai_demo.data import fashion_mnist
from genai_demo.diffusion.model import NULL, UNET, Denoiser, empty, loss


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training run depends on; written on the card."""

    steps: int = 11_000
    batch_size: int = 64
    learning_rate: float = 8e-4
    warmup: int = 300
    class_dropout: float = 0.1
    ema_decay: float = 0.9993
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TrainStep:
    """One report: mean loss since the last one, pictures seen, seconds of this process."""

    index: int
    total: int
    loss: float
    learning_rate: float
    seconds: float


def learning_rate(cfg: TrainConfig, step: int) -> float:
    """Linear warm-up, then a half cosine down to a twentieth."""
    if step < cfg.warmup:
        return cfg.learning_rate * (step + 1) / cfg.warmup
    done = (step - cfg.warmup) / max(1, cfg.steps - cfg.warmup)
    return cfg.learning_rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))


class _State:
    """Network, average, optimiser and random stream; saved together, so that a run resumes where it stopped."""

    def __init__(self, cfg: TrainConfig) -> None:
        torch.manual_seed(cfg.seed)
        self.model = empty().train()
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), weight_decay=0.01, fused=True)
        self.random = torch.Generator().manual_seed(cfg.seed)
        self.step, self.seconds = 0, 0.0

    def save(self, path: Path, cfg: TrainConfig) -> None:
        state = {
            "config": asdict(cfg),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "random": self.random.get_state(),
            "step": self.step,
            "seconds": self.seconds,
            "device": machine(),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").replace(path)

    def resume(self, path: Path) -> None:
        state: dict[str, Any] = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.random.set_state(state["random"])
        self.step, self.seconds = state["step"], state["seconds"]


def _batch(cfg: TrainConfig, images: Tensor, labels: Tensor, random: torch.Generator) -> tuple[Tensor, ...]:
    pick = torch.randint(len(images), (cfg.batch_size,), generator=random)
    x0 = images[pick].float().div(127.5).sub(1).unsqueeze(1)  # (b, 28, 28) uint8 -> (b, 1, 28, 28) in [-1, 1]
    dropped = torch.rand(cfg.batch_size, generator=random) < cfg.class_dropout
    label = torch.where(dropped, NULL, labels[pick])
    angle = torch.rand(cfg.batch_size, generator=random) * (math.pi / 2)
    return x0, label, angle, torch.randn(x0.shape, generator=random)


def train(cfg: TrainConfig, *, checkpoint: Path | None = None, every: int = 100) -> Iterator[TrainStep]:
    """Train for cfg.steps, yielding every `every` steps; resumes from `checkpoint` where it exists.

    The last checkpoint holds the averaged weights (`average`), which are the ones to ship.
    Raises DemoError where the data set can't be had.
    """
    pixels, classes = fashion_mnist.load("train")
    images, labels = torch.from_numpy(pixels.copy()), torch.from_numpy(classes)
    state = _State(cfg)
    if checkpoint is not None and checkpoint.exists():
        state.resume(checkpoint)
    started, total, resumed_seconds = time.monotonic(), 0.0, state.seconds
    while state.step < cfg.steps:
        for group in state.optimiser.param_groups:
            group["lr"] = learning_rate(cfg, state.step)
        x0, label, angle, noise = _batch(cfg, images, labels, state.random)
        value = loss(state.model, x0, label, angle=angle, noise=noise)
        state.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(state.model.parameters(), 1.0)
        state.optimiser.step()
        _follow(state.average, state.model, min(cfg.ema_decay, (1 + state.step) / (10 + state.step)))
        state.step += 1
        total += float(value.detach())
        state.seconds = resumed_seconds + time.monotonic() - started
        if state.step % every == 0 or state.step == cfg.steps:
            if checkpoint is not None and (state.step % (5 * every) == 0 or state.step == cfg.steps):
                state.save(checkpoint, cfg)
            mean = total / (state.step % every or every)
            yield TrainStep(state.step, cfg.steps, mean, learning_rate(cfg, state.step), state.seconds)
            total = 0.0


@torch.no_grad()
def _follow(average: Denoiser, model: Denoiser, decay: float) -> None:
    """Exponential moving average of the weights: average <- decay * average + (1 - decay) * model."""
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def train_all(cfg: TrainConfig | None = None, *, out: Path | None = None) -> Iterator[TrainStep]:
    """Train the denoiser, going on from its checkpoint in the cache folder, then write weights and card.

    Yields nothing where the training is finished. out: a folder, assets/weights/diffusion unless given.
    Raises DemoError where the checkpoint is of a training with other settings.
    """
    cfg = cfg or TrainConfig()
    checkpoint = home() / "train" / "diffusion" / "last.pt"
    path = (out or WEIGHTS / "diffusion") / "fashion.safetensors"
    if checkpoint.exists() and torch.load(checkpoint, weights_only=True)["config"] != asdict(cfg):
        raise DemoError(f"{checkpoint} is of a training with other settings; move it away to start anew")
    trained = False
    for report in train(cfg, checkpoint=checkpoint):
        trained = True
        yield report
    if trained or not _is_shipped(path, cfg):
        export(checkpoint, path)


def export(checkpoint: Path, path: Path, *, device: str | None = None) -> Path:
    """Write the averaged weights of a checkpoint (safetensors, fp16) and the card beside them. -> the card.

    device: what it was trained on; where neither this nor the checkpoint says, this machine is named.
    The card has no quality yet: `python -m genai_demo quality diffusion` measures it.
    """
    saved: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.half().contiguous() for name, value in saved["average"].items()}, path)
    path.chmod(0o644)
    return write_card(
        path,
        title="Fashion denoiser",
        licence="Apache-2.0",
        data="Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), 60,000 training pictures, MIT",
        config=_stated(saved["config"]),
        seed=saved["config"]["seed"],
        steps=saved["step"],
        device=device or saved.get("device") or machine(),
        wall_seconds=round(saved["seconds"]),
        quality={},
    )


def _stated(config: dict[str, Any]) -> dict[str, Any]:
    """What the card calls config: how it was trained, and the network."""
    stated: dict[str, Any] = json.loads(json.dumps({"training": config, "network": UNET}))
    return stated


def _is_shipped(path: Path, cfg: TrainConfig) -> bool:
    """Whether weights are there whose card names this configuration and all of its steps."""
    card = path.with_suffix(".json")
    if not path.exists() or not card.exists():
        return False
    stated = json.loads(card.read_text())
    return bool(stated.get("config") == _stated(asdict(cfg)) and stated.get("steps") == cfg.steps)
