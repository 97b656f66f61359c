"""What the frames of flows share: the plane in cells, the density, the plane of noise as lines, the ledger."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import Tok
from genai_demo.flow.couplings import Flow
from genai_demo.quality.laboratory import LIMIT

CELLS = 48  # a side of the heat
LINES, ALONG = 13, 41  # lines of the lattice each way, points along each
SPREAD = 2.5  # how far the lattice reaches, in standard deviations of the noise
NOISE_LIMIT = 3.6  # of lanes that show noise
NOISE_AXES = ("z, first number", "z, second number")


@functools.cache
def cells(side: int = CELLS) -> Tensor:
    """Centres of the heat's cells, (side ** 2, 2), row 0 with the largest y."""
    across = (torch.arange(side) + 0.5) * (2 * LIMIT / side) - LIMIT
    return torch.stack(torch.meshgrid(across, across.flip(0), indexing="xy"), -1).reshape(-1, 2)


@torch.no_grad()
def density(flow: Flow, side: int = CELLS) -> np.ndarray:
    """p(x) in the middle of each cell, (side, side)."""
    return heat(flow.log_prob(cells(side)))


def heat(log_p: Tensor) -> np.ndarray:
    """p(x) of all cells, (side ** 2,) -> (side, side); what is no number counts as 0."""
    found: np.ndarray = torch.nan_to_num(log_p.exp(), 0.0, 0.0, 0.0).reshape(math.isqrt(len(log_p)), -1).numpy()
    return found


@functools.cache
def lattice() -> Tensor:
    """Lines across the plane of noise, (2 * LINES, ALONG, 2), even in steps."""
    along = torch.linspace(-SPREAD, SPREAD, ALONG)
    at = torch.linspace(-SPREAD, SPREAD, LINES)
    z = torch.zeros(2, LINES, ALONG, 2)
    z[0, :, :, 0], z[0, :, :, 1] = along, at[:, None]
    z[1, :, :, 1], z[1, :, :, 0] = along, at[:, None]
    return z.flatten(0, 1)


@functools.cache
def circles() -> np.ndarray:
    """One and two standard deviations of the noise, (2, 49, 2)."""
    angle = np.linspace(0, 2 * np.pi, 49)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    return np.stack([circle, 2 * circle]).astype(np.float32)


def held(x: Tensor, limit: float = 1e6) -> np.ndarray:
    """An array of its own, with numbers only: what ran off to infinity lies at the limit."""
    found: np.ndarray = torch.nan_to_num(x, limit, limit, -limit).clamp(-limit, limit).numpy().copy()
    return found


def ledger(dets: Mapping[int, float], noise: float | None) -> tuple[Tok, ...]:
    """A row for each log-determinant (layer -> nats), log N(z) where z is known, and their sum, in nats."""
    values = [(f"layer {k}, moves {'yx'[k % 2]}" if k else "move and scale", value) for k, value in dets.items()]
    if noise is not None:
        values.append(("log N(z)", noise))
    total = math.fsum(value for _, value in values)
    most = max((abs(value) for _, value in [*values, ("", total)]), default=0.0) or 1.0
    rows = [Tok(name, share=abs(value) / most, value=value) for name, value in values]
    return (*rows, Tok("their sum", share=abs(total) / most, value=total, kind="best"))
