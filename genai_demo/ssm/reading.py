"""Mamba-2 layer by layer, written out: what each of its scans is given, and what it makes of it.

Dao & Gu 2024. Names as in scan.py; b = 1, one group of heads. u (1, l, width): the tokens' vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.ssm import scan
from genai_demo.ssm.network import StateModel, mixers


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """What a text made of one layer: the scan's inputs, and its output y (1, l, h, p)."""

    x: Tensor
    dt: Tensor
    a: Tensor
    into: Tensor
    out_of: Tensor
    skip: Tensor
    y: Tensor

    @property
    def given(self) -> tuple[Tensor, ...]:
        """As the functions of scan.py take it."""
        return self.x, self.dt, self.a, self.into, self.out_of, self.skip

    def head(self, h: int) -> Selected:
        """Of one head alone."""
        one = slice(h, h + 1)
        return Selected(
            self.x[:, :, one], self.dt[..., one], self.a[one], self.into, self.out_of, self.skip[one], self.y[:, :, one]
        )


def through(found: StateModel, ids: Tensor) -> Iterator[Selected]:
    """Each layer's scan, the first layer first. Call it under torch.inference_mode."""
    u = found.network.backbone.embeddings(ids)
    for block in mixers(found):
        gate, selected = select(block.mixer, block.norm(u.to(block.norm.weight.dtype)))
        yield selected
        y = block.mixer.norm(selected.y.flatten(2), gate)
        u = u + block.mixer.out_proj(y.to(gate.dtype))


def select(mixer: Any, u: Tensor) -> tuple[Tensor, Selected]:
    """u (1, l, width), normed -> the gate (1, l, h p), and the scan."""
    length, inner, n = u.shape[1], mixer.intermediate_size, mixer.ssm_state_size
    gate, mixed, dt = mixer.in_proj(u).split([inner, inner + 2 * n, mixer.num_heads], -1)
    mixed = mixer.act(mixer.conv1d(mixed.transpose(1, 2))[..., :length].transpose(1, 2)).float()
    x, into, out_of = mixed.split([inner, n, n], -1)
    given = (
        x.unflatten(-1, (mixer.num_heads, mixer.head_dim)),
        F.softplus(dt.float() + mixer.dt_bias).clamp(*mixer.time_step_limit),
        -torch.exp(mixer.A_log.float()),
        into,
        out_of,
        mixer.D.float(),
    )
    return gate, Selected(*given, scan.parallel(*given))
