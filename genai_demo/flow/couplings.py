"""Coupling layers on points of the plane: one coordinate stays, the other is moved by a function of it.

x: points (n, 2); h: what a network makes of the coordinate that stays, (n, parameters); y: moved, one to one.
log_det: log |dy/dx| of the coordinate that moves, (n,), which is all of the layer's log-determinant: the matrix of
derivatives is triangular with a 1 (Dinh et al. 2016, eq. 6). Both kinds are the identity where h is 0.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import skip_init

Kind = Literal["affine", "spline"]
REACH = 4.0  # a spline moves what lies within -REACH..REACH and leaves the rest where it is
LEAST = 1e-3  # least width and height of a bin, as a share, and least slope at a knot
ONE = math.log(math.expm1(1 - LEAST))  # softplus of it, plus LEAST, is a slope of 1


def affine(x: Tensor, h: Tensor, bound: float, *, inverse: bool = False) -> tuple[Tensor, Tensor]:
    """y = x exp(s) + t with (s, t) = h (n, 2) -> (y (n,), log |dy/dx| (n,)); inverse: x from y, and log |dx/dy|.

    bound: s is held within -bound..bound by a tanh; 0: not held (Dinh et al. 2016, eqs. 7 and 8).
    """
    s, t = h.unbind(1)
    if bound:
        s = bound * torch.tanh(s / bound)
    return ((x - t) * (-s).exp(), -s) if inverse else (x * s.exp() + t, s)


def spline(x: Tensor, h: Tensor, *, inverse: bool = False) -> tuple[Tensor, Tensor]:
    """Monotonic rational-quadratic spline of k bins, h (n, 3 k - 1) -> (y (n,), log |dy/dx| (n,)), or its inverse.

    Durkan et al. 2019, eqs. 4 to 8: widths, heights, and slopes at the inner knots; at the rim the slope is 1.
    """
    k = (h.shape[1] + 1) // 3
    h = h.T.contiguous()  # (n, 3 k - 1) -> (3 k - 1, n): sums over bins are several times as quick down a column
    slopes = F.pad(LEAST + F.softplus(h[2 * k :] + ONE), (0, 0, 1, 1), value=1.0)
    places = torch.cat([knots(h[: 2 * k].view(2, k, -1)), slopes[None]])  # (3, k + 1, n)
    inside = x.abs() < REACH
    at = x.clamp(-REACH, REACH)
    bin_ = (places[int(inverse), 1:-1] <= at).sum(0)
    both = torch.stack([bin_, bin_ + 1]).expand(3, -1, -1)
    left, right, low, high, d0, d1 = places.gather(1, both).flatten(0, 1).unbind(0)
    w, tall = right - left, high - low
    s = tall / w
    if inverse:  # the root of a quadratic in [0, 1]
        rise = at - low
        curve = rise * (d0 + d1 - 2 * s)
        a, b, c = tall * (s - d0) + curve, tall * d0 - curve, -s * rise
        u = 2 * c / (-b - (b * b - 4 * a * c).clamp(min=0).sqrt())
    else:
        u = (at - left) / w
    v = u * (1 - u)
    below = s + (d0 + d1 - 2 * s) * v
    log_det = 2 * s.log() + (d1 * u * u + 2 * s * v + d0 * (1 - u).square()).log() - 2 * below.log()
    moved = left + u * w if inverse else low + tall * (s * u * u + d0 * v) / below
    return torch.where(inside, moved, x), torch.where(inside, -log_det if inverse else log_det, 0.0)


def knots(h: Tensor) -> Tensor:
    """(..., k, n) -> for each of n k + 1 rising places from -REACH to REACH, (..., k + 1, n)."""
    shares = LEAST + (1 - LEAST * h.shape[-2]) * h.softmax(-2)
    inner = shares[..., :-1, :].cumsum(-2) * (2 * REACH) - REACH
    return F.pad(F.pad(inner, (0, 0, 1, 0), value=-REACH), (0, 0, 0, 1), value=REACH)


@torch.no_grad()
def begin(net: nn.Sequential, random: torch.Generator) -> None:
    """First weights, from `random` alone: PyTorch's own bounds, but for the last layer, which is 0.

    The first layer's are larger: else all its bends lie near 0, and a coordinate reaches to 4.
    """
    first, *middle, last = (layer for layer in net if isinstance(layer, nn.Linear))
    for layer in (first, *middle):
        bound = layer.in_features**-0.5
        steep, apart = (2, 3) if layer is first else (1, 1)
        nn.init.uniform_(layer.weight, -steep * bound, steep * bound, generator=random)
        nn.init.uniform_(layer.bias, -apart * bound, apart * bound, generator=random)
    for part in last.parameters():
        nn.init.zeros_(part)


class Coupling(nn.Module):
    """A layer; `moves`: the coordinate that it moves, 0 or 1. Its weights come from `random` alone."""

    def __init__(self, kind: Kind, moves: int, width: int, bins: int, bound: float, random: torch.Generator) -> None:
        super().__init__()
        self.kind, self.moves, self.bound = kind, moves, bound
        linear = partial(skip_init, nn.Linear)
        layers = [part for a, b in pairwise([1, width, width]) for part in (linear(a, b), nn.SiLU())]
        self.net = nn.Sequential(*layers, linear(width, 2 if kind == "affine" else 3 * bins - 1))
        begin(self.net, random)

    def forward(self, x: Tensor, *, inverse: bool = False) -> tuple[Tensor, Tensor]:
        """x (n, 2) -> (y (n, 2), log |det dy/dx| (n,)), or the way back."""
        both = list(x.unbind(1))
        h = self.net(both[1 - self.moves][:, None])
        given = both[self.moves]
        if self.kind == "affine":
            both[self.moves], log_det = affine(given, h, self.bound, inverse=inverse)
        else:
            both[self.moves], log_det = spline(given, h, inverse=inverse)
        return torch.stack(both, 1), log_det


class Flow(nn.Module):
    """Points to noise in layers, each of which can be undone: z = f(x), log p(x) = log N(z; 0, I) + sum of log_det.

    The first layer only moves and scales, so that the data has mean 0 and spread 1; then couplings, which move the two
    coordinates in turn.
    """

    mean: Tensor
    spread: Tensor

    def __init__(
        self, kind: Kind, layers: int, width: int, bins: int, bound: float, data: Tensor, random: torch.Generator
    ) -> None:
        super().__init__()
        self.register_buffer("mean", data.mean(0))
        self.register_buffer("spread", data.std(0).clamp(min=LEAST))
        self.couplings = nn.ModuleList(Coupling(kind, k % 2, width, bins, bound, random) for k in range(layers))

    @property
    def depth(self) -> int:
        """Layers, the first included."""
        return 1 + len(self.couplings)

    def layer(self, k: int, x: Tensor, *, inverse: bool = False) -> tuple[Tensor, Tensor]:
        """Layer k alone, or its inverse, as Coupling.forward; layer 0 moves and scales."""
        if k:
            moved, log_det = self.couplings[k - 1](x, inverse=inverse)
            return moved, log_det
        log_det = self.spread.log().sum().expand(len(x))
        return (x * self.spread + self.mean, log_det) if inverse else ((x - self.mean) / self.spread, -log_det)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (n, 2) -> (z (n, 2), log_det of each layer (depth, n))."""
        dets = []
        for k in range(self.depth):
            x, log_det = self.layer(k, x)
            dets.append(log_det)
        return x, torch.stack(dets)

    def decode(self, z: Tensor) -> Tensor:
        """z (n, 2) -> x (n, 2): all layers undone, the last one first."""
        for k in reversed(range(self.depth)):
            z, _ = self.layer(k, z, inverse=True)
        return z

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n,): the change of variables (Dinh et al. 2016, eq. 3)."""
        z, dets = self.encode(x)
        return normal(z) + dets.sum(0)


def normal(z: Tensor) -> Tensor:
    """log N(z; 0, I), (n, 2) -> (n,)."""
    return -z.square().sum(1) / 2 - math.log(2 * math.pi)
