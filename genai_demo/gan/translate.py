"""Picture to picture: pix2pix (Isola et al. 2017) for pairs, CycleGAN (Zhu et al. 2017) where there are none.

Pictures are (n, 1, 28, 28) in [-1, 1]. The U-Net hands its early layers to its late ones, so that lines stay where
they were drawn; its dropout is the only source of chance, in training and in use (Isola et al., section 3.2.1).
The residual generator of CycleGAN has no such short cut: it may change the shape.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def _block(layer: nn.Module, channels: int, norm: type[nn.Module] = nn.BatchNorm2d) -> nn.Sequential:
    return nn.Sequential(layer, norm(channels), nn.LeakyReLU(0.2))


class UNet(nn.Module):
    """(n, 1, 28, 28) -> (n, 1, 28, 28). width: channels at full size."""

    def __init__(self, width: int = 32, dropout: float = 0.5) -> None:
        super().__init__()
        w = width
        self.dropout = dropout
        self.at28 = _block(nn.Conv2d(1, w, 3, padding=1), w)
        self.at14 = _block(nn.Conv2d(w, 2 * w, 4, 2, 1), 2 * w)
        self.at7 = _block(nn.Conv2d(2 * w, 4 * w, 4, 2, 1), 4 * w)
        self.middle = _block(nn.Conv2d(4 * w, 4 * w, 3, padding=1), 4 * w)
        self.up1 = _block(nn.ConvTranspose2d(4 * w, 2 * w, 4, 2, 1), 2 * w)
        self.join1 = _block(nn.Conv2d(4 * w, 2 * w, 3, padding=1), 2 * w)
        self.up2 = _block(nn.ConvTranspose2d(2 * w, w, 4, 2, 1), w)
        self.join2 = _block(nn.Conv2d(2 * w, w, 3, padding=1), w)
        self.draw = nn.Conv2d(w, 1, 3, padding=1)

    def forward(self, x: Tensor, random: torch.Generator | None = None) -> Tensor:
        """random: where the dropout comes from; none is dropped without it."""
        full = self.at28(x)  # (n, w, 28, 28)
        half = self.at14(full)  # (n, 2w, 14, 14)
        h = drop(self.middle(self.at7(half)), self.dropout, random)  # (n, 4w, 7, 7)
        h = drop(self.join1(torch.cat([self.up1(h), half], 1)), self.dropout, random)
        h = self.join2(torch.cat([self.up2(h), full], 1))
        return torch.tanh(self.draw(h))


def drop(h: Tensor, share: float, random: torch.Generator | None) -> Tensor:
    """Dropout from a random stream of the caller's; unchanged where there is none."""
    if random is None or not share:
        return h
    return h * (torch.rand(h.shape, generator=random) >= share).to(h) / (1 - share)


class Residual(nn.Module):
    """x + two convolutions of it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.norms = nn.ModuleList(nn.InstanceNorm2d(channels, affine=True) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.norms[0](self.first(x)))
        out: Tensor = x + self.norms[1](self.second(h))
        return out


class ResNet(nn.Module):
    """(n, 1, 28, 28) -> (n, 1, 28, 28): down to 7x7, `depth` residual blocks, up again."""

    def __init__(self, width: int = 32, depth: int = 3) -> None:
        super().__init__()
        w, norm = width, nn.InstanceNorm2d
        self.body = nn.Sequential(
            _block(nn.Conv2d(1, w, 3, padding=1), w, norm),
            _block(nn.Conv2d(w, 2 * w, 4, 2, 1), 2 * w, norm),
            _block(nn.Conv2d(2 * w, 4 * w, 4, 2, 1), 4 * w, norm),
            *(Residual(4 * w) for _ in range(depth)),
            _block(nn.ConvTranspose2d(4 * w, 2 * w, 4, 2, 1), 2 * w, norm),
            _block(nn.ConvTranspose2d(2 * w, w, 4, 2, 1), w, norm),
            nn.Conv2d(w, 1, 3, padding=1),
            nn.Tanh(),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x)
        return out


class PatchGan(nn.Module):
    """(n, channels, 28, 28) -> (n, 7, 7) logits: each judges one patch of the picture (Isola et al., section 3.2.2)."""

    def __init__(self, channels: int = 1, width: int = 32) -> None:
        super().__init__()
        w, norm = width, nn.InstanceNorm2d
        self.body = nn.Sequential(
            nn.Conv2d(channels, w, 4, 2, 1),
            nn.LeakyReLU(0.2),
            _block(nn.Conv2d(w, 2 * w, 4, 2, 1), 2 * w, norm),
            _block(nn.Conv2d(2 * w, 4 * w, 3, padding=1), 4 * w, norm),
            nn.Conv2d(4 * w, 1, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x)
        return out.squeeze(1)
