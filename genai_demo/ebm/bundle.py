"""The files of weights: what is in them, and how a model is made of them. Tensors in half precision, but scores.

A deep belief network (Hinton et al. 2006) is two machines of which the upper one knows the lower one's hidden units.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from genai_demo.core.device import generator
from genai_demo.core.training import halved, write_weights
from genai_demo.ebm.machine import Machine, drawn
from genai_demo.ebm.pictures_model import PicturesConfig, PicturesEnergy

SIDE = 28
PIXELS = SIDE * SIDE


class Stack(nn.Module):
    """A deep belief network of two layers: `top` is undirected, from it down `under` is followed one way only."""

    runs_on = (torch.device("cpu"), torch.float32)

    def __init__(self, under: Machine, top: Machine) -> None:
        super().__init__()
        self.under, self.top = under, top

    def forward(self, v: Tensor) -> Tensor:
        """The pass up through both: p of the upper hidden units (n, top hidden), of the lower ones' p."""
        found: Tensor = self.top(self.under(v))
        return found

    @torch.no_grad()
    def up(self, v: Tensor, random: torch.Generator) -> Tensor:
        """Pictures (n, 784) -> the lower hidden units, drawn (n, hidden)."""
        return drawn(self.under.hidden(v), random)


def save(path: Path, state: Mapping[str, Tensor], **metadata: Any) -> None:
    """Write a file; metadata as JSON, a name each."""
    write_weights(path, halved(state, but=("scores",)), {name: json.dumps(value) for name, value in metadata.items()})


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        return tensors, {name: json.loads(value) for name, value in (file.metadata() or {}).items()}


def _empty(weights: Tensor) -> Machine:
    """A machine of that size, to be filled."""
    visible, hidden = weights.shape
    return Machine(visible, hidden, generator(0))


def machine(path: Path) -> Machine:
    """A restricted Boltzmann machine."""
    tensors, _ = _read(path)
    made = _empty(tensors["W"])
    made.load_state_dict(tensors)
    return made


def stack(path: Path) -> Stack:
    """A deep belief network."""
    tensors, _ = _read(path)
    made = Stack(_empty(tensors["under.W"]), _empty(tensors["top.W"]))
    made.load_state_dict(tensors)
    return made


def pictures(path: Path) -> PicturesEnergy:
    """The energy over pictures; `scores`: its energies of test pictures, rising."""
    tensors, metadata = _read(path)
    made = PicturesEnergy(PicturesConfig(tuple(metadata["config"]["channels"])))
    made.scores = tensors.pop("scores")
    made.load_state_dict(tensors)
    return made


def example_machine(model: Machine, batch: int = 1) -> Tensor:
    """Hidden units of blank pictures (batch, hidden), so that the blocks can be traced."""
    found: Tensor = model(torch.zeros(batch, len(model.b)))
    return found


def example_stack(model: Stack, batch: int = 1) -> Tensor:
    """Upper hidden units of blank pictures (batch, top hidden)."""
    found: Tensor = model(torch.zeros(batch, len(model.under.b)))
    return found


def example_pictures(model: PicturesEnergy, batch: int = 1) -> Tensor:
    """Energies of grey pictures (batch,)."""
    weight = next(model.parameters())
    found: Tensor = model(torch.zeros(batch, 1, SIDE, SIDE, device=weight.device, dtype=weight.dtype))
    return found
