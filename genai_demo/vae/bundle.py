"""The weights file of one autoencoder: every kept checkpoint in half precision, and the codes of 1,000 test pictures.

Tensors "<step>/<parameter>" (fp16), "test/mean", "test/logvar" (n, k), "test/label", "test/score" (n,);
metadata: "config" (JSON of VaeConfig) and "final" (the last step).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

from genai_demo.core.training import halved, write_weights
from genai_demo.vae.model import Autoencoder, Codes, VaeConfig, empty


def save(path: Path, config: VaeConfig, checkpoints: Mapping[int, Mapping[str, Tensor]], test: Codes) -> None:
    """Write the file; the last step counts as the trained model."""
    tensors = {f"{step}/{name}": value for step, state in checkpoints.items() for name, value in state.items()}
    for field in dataclasses.fields(test):
        value = torch.from_numpy(np.ascontiguousarray(getattr(test, field.name)))
        tensors[f"test/{field.name}"] = value if value.is_floating_point() else value.to(torch.uint8)
    metadata = {"config": json.dumps(dataclasses.asdict(config)), "final": str(max(checkpoints))}
    write_weights(path, halved(tensors), metadata)


def build(path: Path) -> Autoencoder:
    """The trained network; it also knows its file and the test codes."""
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
        model = _network(file, metadata, int(metadata["final"]))
        found = {field.name: file.get_tensor(f"test/{field.name}") for field in dataclasses.fields(Codes)}
    model.test = Codes(
        **{
            name: value.float().numpy() if value.is_floating_point() else value.long().numpy()
            for name, value in found.items()
        }
    )
    model.path = path
    return model


def steps(path: Path) -> tuple[int, ...]:
    """Training steps at which the network was kept, rising; the last is the trained model."""
    with safe_open(path, "pt") as file:
        names = (name.split("/")[0] for name in file.keys())  # noqa: SIM118
        return tuple(sorted({int(name) for name in names if name.isdigit()}))


def checkpoint(path: Path, step: int) -> Autoencoder:
    """The network as it was after `step` training steps, float32, in evaluation mode."""
    with safe_open(path, "pt") as file:
        return _network(file, file.metadata(), step).requires_grad_(False)


def _network(file: safe_open, metadata: Mapping[str, str], step: int) -> Autoencoder:
    model = empty(VaeConfig(**json.loads(metadata["config"])))
    model.load_state_dict({name: file.get_tensor(f"{step}/{name}").float() for name in model.state_dict()})
    return model


@torch.inference_mode()
def example(model: Autoencoder, batch: int = 1) -> Tensor:
    """Encodes and decodes blank pictures, so that the blocks can be traced: -> (batch, 1, 28, 28)."""
    weight = next(model.parameters())
    mean, _ = model.encode(torch.zeros(batch, 1, 28, 28, device=weight.device, dtype=weight.dtype))
    return model.decode(mean)
