"""A state space without selection, S4D (Gu et al. 2022): how it forgets does not depend on what it reads.

Each channel has `state` complex numbers that turn and fade at fixed rates; so a whole text is one convolution with a
fixed kernel. It stands in the blocks of Mamba-2's network, in place of the selective part.

x (b, l, d): what comes in; the kernel (d, l).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from transformers.models.mamba2.modeling_mamba2 import MambaRMSNormGated


class S4D(nn.Module):
    """u (b, l, width) -> the same shape. The gate and the norm are those of Mamba-2."""

    def __init__(self, width: int, inner: int, state: int) -> None:
        super().__init__()
        self.in_proj = nn.Linear(width, 2 * inner, bias=False)
        self.log_dt = nn.Parameter(torch.rand(inner) * (math.log(0.1) - math.log(0.001)) + math.log(0.001))
        self.log_a = nn.Parameter(torch.full((inner, state), math.log(0.5)))
        self.turn = nn.Parameter(math.pi * torch.arange(state).expand(inner, state).clone().float())
        self.out_of = nn.Parameter(torch.randn(inner, state, 2) / math.sqrt(2))  # real and imaginary
        self.skip = nn.Parameter(torch.ones(inner))
        self.norm = MambaRMSNormGated(inner, inner)
        self.out_proj = nn.Linear(inner, width, bias=False)

    def forward(self, u: Tensor, **_: Any) -> Tensor:
        gate, x = self.in_proj(u).chunk(2, -1)
        y = convolved(x.float(), self.kernel(x.shape[1])) + self.skip * x
        found: Tensor = self.out_proj(self.norm(y.to(x.dtype), gate))
        return found

    def rates(self) -> tuple[Tensor, Tensor]:
        """What is left of each number of the state after a token, and how much of a token comes in, complex (d, n).

        Zero-order hold: the input counts as level while a token lasts.
        """
        a = torch.complex(-self.log_a.float().exp(), self.turn.float())
        kept = torch.exp(self.log_dt.float().exp()[:, None] * a)
        return kept, (kept - 1) / a

    @property
    def state_bytes(self) -> int:
        """Of what it keeps of a text of any length, written token by token: complex numbers of single precision."""
        return 8 * self.log_a.numel()

    def kernel(self, length: int) -> Tensor:
        """(d, l) float32: how a token is heard so many tokens later."""
        kept, comes_in = self.rates()
        powers = torch.exp(kept.log()[..., None] * torch.arange(length, device=kept.device))
        weights = torch.view_as_complex(self.out_of.float().contiguous()) * comes_in
        return 2 * (weights[:, None] @ powers)[:, 0].real

    def recurrent(self, x: Tensor) -> Tensor:
        """The same as the convolution with the kernel and the skip, token by token; x (b, l, d) float32."""
        kept, comes_in = self.rates()
        weights = torch.view_as_complex(self.out_of.float().contiguous())
        now = torch.zeros(x.shape[0], *kept.shape, dtype=kept.dtype)
        found = []
        for i in range(x.shape[1]):
            now = kept * now + comes_in * x[:, i, :, None]
            found.append(2 * (weights * now).sum(-1).real)
        return torch.stack(found, 1) + self.skip * x


def convolved(x: Tensor, kernel: Tensor) -> Tensor:
    """x (b, l, d) with kernel (d, l), looking back only; by Fourier transform."""
    size = 2 * x.shape[1]
    product = torch.fft.rfft(x.transpose(1, 2), n=size) * torch.fft.rfft(kernel, n=size)
    found: Tensor = torch.fft.irfft(product, n=size)[..., : x.shape[1]].transpose(1, 2)
    return found


def swap(network: Any, state: int) -> Any:
    """Mamba-2's network with S4D in each block."""
    config = network.config
    for block in network.backbone.layers:
        block.mixer = S4D(config.hidden_size, int(config.expand * config.hidden_size), state)
    return network
