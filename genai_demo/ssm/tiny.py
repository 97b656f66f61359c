"""A state space of some ten thousand parameters, its selection and its short convolution to be left out.

As in Mamba-2 (Dao & Gu 2024): a gate, a convolution over four tokens, the scan, a norm. Without selection delta, B and
C are learnt numbers, the same for every token, as in S4. u (b, l, width).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.ssm import scan

WIDTH, HEADS, CHANNELS, STATE, SEEN = 32, 4, 16, 16, 4  # SEEN: tokens that the convolution spans
SHORTEST, LONGEST = 0.003, 0.3  # delta at first


class Mixer(nn.Module):
    """u -> the same shape."""

    def __init__(self, *, selection: bool, convolution: bool) -> None:
        super().__init__()
        inner = HEADS * CHANNELS
        self.sizes = [inner, inner, *([STATE, STATE, HEADS] if selection else [])]  # gate, x, B, C, delta
        self.in_proj = nn.Linear(WIDTH, sum(self.sizes), bias=False)
        mixed = inner + 2 * STATE if selection else inner
        self.conv = nn.Conv1d(mixed, mixed, SEEN, groups=mixed, padding=SEEN - 1) if convolution else None
        dt = torch.exp(torch.empty(HEADS).uniform_(math.log(SHORTEST), math.log(LONGEST)))
        self.dt_bias = nn.Parameter(dt + torch.log(-torch.expm1(-dt)))  # softplus gives dt again
        self.log_a = nn.Parameter(torch.linspace(1, 8, HEADS).log())
        self.skip = nn.Parameter(torch.ones(HEADS))
        self.fixed = None if selection else nn.Parameter(torch.randn(2, STATE) / math.sqrt(STATE))
        self.norm = nn.RMSNorm(inner)
        self.out_proj = nn.Linear(inner, WIDTH, bias=False)

    def forward(self, u: Tensor) -> Tensor:
        shape = u.shape[:2]
        gate, mixed, dt = self.parts(self.in_proj(u))
        if self.conv is not None:
            mixed = self.conv(mixed.transpose(1, 2))[..., : shape[1]].transpose(1, 2)
        mixed = F.silu(mixed)
        x = mixed[..., : HEADS * CHANNELS].unflatten(-1, (HEADS, CHANNELS))
        into, out_of = (
            mixed[..., HEADS * CHANNELS :].split(STATE, -1)
            if self.fixed is None
            else (one.expand(*shape, -1) for one in self.fixed)
        )
        dt = F.softplus(dt + self.dt_bias).expand(*shape, -1)
        y = scan.parallel(x, dt, -self.log_a.exp(), into, out_of, self.skip).flatten(2)
        found: Tensor = self.out_proj(self.norm(y * F.silu(gate)))
        return found

    def parts(self, projected: Tensor) -> tuple[Tensor, Tensor, Tensor | float]:
        """The gate, what the convolution runs over, and what is added to delta."""
        gate, rest = projected.split([self.sizes[0], sum(self.sizes[1:])], -1)
        if self.fixed is not None:
            return gate, rest, 0.0
        return gate, rest[..., :-HEADS], rest[..., -HEADS:]


class Attending(nn.Module):
    """u -> the same shape: attention in the scan's place, between the same gate, convolution and norm; no positions."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = HEADS * CHANNELS
        self.in_proj = nn.Linear(WIDTH, 4 * self.inner, bias=False)
        self.conv = nn.Conv1d(3 * self.inner, 3 * self.inner, SEEN, groups=3 * self.inner, padding=SEEN - 1)
        self.norm = nn.RMSNorm(self.inner)
        self.out_proj = nn.Linear(self.inner, WIDTH, bias=False)

    def forward(self, u: Tensor) -> Tensor:
        gate, mixed = self.in_proj(u).split([self.inner, 3 * self.inner], -1)
        mixed = F.silu(self.conv(mixed.transpose(1, 2))[..., : u.shape[1]])  # (b, 3 h p, l)
        query, key, value = mixed.unflatten(1, (3, HEADS, CHANNELS)).transpose(-1, -2).unbind(1)  # each (b, h, l, p)
        y = F.scaled_dot_product_attention(query, key, value, is_causal=True).transpose(1, 2).flatten(2)
        found: Tensor = self.out_proj(self.norm(y) * F.silu(gate))
        return found


class Tiny(nn.Module):
    """ids (b, l) -> logits (b, l, symbols)."""

    def __init__(
        self, symbols: int, layers: int, *, selection: bool = True, convolution: bool = True, attention: bool = False
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(symbols, WIDTH)
        nn.init.normal_(self.embedding.weight, std=0.5)
        self.mixers = nn.ModuleList(
            Attending() if attention else Mixer(selection=selection, convolution=convolution) for _ in range(layers)
        )
        self.norms = nn.ModuleList(nn.RMSNorm(WIDTH) for _ in range(layers + 1))
        self.head = nn.Linear(WIDTH, symbols, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        u = self.embedding(ids)
        for norm, mixer in zip(self.norms, self.mixers):
            u = u + mixer(norm(u))
        found: Tensor = self.head(self.norms[-1](u))
        return found
