"""Which piece of a text another piece translates: IBM's model 1 (Brown et al. 1993), learnt from pairs by counting.

A training guides the decoder's attention with it (Chen et al. 2016; Garg et al. 2019), so that the attention shown
says what a piece was made from.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

SAME = 0.1  # what a piece that stands for itself, as names do, has beforehand


def lexicon(batches: Iterable[tuple[Tensor, Tensor]], vocabulary: int, passes: int = 3) -> Tensor:
    """Batches of what is read (b, s) and written (b, t), 0 where there is nothing -> chances (vocabulary, vocabulary).

    Row: a piece that is read; column: one that is written. Expectation-maximisation; the batches are read `passes`
    times.
    """
    kept = list(batches)
    table = torch.full((vocabulary, vocabulary), 1 / vocabulary)
    table.diagonal().add_(SAME)
    for _ in range(passes):
        counts = torch.zeros_like(table)
        for read, write in kept:
            counts.view(-1).index_add_(0, _cells(read, write, vocabulary), guide(table, read, write).mT.reshape(-1))
        table = counts / counts.sum(1, keepdim=True).clamp(min=1e-6)
        table.diagonal().add_(SAME)
    return table


def guide(table: Tensor, read: Tensor, write: Tensor) -> Tensor:
    """For each piece written, which piece read it comes from: (b, t, s), each row adds up to 1, or to 0 for padding."""
    chances = table[read[:, :, None], write[:, None, :]].mT  # (b, t, s)
    chances = chances * (read != 0)[:, None, :] * (write != 0)[:, :, None]
    return chances / chances.sum(-1, keepdim=True).clamp(min=1e-12)


def _cells(read: Tensor, write: Tensor, vocabulary: int) -> Tensor:
    """The places in the flat table of all pairs of pieces, in the order (b, s, t)."""
    return (read[:, :, None] * vocabulary + write[:, None, :]).reshape(-1)
