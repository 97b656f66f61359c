"""How much an expert says of where a token comes from, in bits: counts (kinds, experts) in, numbers out."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def mutual_information(counts: Tensor) -> float:
    """I(kind; expert) of counts (kinds, experts), each kind counting as much as any other."""
    shares = counts.double() / counts.double().sum(1, keepdim=True).clamp(min=1)
    mean = shares.mean(0)
    own = torch.special.entr(shares).sum(1).mean()
    return max(0.0, float(torch.special.entr(mean).sum() - own) / math.log(2))


def apart(one: Tensor, other: Tensor) -> float:
    """The Jensen-Shannon divergence of two loads (e,), 0 to 1 bit: what an expert says of which of the two it was."""
    return mutual_information(torch.stack([one, other]))
