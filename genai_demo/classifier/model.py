"""A small convolutional classifier (LeCun et al. 1998). x: pictures (b, 1, 28, 28) in [0, 1] -> logits (b, 10)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Classifier(nn.Module):
    """features: (b, 1, 28, 28) -> (b, 128), the space in which quality is measured; forward adds the last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.PixelUnshuffle(2), nn.Conv2d(4, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),  # -> (b, 32, 14, 14)
            nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.BatchNorm2d(64), nn.ReLU(),  # -> (b, 64, 7, 7)
            nn.Conv2d(64, 96, 3, padding=1), nn.BatchNorm2d(96), nn.ReLU(),  # -> (b, 96, 7, 7)
            nn.Conv2d(96, 96, 3, padding=1), nn.BatchNorm2d(96), nn.ReLU(),
            nn.Flatten(), nn.Dropout(0.4), nn.Linear(96 * 7 * 7, 128), nn.ReLU(),
        )  # fmt: skip
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
