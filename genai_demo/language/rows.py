"""Rows of token numbers, as trainings gather them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Rows of numbers, (n, longest) int64, 0 behind the shorter ones."""
    out = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for i, row in enumerate(rows):
        out[i, : len(row)] = torch.tensor(row)
    return out


def thin(rows: Sequence[Any], most: int) -> list[Any]:
    """At most so many, evenly spaced."""
    return list(rows[:: max(1, -(-len(rows) // most))])
