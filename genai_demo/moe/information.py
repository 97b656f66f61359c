"""How much an expert says of where a token comes from, in bits: counts (kinds, experts) in, numbers out."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def mutual_information(counts: Tensor) -> float:
    """I(kind; expert) of counts (kinds, experts), each kind counting as much as any other."""
    return float(_bits(counts))


def _bits(counts: Tensor) -> Tensor:
    """counts (..., kinds, experts) -> (...)."""
    counts = counts.double()
    shares = counts / counts.sum(-1, keepdim=True).clamp(min=1)
    own = torch.special.entr(shares).sum(-1).mean(-1)
    found: Tensor = (torch.special.entr(shares.mean(-2)).sum(-1) - own).clamp(min=0) / math.log(2)
    return found


def apart(one: Tensor, other: Tensor) -> Tensor:
    """The Jensen-Shannon divergence of two loads (..., e), 0 to 1 bit: what an expert says of which of both it was."""
    return _bits(torch.stack([one, other], -2))
