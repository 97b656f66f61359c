"""Numbers that say how two distributions over the vocabulary differ, and how undecided one is."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def divergence(true: Tensor, other: Tensor) -> float:
    """KL(true || other) in nats, of two rows of logits: what is lost by believing `other`. Never below 0."""
    p, q = (torch.log_softmax(logits.double(), dim=-1) for logits in (true, other))
    return max(0.0, float((p.exp() * (p - q)).sum()))


def entropy(chances: Tensor) -> float:
    """Of probabilities (n,), in bits."""
    return float(torch.special.entr(chances.double()).sum() / math.log(2))


def surprise(chance: float, least: float = 1e-9) -> float:
    """-log2 of a probability, in bits; one below `least` counts as that."""
    return -math.log2(max(chance, least))
