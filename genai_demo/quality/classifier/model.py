"""A small convolutional classifier (LeCun et al. 1998). x: pictures (b, 1, 28, 28) in [0, 1] -> logits (b, 10)."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn


class Classifier(nn.Module):
    """features: (b, 1, 28, 28) -> (b, 128), the space in which quality is measured; forward adds the last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(4, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),  # -> (b, 32, 14, 14)
            nn.Conv2d(32, 64, 3, stride=2, padding=1),
            nn.BatchNorm2d(64),
            nn.ReLU(),  # -> (b, 64, 7, 7)
            nn.Conv2d(64, 96, 3, padding=1),
            nn.BatchNorm2d(96),
            nn.ReLU(),  # -> (b, 96, 7, 7)
            nn.Conv2d(96, 96, 3, padding=1),
            nn.BatchNorm2d(96),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.4),
            nn.Linear(96 * 7 * 7, 128),
            nn.ReLU(),
        )
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(128, 10))

    def features(self, x: Tensor) -> Tensor:
        features: Tensor = self.body(x * 2 - 1)
        return features

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(x))
        return logits


def empty() -> Classifier:
    """The network with random weights, in evaluation mode."""
    return Classifier().eval().to(memory_format=torch.channels_last)


def build(path: Path) -> Classifier:
    """The trained network, float32, from its weights file."""
    model = empty()
    model.load_state_dict(load_file(path))
    return model


@torch.inference_mode()
def example(model: Classifier, batch: int = 1) -> Tensor:
    """Classifies blank pictures, so that the blocks can be traced: -> logits (batch, 10)."""
    weight = next(model.parameters())
    logits: Tensor = model(torch.zeros(batch, 1, 28, 28, device=weight.device, dtype=weight.dtype))
    return logits
