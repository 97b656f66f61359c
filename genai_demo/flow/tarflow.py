"""TarFlow (Zhai et al. 2024): a flow whose layers are transformers that read the patches in order.

x: pictures (b, 1, 28, 28) in [0, 1); tokens (b, n, d): patches of p x p, d = p * p; label (b,): class 0..9.
Each block: z_i = (x_i - t(x_<i, label)) exp(-s(x_<i, label)) (eq. 5), with a log-determinant of -sum s; the next block
reads the other way round, and its patches lie half a patch further on, so that neighbours part.
All tokens of a picture are encoded at once; decoding needs one after the other, with keys and values kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.flow.grey import Grey

SIDE = 28
BOUND = 4.0  # of log-scales


@dataclass(frozen=True, slots=True)
class TarflowConfig:
    """patches: the side of a patch in each block; layers: attention layers of a block."""

    patches: tuple[int, ...] = (4, 4, 4, 4)
    layers: int = 2
    width: int = 96
    heads: int = 3
    classes: int = 10


class Layer(nn.Module):
    """Pre-norm attention to what came before, and a perceptron."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, width))

    def forward(self, h: Tensor, kept: Tensor | None = None, at: int = 0) -> Tensor:
        """h (b, n, width); kept (2, b, heads, most, width / heads): keys and values so far, h is then token `at`."""
        b, n, width = h.shape
        qkv = self.qkv(self.norm1(h)).view(b, n, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (b, heads, n, width / heads)
        if kept is not None:
            kept[0, :, :, at], kept[1, :, :, at] = k[:, :, 0], v[:, :, 0]
            k, v = kept[:, :, :, : at + 1]
        found = F.scaled_dot_product_attention(q, k, v, is_causal=kept is None)
        h = h + self.out(found.transpose(1, 2).reshape(b, n, width))
        out: Tensor = h + self.mlp(self.norm2(h))
        return out


class Block(nn.Module):
    """One autoregressive layer of the flow. back: reads from the last patch to the first."""

    def __init__(self, config: TarflowConfig, patch: int, shift: int, back: bool) -> None:
        super().__init__()
        self.patch, self.shift, self.back, self.heads = patch, shift, back, config.heads
        self.count, size, width = (SIDE // patch) ** 2, patch**2, config.width
        self.given = nn.Linear(size, width)
        self.place = nn.Parameter(0.02 * torch.randn(self.count, width))
        self.label = nn.Embedding(config.classes, width)
        self.layers = nn.ModuleList(Layer(width, config.heads) for _ in range(config.layers))
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, 2 * size)
        nn.init.normal_(self.label.weight, std=0.02)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def tokens(self, x: Tensor) -> Tensor:
        """(b, 1, 28, 28) -> (b, n, d), in the order in which this block reads."""
        rolled = x.roll((-self.shift, -self.shift), (2, 3)) if self.shift else x
        found = F.pixel_unshuffle(rolled, self.patch).flatten(2).transpose(1, 2)
        return found.flip(1) if self.back else found

    def picture(self, tokens: Tensor) -> Tensor:
        """The way back of `tokens`."""
        side = SIDE // self.patch
        found = (tokens.flip(1) if self.back else tokens).transpose(1, 2)
        x = F.pixel_shuffle(found.unflatten(2, (side, side)), self.patch)
        return x.roll((self.shift, self.shift), (2, 3)) if self.shift else x

    def forward(self, x: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """x (b, 1, 28, 28) -> (z of that shape, log_det (b,))."""
        tokens = self.tokens(x)
        h = F.pad(self.given(tokens[:, :-1]), (0, 0, 1, 0)) + self.place + self.label(label)[:, None]
        for layer in self.layers:
            h = layer(h)
        s, t = self.moves(h)
        return self.picture((tokens - t) * (-s).exp()), -s.flatten(1).sum(1)

    def moves(self, h: Tensor) -> tuple[Tensor, Tensor]:
        """(b, n, width) -> log-scale within -BOUND..BOUND and shift of each token."""
        s, t = self.out(self.norm(h)).chunk(2, -1)
        return BOUND * torch.tanh(s / BOUND), t

    def inverse(self, z: Tensor, label: Tensor) -> Tensor:
        """The way back, token after token."""
        *_, x = self.growing(z, label)
        return x

    def growing(self, z: Tensor, label: Tensor) -> Iterator[Tensor]:
        """As `inverse`, with what is there after each row of patches."""
        tokens = self.tokens(z).clone()
        b, n, _ = tokens.shape
        kept = [tokens.new_empty(2, b, self.heads, n, self.place.shape[1] // self.heads) for _ in self.layers]
        known = self.label(label)[:, None]
        h = torch.zeros_like(known)
        for at in range(n):
            h = h + self.place[at] + known
            for layer, one in zip(self.layers, kept):
                h = layer(h, one, at)
            s, t = self.moves(h)
            tokens[:, at] = tokens[:, at] * s[:, 0].exp() + t[:, 0]
            h = self.given(tokens[:, at : at + 1])
            if (at + 1) % (SIDE // self.patch) == 0:
                yield self.picture(tokens)


class Tarflow(nn.Module):
    """Pictures of a class to noise, block by block."""

    runs_on = None, torch.float32

    def __init__(self, config: TarflowConfig, counts: Tensor | None = None) -> None:
        super().__init__()
        self.config = config
        self.classes = config.classes
        self.grey = Grey(counts)
        self.test: Any = None  # what it makes of the test pictures, once trained: pictures.Test
        self.blocks = nn.ModuleList(
            Block(config, patch, patch // 2 * (k % 2), back=bool(k % 2)) for k, patch in enumerate(config.patches)
        )

    @property
    def stops(self) -> int:
        """How many states `undo` gives: one for each row of patches of each block."""
        return sum(SIDE // patch for patch in self.config.patches)

    def encode(self, x: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """x (b, 1, 28, 28) in [0, 1), label (b,) -> (z of x's shape, log_det (b,))."""
        z, log_det = self.grey(x)
        for block in self.blocks:
            z, more = block(z, label)
            log_det = log_det + more
        return z, log_det

    def decode(self, z: Tensor, label: Tensor) -> Tensor:
        """z (b, 1, 28, 28) -> x in [0, 1]."""
        for _, found in self.undo(z, label):
            z = found
        return self.grey.inverse(z)

    def undo(self, z: Tensor, label: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Row after row, block after block, the last block first: (its name, what is there then as (b, 1, 28, 28))."""
        for k in reversed(range(len(self.blocks))):
            block: Any = self.blocks[k]
            for state in block.growing(z, label):
                yield f"block {k + 1}", state
            z = state
