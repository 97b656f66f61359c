"""From a trained classifier to what is shipped: weights in half precision and a card with the accuracy of that file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from genai_demo.core.cards import write_card
from genai_demo.data import fashion_mnist
from genai_demo.quality.classifier.model import Classifier, build


def export(state: Mapping[str, Tensor], path: Path, *, config: Mapping[str, Any], **facts: Any) -> Path:
    """Write weights (safetensors, fp16) and the card beside them; accuracy is that of the written file. -> the card.

    config: of the training; facts: what else the card says of it (wall_seconds, loss, device). Needs the test split.
    """
    tensors = {name: (v.half() if v.is_floating_point() else v).contiguous() for name, v in state.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    path.chmod(0o644)
    model = build(path)
    pictures, labels = fashion_mnist.load("test")
    found = (predict(model, torch.from_numpy(pictures.copy())) == torch.from_numpy(labels)).double().mean()
    known = {
        "title": "Fashion classifier, the judge of generated pictures",
        "data": "Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), 60,000 training pictures, MIT",
        "licence": "Apache-2.0",
        "config": dict(config),
        "seed": config["seed"],
        "epochs": config["epochs"],
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }
    quality = {"split": f"test, {len(labels)} pictures", "accuracy": round(float(found), 4)}
    return write_card(path, **known, **facts, quality=quality)


def is_shipped(path: Path, config: Mapping[str, Any]) -> bool:
    """Whether weights are there whose card names this configuration."""
    card = path.with_suffix(".json")
    return path.exists() and card.exists() and json.loads(card.read_text()).get("config") == dict(config)


@torch.inference_mode()
def predict(model: Classifier, pictures: Tensor) -> Tensor:
    """The class of each picture: (n, 28, 28) uint8 -> (n,) int64."""
    return torch.cat([model(x.float().div(255).unsqueeze(1)).argmax(1) for x in pictures.split(1000)])
