"""The first layer of the flows on pictures: each grey value on its own becomes a number of a standard normal.

x: grey values in [0, 1), dequantised: (pixel + u) / 256 with u uniform in [0, 1) (Uria et al. 2013; Theis et al. 2016);
u: share of the training pixels that are darker, which uniform noise inside each grey makes exact; z: where a normal has
that share below it. Half of all pixels are black, a spike that affine layers can't widen; here it is half of the axis.
It can be undone and has a derivative, as the logit of RealNVP (Dinh et al. 2016, section 4.1) has in its place.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

LEVELS = 256  # grey values
RIM = 1e-4  # share of the axis beyond the darkest and the brightest, so that no z is infinite


class Grey(nn.Module):
    """Grey values to normal numbers and back, by the histogram of the training pixels."""

    below: Tensor  # (257,): share of pixels that are darker than each grey

    def __init__(self, counts: Tensor | None = None) -> None:
        """counts (256,): how many training pixels have each grey; none: as many of each."""
        super().__init__()
        counts = torch.ones(LEVELS) if counts is None else counts
        shares = (counts.double() + 1) / (counts.double() + 1).sum()
        self.register_buffer("below", torch.cat([torch.zeros(1), shares.cumsum(0).float()]).clamp(max=1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (b, 1, 28, 28) in [0, 1) -> (z of that shape, log |det dz/dx| (b,))."""
        below = self.below.to(x.dtype)
        grey = (x * LEVELS).floor().clamp(0, LEVELS - 1).long()
        low, share = below[grey], (below[1:] - below[:-1])[grey]
        u = low + (x * LEVELS - grey) * share
        z = torch.special.ndtri(RIM + (1 - 2 * RIM) * u)
        log_det = (share * (LEVELS * (1 - 2 * RIM))).log() + z.square() / 2 + math.log(2 * math.pi) / 2
        return z, log_det.flatten(1).sum(1)

    def inverse(self, z: Tensor) -> Tensor:
        """z -> x in [0, 1]; what lies beyond the rim becomes black or white."""
        below = self.below.to(z.dtype)
        u = ((torch.special.ndtr(z) - RIM) / (1 - 2 * RIM)).clamp(0, 1)
        grey = (torch.searchsorted(below, u, right=True) - 1).clamp(0, LEVELS - 1)
        low, share = below[grey], (below[1:] - below[:-1])[grey]
        x: Tensor = (grey + (u - low) / share) / LEVELS
        return x


def dequantised(pixels: Tensor, random: torch.Generator) -> Tensor:
    """(n, 28, 28) uint8 -> grey values with uniform noise, (n, 1, 28, 28) in [0, 1)."""
    noise = torch.rand(pixels.shape, generator=random)
    return ((pixels + noise) / LEVELS).clamp(max=1 - 2**-24).unsqueeze(1)
