"""Restricted Boltzmann machine (Smolensky 1986; Hinton 2002): two layers of units that are on or off.

v: visible units (n, visible); h: hidden units (n, hidden); E(v, h) = -b v - c h - v W h, p(v, h) = exp(-E) / Z.
F(v) = -log sum_h exp(-E(v, h)): the free energy (n,), so that p(v) = exp(-F(v)) / Z.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MOST = 16  # hidden units over which Z is summed one by one


class Machine(nn.Module):
    """Weights W (visible, hidden) from N(0, spread^2) by `random` alone; b (visible,), c (hidden,) begin at 0."""

    runs_on = (torch.device("cpu"), torch.float32)

    def __init__(self, visible: int, hidden: int, random: torch.Generator, spread: float = 0.01) -> None:
        super().__init__()
        self.W = nn.Parameter(spread * torch.randn(visible, hidden, generator=random))
        self.b = nn.Parameter(torch.zeros(visible))
        self.c = nn.Parameter(torch.zeros(hidden))

    def forward(self, v: Tensor) -> Tensor:
        """The pass up: p(h_j = 1 | v), (n, hidden)."""
        return torch.sigmoid(v @ self.W + self.c)

    def hidden(self, v: Tensor) -> Tensor:
        """p(h_j = 1 | v), (n, hidden)."""
        found: Tensor = self(v)
        return found

    def visible(self, h: Tensor) -> Tensor:
        """p(v_i = 1 | h), (n, visible)."""
        return torch.sigmoid(h @ self.W.T + self.b)

    def free_energy(self, v: Tensor) -> Tensor:
        """F(v) in nats, (n,)."""
        return -(v @ self.b) - F.softplus(v @ self.W + self.c).sum(1)

    @torch.no_grad()
    def gibbs(self, v: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Both layers drawn once, hidden units first -> (v (n, visible) of 0 and 1, p(v = 1 | h) they came from)."""
        p = self.visible(drawn(self.hidden(v), random))
        return drawn(p, random), p


def drawn(p: Tensor, random: torch.Generator) -> Tensor:
    """0 or 1 for each probability."""
    return (torch.rand(p.shape, generator=random) < p).to(p)


def states(units: int) -> Tensor:
    """All 2^units settings of so many units, (2^units, units)."""
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=units)))


@torch.no_grad()
def log_z(machine: Machine) -> float:
    """log Z exactly, the sum over all settings of the hidden units, MOST at most."""
    assert len(machine.c) <= MOST
    h = states(len(machine.c)).double()
    each = h @ machine.c.double() + F.softplus(h @ machine.W.double().T + machine.b.double()).sum(1)
    return float(each.logsumexp(0))


class Estimate(NamedTuple):
    """log_z in nats, and its standard error by the spread of the weights of all chains."""

    log_z: float
    error: float


@torch.no_grad()
def annealed(machine: Machine, rate: Tensor, temperatures: int, chains: int, random: torch.Generator) -> Estimate:
    """log Z by annealed importance sampling (Neal 2001; Salakhutdinov & Murray 2008, section 4.1).

    From independent visible units whose shares of ones are `rate` (visible,), in even steps of beta to the machine.
    """
    base = torch.logit(rate.clamp(0.01, 0.99))
    start = F.softplus(base).sum() + len(machine.c) * math.log(2)  # log Z of the beginning
    v = drawn(rate.clamp(0.01, 0.99).expand(chains, -1), random)
    weight = torch.zeros(chains, dtype=torch.double)
    betas = torch.linspace(0, 1, temperatures + 1).tolist()
    for before, beta in itertools.pairwise(betas):
        inputs = v @ machine.W + machine.c
        straight = (beta - before) * (v @ (machine.b - base))
        weight += (straight + (F.softplus(beta * inputs) - F.softplus(before * inputs)).sum(1)).double()
        h = drawn(torch.sigmoid(beta * inputs), random)
        v = drawn(torch.sigmoid((1 - beta) * base + beta * (h @ machine.W.T + machine.b)), random)
    mean = float(weight.logsumexp(0)) - math.log(chains)
    shares = (weight - mean).exp()
    return Estimate(float(start) + mean, float(shares.std()) / math.sqrt(chains))
