"""Glow (Kingma & Dhariwal 2018) in two scales: actnorm, invertible 1x1 convolution, affine coupling; squeeze and split.

x: pictures (b, 1, 28, 28) in [0, 1); h: (b, 4, 14, 14), later half of it as (b, 8, 7, 7); z: noise (b, 1, 28, 28),
put together from what was split off and what went on; log_det: log |det dz/dx|, (b,). s, t: log-scale and shift.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.flow.grey import Grey

BOUND = 2.0  # of log-scales


@dataclass(frozen=True, slots=True)
class GlowConfig:
    """Steps of flow and width of their networks, at 14 x 14 and at 7 x 7."""

    fine_steps: int = 8
    fine_width: int = 64
    coarse_steps: int = 8
    coarse_width: int = 160


def network(given: int, width: int, out: int) -> nn.Sequential:
    """Convolutions 3x3, 1x1, 3x3 from `given` channels to `out`; the last is 0 at first."""
    last = nn.Conv2d(width, out, 3, padding=1)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)  # type: ignore[arg-type]
    return nn.Sequential(nn.Conv2d(given, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 1), nn.ReLU(), last)


def bounded(h: Tensor) -> tuple[Tensor, Tensor]:
    """What a network made -> (s within -BOUND..BOUND, t)."""
    s, t = h.chunk(2, 1)
    return BOUND * torch.tanh(s / BOUND), t


class Step(nn.Module):
    """One step of flow: each channel scaled (actnorm), channels mixed (1x1 convolution, as P L U), half of them moved.

    Section 3: the log-determinant of the mixing is the sum of log |diagonal of U| at every place (eq. 11).
    """

    order: Tensor
    signs: Tensor
    begun: Tensor

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.bias, self.log_scale = (nn.Parameter(torch.zeros(channels)) for _ in range(2))
        order, lower, upper = torch.linalg.lu(torch.linalg.qr(torch.randn(channels, channels))[0])
        diagonal = upper.diagonal()
        self.register_buffer("order", order)
        self.register_buffer("signs", diagonal.sign())
        self.register_buffer("begun", torch.tensor(0))
        self.lower, self.upper = nn.Parameter(lower.tril(-1)), nn.Parameter(upper.triu(1))
        self.log_diagonal = nn.Parameter(diagonal.abs().log())
        self.net = network(channels // 2, width, channels)

    @torch.no_grad()
    def begin(self, h: Tensor) -> None:
        """Actnorm's first values: each channel of this batch gets mean 0 and spread 1."""
        self.bias.copy_(-h.mean((0, 2, 3)))
        self.log_scale.copy_(-h.std((0, 2, 3)).clamp(min=1e-3).log())
        self.begun.fill_(1)

    def mixing(self) -> tuple[Tensor, Tensor]:
        """Actnorm and 1x1 convolution as one matrix (c, c) and a shift (c,)."""
        eye = torch.eye(len(self.bias), dtype=self.bias.dtype, device=self.bias.device)
        upper = self.upper.triu(1) + torch.diag(self.signs * self.log_diagonal.exp())
        matrix = self.order @ (self.lower.tril(-1) + eye) @ upper * self.log_scale.exp()
        return matrix, matrix @ self.bias

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        """h (b, c, n, n) -> (the same shape, log_det (b,))."""
        if not self.begun:
            self.begin(h)
        matrix, shift = self.mixing()
        stays, moves = F.conv2d(h, matrix[:, :, None, None], shift).chunk(2, 1)
        s, t = bounded(self.net(stays))
        mixed = (self.log_scale + self.log_diagonal).sum() * (h.shape[2] * h.shape[3])
        return torch.cat([stays, (moves + t) * s.exp()], 1), mixed + s.flatten(1).sum(1)

    def inverse(self, h: Tensor) -> Tensor:
        """The way back."""
        stays, moves = h.chunk(2, 1)
        s, t = bounded(self.net(stays))
        matrix, shift = self.mixing()
        inverse = torch.linalg.inv(matrix.double()).to(h.dtype)
        mixed = torch.cat([stays, moves * (-s).exp() - t], 1) - shift[:, None, None]
        return F.conv2d(mixed, inverse[:, :, None, None])


class Split(nn.Module):
    """What leaves at the finer scale, normalised by what stays: N(t, exp(s)) given it becomes N(0, 1)."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.net = network(channels // 2, width, channels)

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        stays, leaves = h.chunk(2, 1)
        s, t = bounded(self.net(stays))
        return torch.cat([stays, (leaves + t) * s.exp()], 1), s.flatten(1).sum(1)

    def inverse(self, h: Tensor) -> Tensor:
        stays, leaves = h.chunk(2, 1)
        s, t = bounded(self.net(stays))
        return torch.cat([stays, leaves * (-s).exp() - t], 1)


class Glow(nn.Module):
    """Pictures to noise in steps that can all be undone."""

    classes = 0
    runs_on = None, torch.float32  # device: the machine's best; in half precision a likelihood is worth nothing

    def __init__(self, config: GlowConfig, counts: Tensor | None = None) -> None:
        super().__init__()
        self.config = config
        self.grey = Grey(counts)
        self.test: Any = None  # what it makes of the test pictures, once trained: pictures.Test
        self.fine = nn.ModuleList(Step(4, config.fine_width) for _ in range(config.fine_steps))
        self.split = Split(4, config.fine_width)
        self.coarse = nn.ModuleList(Step(8, config.coarse_width) for _ in range(config.coarse_steps))
        self.to(memory_format=torch.channels_last)  # twice as fast on a processor, with so few channels

    @property
    def stops(self) -> int:
        """How many states `undo` gives."""
        return len(self.coarse) + 1 + len(self.fine)

    def encode(self, x: Tensor, label: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """x (b, 1, 28, 28) in [0, 1) -> (z of that shape, log_det (b,)). label: unused."""
        z, log_det = self.grey(x)
        h = squeezed(z)  # (b, 1, 28, 28) -> (b, 4, 14, 14)
        for layer in (*self.fine, self.split):
            h, more = layer(h)
            log_det = log_det + more
        h, left = h.chunk(2, 1)
        h = squeezed(h)  # (b, 2, 14, 14) -> (b, 8, 7, 7)
        for layer in self.coarse:
            h, more = layer(h)
            log_det = log_det + more
        return together(h, left), log_det

    def decode(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """z (b, 1, 28, 28) -> x in [0, 1]."""
        for _, found in self.undo(z, label):
            z = found
        return self.grey.inverse(z)

    def undo(self, z: Tensor, label: Tensor | None = None) -> Iterator[tuple[str, Tensor]]:
        """Layer after layer undone, the last one first: (its name, what is there then as (b, 1, 28, 28))."""
        h, left = squeezed(z).chunk(2, 1)
        h = squeezed(h)
        for k in reversed(range(len(self.coarse))):
            h = undone(self.coarse[k], h)
            yield f"coarse step {k + 1}", together(h, left)
        h = self.split.inverse(torch.cat([F.pixel_shuffle(h, 2), left], 1))
        yield "split", F.pixel_shuffle(h, 2)
        for k in reversed(range(len(self.fine))):
            h = undone(self.fine[k], h)
            yield f"fine step {k + 1}", F.pixel_shuffle(h, 2)


def squeezed(h: Tensor) -> Tensor:
    """Space to depth: (b, c, n, n) -> (b, 4 c, n / 2, n / 2)."""
    return F.pixel_unshuffle(h, 2).contiguous(memory_format=torch.channels_last)


def undone(layer: Any, h: Tensor) -> Tensor:
    """A layer's inverse."""
    found: Tensor = layer.inverse(h)
    return found


def together(h: Tensor, left: Tensor) -> Tensor:
    """What went on (b, 8, 7, 7) and what was left at the finer scale (b, 2, 14, 14) as one (b, 1, 28, 28)."""
    return F.pixel_shuffle(torch.cat([F.pixel_shuffle(h, 2), left], 1), 2)
