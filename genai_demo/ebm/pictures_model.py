"""An energy over pictures: a small convolutional network whose slope tells every pixel where to go.

x: (n, 1, 28, 28) in [-1, 1]; V: its energy (n,). p(x) is proportional to exp(-V(x) / HEAT).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

HEAT = 0.01  # temperature at which the energy is one


@dataclass(frozen=True, slots=True)
class PicturesConfig:
    """Channels at 14, 7 and 4 pixels a side."""

    channels: tuple[int, int, int] = (32, 64, 128)


class PicturesEnergy(nn.Module):
    """Each scale adds its part, so that the slope reaches the pixels on short ways as well as on the long one.

    scores: energies of test pictures, rising, where they came with the weights.
    """

    runs_on = (torch.device("cpu"), torch.float32)
    scores: Tensor

    def __init__(self, config: PicturesConfig) -> None:
        super().__init__()
        self.config = config
        sizes = list(zip((1, *config.channels), config.channels))
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4 if a == 1 else 3, stride=2, padding=1) for a, b in sizes)
        self.same = nn.ModuleList(nn.Conv2d(c, c, 3, padding=1) for c in config.channels)
        self.parts = nn.ModuleList(nn.Conv2d(c, 1, 1, bias=False) for c in config.channels)
        self.last = nn.Sequential(nn.Linear(config.channels[-1] * 16, 128), nn.SiLU(), nn.Linear(128, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        parts = []
        for down, same, part in zip(self.down, self.same, self.parts):
            x = F.silu(down(x))
            x = F.silu(same(x))
            parts.append(part(x).sum((1, 2, 3)))
        height: Tensor = sum(parts) + self.last(x.flatten(1))[:, 0]
        return height


def slope(energy: nn.Module, x: Tensor, *, keep: bool = False) -> Tensor:
    """grad V, as x; keep: it can be derived again."""
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        (found,) = torch.autograd.grad(energy(x).sum(), x, create_graph=keep)
    return found


def tensor(images: np.ndarray) -> Tensor:
    """(n, 28, 28) uint8 -> (n, 1, 28, 28) in [-1, 1]."""
    return torch.from_numpy(images.copy()).float().div(127.5).sub(1)[:, None]


@torch.no_grad()
def energies(model: PicturesEnergy, images: np.ndarray) -> Tensor:
    """V of pictures (n, 28, 28) uint8, (n,) float32 on the CPU."""
    weight = next(model.parameters())
    return torch.cat([model(part.to(weight)).float().cpu() for part in tensor(images).split(250)])
