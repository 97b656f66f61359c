"""Progressive growing (Karras et al. 2018): pictures of 7x7 are learnt first, then 14x14, then 28x28.

stage: 0, 1, 2 for 7, 14, 28 pixels a side. alpha: how far the newest layers are faded in, 0 to 1. Both networks grow
together. As in the paper: nearest-neighbour doubling, pixel normalisation, an equalised learning rate, the spread
over the batch as one more channel of the critic.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDES = (7, 14, 28)
CHANNELS = (64, 32, 16)
LATENT = 48


class Even(nn.Conv2d):
    """A convolution whose weights are N(0, 1) and scaled in use, so that all learn at one rate (section 4.1)."""

    def __init__(self, inward: int, outward: int, side: int = 3, gain: float = math.sqrt(2)) -> None:
        super().__init__(inward, outward, side, padding=side // 2)
        nn.init.normal_(self.weight)
        nn.init.zeros_(self.bias)  # type: ignore[arg-type]
        self.scale = gain / math.sqrt(inward * side * side)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self._conv_forward(x, self.weight * self.scale, self.bias)
        return found


def level(h: Tensor) -> Tensor:
    """Each pixel's channels scaled to a mean square of 1 (section 4.2)."""
    found: Tensor = h * (h.square().mean(1, keepdim=True) + 1e-8).rsqrt()
    return found


def double(x: Tensor) -> Tensor:
    """(n, c, s, s) -> (n, c, 2s, 2s), every pixel four times."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class Grower(nn.Module):
    """z (n, LATENT) -> (n, 1, side, side), side = SIDES[stage], about [-1, 1] (not bounded)."""

    path: Path  # of the weights file, where its younger selves are

    def __init__(self) -> None:
        super().__init__()
        self.start = Even(LATENT, CHANNELS[0] * 49, 1, gain=math.sqrt(2) / 4)
        inward = (CHANNELS[0], *CHANNELS[:-1])
        self.first = nn.ModuleList(Even(a, b) for a, b in zip(inward, CHANNELS, strict=True))
        self.second = nn.ModuleList(Even(c, c) for c in CHANNELS)
        self.draw = nn.ModuleList(Even(c, 1, 1, gain=1.0) for c in CHANNELS)

    def forward(self, z: Tensor, stage: int = len(SIDES) - 1, alpha: float = 1.0) -> Tensor:
        h = self.start(level(z)[:, :, None, None]).view(len(z), CHANNELS[0], 7, 7)
        before = h
        for i in range(stage + 1):
            before, h = h, double(h) if i else h
            for layer in (self.first[i], self.second[i]):
                h = level(F.leaky_relu(layer(h), 0.2))
        new: Tensor = self.draw[stage](h)
        if stage == 0 or alpha >= 1:
            return new
        return (1 - alpha) * double(self.draw[stage - 1](before)) + alpha * new

    def stages(self, z: Tensor, stage: int = len(SIDES) - 1, alpha: float = 1.0) -> list[Tensor]:
        """The same latents drawn after each stage there is, the newest one as far as it is faded in."""
        return [self(z, i, alpha if i == stage else 1.0) for i in range(stage + 1)]


class Critic(nn.Module):
    """(n, 1, side, side) -> (n,) logits; the generator's mirror image."""

    def __init__(self) -> None:
        super().__init__()
        outward = (CHANNELS[0], *CHANNELS[:-1])
        self.read = nn.ModuleList(Even(1, c, 1) for c in CHANNELS)
        self.first = nn.ModuleList(Even(c, c) for c in CHANNELS)
        self.second = nn.ModuleList(Even(a, b) for a, b in zip(CHANNELS, outward, strict=True))
        self.last = Even(CHANNELS[0] + 1, CHANNELS[0])
        self.score = Even(CHANNELS[0] * 49, 1, 1, gain=1.0)

    def forward(self, x: Tensor, stage: int = len(SIDES) - 1, alpha: float = 1.0) -> Tensor:
        h = F.leaky_relu(self.read[stage](x), 0.2)
        for i in range(stage, -1, -1):
            for layer in (self.first[i], self.second[i]):
                h = F.leaky_relu(layer(h), 0.2)
            if i == 0:
                break
            h = F.avg_pool2d(h, 2)
            if i == stage and alpha < 1:
                h = (1 - alpha) * F.leaky_relu(self.read[i - 1](F.avg_pool2d(x, 2)), 0.2) + alpha * h
        spread = (h.var(0, correction=0) + 1e-8).sqrt().mean().expand(len(h), 1, 7, 7)
        h = F.leaky_relu(self.last(torch.cat([h, spread], 1)), 0.2)
        logits: Tensor = self.score(h.flatten(1)[:, :, None, None]).flatten()
        return logits


def at_stage(x: Tensor, stage: int, alpha: float) -> Tensor:
    """Real pictures (n, 1, 28, 28) as a stage is shown them: made smaller, and blurred while its layers fade in."""
    x = F.avg_pool2d(x, 28 // SIDES[stage])
    return x if stage == 0 or alpha >= 1 else (1 - alpha) * double(F.avg_pool2d(x, 2)) + alpha * x
