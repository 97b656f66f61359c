"""Heads: one trained matrix behind an encoder that is left as it is, a matrix for each of its layers.

A head on every layer shows where in the network something can be read (Alain & Bengio 2016, linear probes; Tenney et
al. 2019, "BERT rediscovers the classical NLP pipeline"). x (layers + 1, n, width) -> (layers + 1, n, classes).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.encoder.attention import through
from genai_demo.encoder.model import Encoder

TOPIC, NAMES, NEXT, ORDER = "topic", "names", "next", "order"
FOLLOWS, NOT = "follows", "does not"  # the classes of NEXT and ORDER
NOTHING = "nothing"  # the class of a token that is no part of a name


class Heads(nn.Module):
    """weight (layers + 1, classes, width), bias (layers + 1, classes); classes: their words."""

    def __init__(self, layers: int, width: int, classes: tuple[str, ...]) -> None:
        super().__init__()
        self.classes = classes
        self.weight = nn.Parameter(torch.zeros(layers, len(classes), width))
        self.bias = nn.Parameter(torch.zeros(layers, len(classes)))

    def forward(self, x: Tensor) -> Tensor:
        """(layers + 1, n, width) -> logits (layers + 1, n, classes), float32."""
        return torch.einsum("lnw,lcw->lnc", x.float(), self.weight.float()) + self.bias[:, None].float()


def build(path: Path) -> Heads:
    """The heads of a file of weights."""
    with safe_open(path, "pt") as file:
        classes = tuple(json.loads(file.metadata()["classes"]))
        state: dict[str, Any] = {name: file.get_tensor(name).float() for name in ("weight", "bias")}
    layers, _, width = state["weight"].shape
    made = Heads(layers, width, classes)
    made.load_state_dict(state)
    return made


def example(heads: Heads, batch: int = 1) -> Tensor:
    """One pass, (layers + 1, batch, classes)."""
    layers, _, width = heads.weight.shape
    found: Tensor = heads(torch.zeros(layers, batch, width, device=heads.weight.device))
    return found


def states(model: Encoder, ids: list[int]) -> Tensor:
    """A text's vectors after the embedding and after each layer, start and end left out: (layers + 1, t - 2, width)."""
    return torch.stack([x[1:-1].float() for x, _ in through(model.network, ids)])


def trained(name: str, model: Encoder, parts: int = 1) -> Heads:
    """The heads of that name, which read so many vectors side by side. Raises DemoError where they were trained behind
    an encoder of another shape."""
    heads: Heads = load(f"encoder/{name}")
    layers, _, width = heads.weight.shape
    config = model.network.config
    if (layers, width) != (config.num_hidden_layers + 1, parts * config.hidden_size):
        raise DemoError("these heads were trained behind all-MiniLM-L6-v2; choose that model")
    return heads
