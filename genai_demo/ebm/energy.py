"""An energy over points of the plane, its landscape, and Langevin chains that walk on it.

E: energy (n,), low where points are likely; x: points (n, 2). p(x) = exp(-E(x)) / Z, and in the plane Z is a sum over
cells, so the likelihood of a small model can be told: nothing that larger ones could do.
"""

from __future__ import annotations

import functools
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.core.networks import mlp
from genai_demo.quality.laboratory import LIMIT

CELLS = 48  # a side of the heat
FAR = 4.2  # beyond it the energy is taken to leave nothing
COARSE = 0.3  # side of a cell out there
OCTAVES = 4  # the longest wave is as long as the plane that counts, so that nothing comes twice


class Energy(nn.Module):
    """x (n, 2) -> E (n,): a network of sines and cosines of x, and a bowl |x|^2 / 2 that keeps Z finite."""

    waves: Tensor

    def __init__(self, width: int, random: torch.Generator) -> None:
        super().__init__()
        self.register_buffer("waves", math.pi / 4 * 2.0 ** torch.arange(OCTAVES))
        self.net = mlp([2 * (1 + 2 * OCTAVES), width, width, 1], nn.SiLU, random)

    def forward(self, x: Tensor) -> Tensor:
        turns = (x[:, :, None] * self.waves).flatten(1)
        height: Tensor = self.net(torch.cat([x, turns.sin(), turns.cos()], 1))
        return height[:, 0] + x.square().sum(1) / 2

    @torch.no_grad()
    def slope(self, x: Tensor) -> Tensor:
        """grad E, (n, 2), as `slope` finds it, written out: a walk asks for little else, and this is much quicker."""
        first, second, last = (layer for layer in self.net if isinstance(layer, nn.Linear))
        turns = (x[:, :, None] * self.waves).flatten(1)
        sin, cos = turns.sin(), turns.cos()
        one = F.linear(torch.cat([x, sin, cos], 1), first.weight, first.bias)
        two = F.linear(F.silu(one), second.weight, second.bias)
        back = torch.ops.aten.silu_backward(last.weight.expand_as(two), two) @ second.weight
        back = torch.ops.aten.silu_backward(back, one) @ first.weight  # (n, 2 + 2 * 2 * OCTAVES)
        straight, by_sin, by_cos = back.split([2, 2 * OCTAVES, 2 * OCTAVES], 1)
        bent = (by_sin * cos - by_cos * sin).unflatten(1, (2, OCTAVES)) @ self.waves
        found: Tensor = straight + bent + x
        return found


def slope(energy: nn.Module, x: Tensor, *, keep: bool = False) -> Tensor:
    """grad E, (n, 2); keep: it can be derived again."""
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        (found,) = torch.autograd.grad(energy(x).sum(), x, create_graph=keep)
    return found


def langevin(
    energy: nn.Module, x: Tensor, step: float, noise: float, temperature: float, random: torch.Generator
) -> Tensor:
    """One step of the unadjusted Langevin walk, x - step grad E + noise sqrt(2 step T) xi (Roberts & Tweedie 1996).

    With noise 1 and small steps it draws from exp(-E / T); on a Gaussian of variance s^2 and T = 1 its own variance is
    s^2 / (1 - step / (2 s^2)). noise 0 rolls downhill.
    """
    way = energy.slope(x) if isinstance(energy, Energy) else slope(energy, x)
    xi = torch.randn(x.shape, generator=random, dtype=x.dtype)
    return x - step * way + noise * math.sqrt(2 * step * temperature) * xi


@torch.no_grad()
def jumped(energy: nn.Module, x: Tensor, random: torch.Generator) -> Tensor:
    """Each chain may jump to a place drawn from N(0, I), as often as keeps exp(-E) (Metropolis et al. 1953)."""
    there = torch.randn(x.shape, generator=random, dtype=x.dtype)
    before, after = (energy(torch.cat([x, there])) - torch.cat([x, there]).square().sum(1) / 2).split(len(x))
    taken = torch.rand(len(x), generator=random).log() < before - after
    return torch.where(taken[:, None], there, x)


@functools.cache
def cells(side: int = CELLS, limit: float = LIMIT) -> Tensor:
    """Centres of cells that fill the square, (side ** 2, 2), row 0 with the largest y."""
    across = (torch.arange(side) + 0.5) * (2 * limit / side) - limit
    return torch.stack(torch.meshgrid(across, across.flip(0), indexing="xy"), -1).reshape(-1, 2)


@functools.cache
def _beyond() -> Tensor:
    """Centres of the coarse cells outside the square, (m, 2)."""
    all_ = cells(round(2 * FAR / COARSE), FAR)
    return all_[(all_.abs() > LIMIT).any(1)]


@torch.no_grad()
def landscape(energy: nn.Module) -> tuple[Tensor, float]:
    """(E in the middle of each cell (CELLS, CELLS), log Z by the sum over all cells)."""
    inside, beyond = cells(), _beyond()
    height = energy(torch.cat([inside, beyond]))
    fine, coarse = height[: len(inside)], height[len(inside) :]
    sums = [(-fine).logsumexp(0) + 2 * math.log(2 * LIMIT / CELLS), (-coarse).logsumexp(0) + 2 * math.log(COARSE)]
    return fine.reshape(CELLS, CELLS), float(torch.stack(sums).logsumexp(0))
