"""The first layer of the flows on pictures: each grey value on its own becomes a number, black ones on one hill.

x: grey values in [0, 1), dequantised: (pixel + u) / 256 with u uniform in [0, 1) (Uria et al. 2013; Theis et al. 2016).
Half of all pixels are black: a spike 1/256 wide beside a broad plain, which no affine layer can cover. Here black
becomes a normal cut at its upper CUT, and the other greys, by their share of the training pixels, a normal cut at its
lower CUT that begins where the first ends. It can be undone and has a derivative, as the logit of RealNVP (Dinh et al.
2016, section 4.1) has in its place.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

LEVELS = 256  # grey values
RIM = 1e-4  # share of a normal beyond the darkest and the brightest, so that no z is infinite
CUT = 2.0  # standard deviations from the middle of a hill to where they meet
CENTRE, BLACK, OTHERS = -0.5, 0.5, 1.0  # where they meet; standard deviation of either hill
WHOLE = (1 + math.erf(CUT / math.sqrt(2))) / 2 - RIM  # share of a normal that is used


class Grey(nn.Module):
    """Grey values to numbers about 0 and back, by the histogram of the training pixels."""

    below: Tensor  # (257,): share of pixels that are darker than each grey

    def __init__(self, counts: Tensor | None = None) -> None:
        """counts (256,): how many training pixels have each grey; none: as many of each."""
        super().__init__()
        counts = torch.ones(LEVELS) if counts is None else counts
        shares = (counts.double() + 1) / (counts.double() + 1).sum()
        self.register_buffer("below", torch.cat([torch.zeros(1), shares.cumsum(0).float()]).clamp(max=1))

    def shares(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Of the pixels that are not black: the share that is darker than each grey, and that has it, (256,) each."""
        among = (self.below.to(dtype) - self.below[1].to(dtype)) / (1 - self.below[1].to(dtype))
        return among[:-1].clamp(min=0), among.diff().clamp(min=0)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (b, 1, 28, 28) in [0, 1) -> (z of that shape, log |det dz/dx| (b,))."""
        darker, share = self.shares(x.dtype)
        grey = (x * LEVELS).floor().clamp(0, LEVELS - 1).long()
        inside = x * LEVELS - grey
        black = grey == 0
        spread = torch.where(black, BLACK, OTHERS)
        steep = torch.where(black, 1.0, share[grey]) * WHOLE
        t = torch.special.ndtri(
            torch.where(black, RIM + WHOLE * inside, 1 - RIM - WHOLE * (1 - darker[grey]) + steep * inside)
        )
        z = CENTRE + spread * (t - torch.where(black, CUT, -CUT))
        log_det = (steep * spread * LEVELS).log() + t.square() / 2 + math.log(2 * math.pi) / 2
        return z, log_det.flatten(1).sum(1)

    def inverse(self, z: Tensor) -> Tensor:
        """z -> x in [0, 1]; what lies beyond the rim becomes black or white."""
        darker, share = self.shares(z.dtype)
        black = z < CENTRE
        t = (z - CENTRE) / torch.where(black, BLACK, OTHERS) + torch.where(black, CUT, -CUT)
        u = torch.special.ndtr(t)
        low = ((u - RIM) / WHOLE).clamp(0, 1 - 2**-24)
        high = (1 - (1 - RIM - u) / WHOLE).clamp(0, 1)
        grey = (torch.searchsorted(darker, high, right=True) - 1).clamp(1, LEVELS - 1)
        bright = grey + ((high - darker[grey]) / share[grey]).clamp(0, 1)
        x: Tensor = torch.where(black, low, bright) / LEVELS
        return x


def dequantised(pixels: Tensor, random: torch.Generator) -> Tensor:
    """(n, 28, 28) uint8 -> grey values with uniform noise, (n, 1, 28, 28) in [0, 1)."""
    noise = torch.rand(pixels.shape, generator=random)
    return ((pixels + noise) / LEVELS).clamp(max=1 - 2**-24).unsqueeze(1)
