"""A layer of experts small enough to be trained while one watches, on points of the plane; and what is learnt there.

Fedus et al. 2021, "Switch Transformers" (one choice, the balance loss); Dai et al. 2024, "DeepSeekMoE" (a shared
expert). x (n, 2): points; e: experts; c: classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.core.device import seeded

EXPERTS, HIDDEN, CLASSES, SIDE = 6, 8, 4, 4
EDGE = 1.3  # the square of the points reaches so far
SPREAD = 0.5  # of the router's first weights


@dataclass(frozen=True, slots=True, eq=False)
class Passed:
    """logits (n, c); chances (n, e): the router's softmax; index (n, k): the experts of each point."""

    logits: Tensor
    chances: Tensor
    index: Tensor

    @property
    def load(self) -> Tensor:
        """Share of the choices that each expert got, (e,)."""
        return torch.bincount(self.index.flatten(), minlength=EXPERTS) / self.index.numel()


class Toy(nn.Module):
    """Experts of one hidden layer each, and a router that is one matrix. lead: how far ahead one expert begins."""

    def __init__(self, top_k: int, shared: bool, lead: float, seed: int) -> None:
        super().__init__()
        self.top_k = top_k
        with seeded(seed):
            self.into = nn.Parameter(1.5 * torch.randn(EXPERTS, 2, HIDDEN))
            self.into_bias = nn.Parameter(torch.randn(EXPERTS, 1, HIDDEN))
            self.out = nn.Parameter(torch.randn(EXPERTS, HIDDEN, CLASSES) / math.sqrt(HIDDEN))
            self.out_bias = nn.Parameter(torch.zeros(EXPERTS, 1, CLASSES))
            self.gate = nn.Linear(2, EXPERTS)
            nn.init.normal_(self.gate.weight, std=SPREAD)
            nn.init.zeros_(self.gate.bias)
            with torch.no_grad():
                self.gate.bias[int(torch.randint(EXPERTS, ()))] = lead
            self.shared = nn.Sequential(nn.Linear(2, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, CLASSES)) if shared else None

    def forward(self, x: Tensor) -> Passed:
        """An expert counts as much as its chance, which is how the router learns from the task."""
        chances = self.gate(x).softmax(-1)
        weights, index = chances.topk(self.top_k, dim=-1)
        hidden = torch.tanh(torch.baddbmm(self.into_bias, x.expand(EXPERTS, -1, -1), self.into))
        answers = torch.baddbmm(self.out_bias, hidden, self.out)  # (e, n, c)
        taken = torch.zeros_like(chances).scatter(1, index, weights)
        logits = torch.einsum("ne,enc->nc", taken, answers)
        if self.shared is not None:
            logits = logits + self.shared(x)
        return Passed(logits, chances, index)


def unevenness(passed: Passed) -> Tensor:
    """Switch's balance loss before its weight: 1 where load and chances are even, e where one expert has all."""
    return EXPERTS * (passed.load * passed.chances.mean(0)).sum()


def answers(x: Tensor, turn: int) -> Tensor:
    """The class of each point: squares of a board, of which no two neighbours are of one class; turn: which begins."""
    column, row = ((x + EDGE) / (2 * EDGE) * SIDE).long().clamp(0, SIDE - 1).unbind(-1)
    return (column + 2 * row + turn) % CLASSES


def points(count: int, random: torch.Generator) -> Tensor:
    """Evenly spread over the square, (count, 2)."""
    return EDGE * (2 * torch.rand(count, 2, generator=random) - 1)


def grid(side: int) -> Tensor:
    """The middles of side x side cells of the square, row 0 at the top, (side * side, 2)."""
    at = EDGE * ((torch.arange(side) + 0.5) / side * 2 - 1)
    y, x = torch.meshgrid(at.flip(0), at, indexing="ij")
    return torch.stack([x, y], -1).flatten(0, 1)


def loss(network: Toy, x: Tensor, right: Tensor, balance: float) -> Tensor:
    """Cross-entropy and the balance loss."""
    passed = network(x)
    found = F.cross_entropy(passed.logits, right)
    return found + balance * unevenness(passed) if balance else found
