"""Weights files of the GANs on pictures: "<network>.<parameter>" in half precision, and checkpoints before a slash.

gan/fashion: "discriminator.*", "<step>/<parameter of the generator>" and "history" (rows, 5), float32: step, losses
of generator and discriminator, probabilities of real and generated. gan/pix2pix: the generator. gan/cyclegan: "ab.*",
"ba.*". gan/grown: "<step>/*" and "history". Metadata: "config", JSON of what the networks are made from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from genai_demo.core.training import halved, write_weights
from genai_demo.gan.grow import LATENT, Grower
from genai_demo.gan.model import Gan, GanConfig, Generator
from genai_demo.gan.translate import ResNet, UNet

HISTORY = "history"


def save(path: Path, config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Write the file; floating-point tensors in half precision, the history excepted."""
    write_weights(path, halved(tensors, but=(HISTORY,)), {"config": json.dumps(config)})


def config_of(path: Path) -> dict[str, Any]:
    """What the networks of a file are made from."""
    with safe_open(path, "pt") as file:
        found: dict[str, Any] = json.loads(file.metadata()["config"])
    return found


def build(path: Path) -> Gan:
    """The trained class-conditional GAN, with the place of its file, where its checkpoints are."""
    model = Gan(GanConfig(**config_of(path)))
    _fill(model.generator, path, prefix=f"{steps(path)[-1]}/")
    _fill(model.discriminator, path, prefix="discriminator.")
    model.path = path
    return model


def build_pix2pix(path: Path) -> UNet:
    """The generator from lines to garments."""
    model = UNet(**config_of(path))
    _fill(model, path)
    return model


class Cycle(nn.Module):
    """Both generators of a CycleGAN: ab, ba; called, it goes there and back."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.ab, self.ba = ResNet(width), ResNet(width)

    def forward(self, a: Tensor) -> Tensor:
        back: Tensor = self.ba(self.ab(a))
        return back


def build_cyclegan(path: Path) -> Cycle:
    """Both generators."""
    model = Cycle(**config_of(path))
    _fill(model, path)
    return model


def _fill(model: nn.Module, path: Path, prefix: str = "") -> None:
    """Float32 weights from the file's tensors named prefix + parameter."""
    with safe_open(path, "pt") as file:
        model.load_state_dict({name: _whole(file.get_tensor(prefix + name)) for name in model.state_dict()})


def _whole(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value


def steps(path: Path) -> tuple[int, ...]:
    """Training steps at which the generator was kept, rising; the last is the trained one."""
    with safe_open(path, "pt") as file:
        names = (name.split("/")[0] for name in file.keys() if "/" in name)  # noqa: SIM118
        return tuple(sorted({int(name) for name in names}))


def history(path: Path) -> Tensor:
    """The curves of the training, (rows, 5) float32."""
    with safe_open(path, "pt") as file:
        found: Tensor = file.get_tensor(HISTORY)
    return found


def checkpoint(path: Path, step: int) -> Generator:
    """The generator as it was after `step` training steps, float32, in evaluation mode."""
    model = Generator(GanConfig(**config_of(path)))
    _fill(model, path, prefix=f"{step}/")
    return model.eval().requires_grad_(False)


def build_grown(path: Path) -> Grower:
    """The grown generator, with the place of its file, where its younger selves are."""
    model = Grower()
    model.path = path
    _fill(model, path, prefix=f"{steps(path)[-1]}/")
    return model


def younger(path: Path, step: int) -> Grower:
    """The generator as it was after `step` steps, float32."""
    model = Grower()
    _fill(model, path, prefix=f"{step}/")
    return model.eval().requires_grad_(False)


@torch.inference_mode()
def example(model: Gan, batch: int = 1) -> Tensor:
    """Draws and judges, so that the blocks can be traced: -> (batch,)."""
    weight = next(model.parameters())
    z = torch.zeros(batch, model.config.latent, device=weight.device, dtype=weight.dtype)
    logits: Tensor = model(z, torch.zeros(batch, dtype=torch.long, device=weight.device))
    return logits


@torch.inference_mode()
def example_picture(model: nn.Module, batch: int = 1) -> Tensor:
    """Translates black pictures: -> (batch, 1, 28, 28)."""
    weight = next(model.parameters())
    made: Tensor = model(-torch.ones(batch, 1, 28, 28, device=weight.device, dtype=weight.dtype))
    return made


@torch.inference_mode()
def example_grown(model: Grower, batch: int = 1) -> Tensor:
    """Draws at full size: -> (batch, 1, 28, 28)."""
    weight = next(model.parameters())
    made: Tensor = model(torch.ones(batch, LATENT, device=weight.device, dtype=weight.dtype))
    return made
