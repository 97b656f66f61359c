"""A Vision Transformer (Dosovitskiy et al. 2020): the same encoder, whose words are patches of a picture.

x (b, 1, 28, 28): pictures from -1 to 1; a patch is 7 x 7 pixels, flat; tokens (b, 17, width): one that stands for the
whole ("class token"), then the patches row by row. The class is read from the first after the last layer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genai_demo.data.fashion_mnist import CLASSES

SIDE, PATCH = 28, 7  # pixels
ACROSS = SIDE // PATCH
SETTINGS = {
    "image_size": SIDE,
    "patch_size": PATCH,
    "num_channels": 1,
    "hidden_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 192,
    "num_labels": len(CLASSES),
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}


def empty(settings: dict[str, Any] | None = None) -> nn.Module:
    """Transformers' own class with random weights."""
    from transformers import ViTConfig, ViTForImageClassification

    network: nn.Module = ViTForImageClassification(ViTConfig(**(settings or SETTINGS)))
    return network


def scaled(pictures: np.ndarray | Tensor) -> Tensor:
    """(n, 28, 28) uint8 -> (n, 1, 28, 28) float32 from -1 to 1."""
    return torch.as_tensor(pictures).float().div(127.5).sub(1).unsqueeze(1)


def build(place: Path | str) -> nn.Module:
    """The network of a file of weights; its settings lie in the file."""
    from safetensors import safe_open

    with safe_open(place, "pt") as file:
        network = empty(json.loads(file.metadata()["settings"]))
        state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 (it is no mapping)
    network.load_state_dict(state)
    network.set_attn_implementation("eager")  # type: ignore[operator]  # which also tells its weights
    return network


def example(network: Any, batch: int = 1) -> Tensor:
    """Logits of black pictures, (batch, classes)."""
    dark = torch.full((batch, 1, SIDE, SIDE), -1.0, device=next(network.parameters()).device)
    found: Tensor = network(pixel_values=dark).logits
    return found
