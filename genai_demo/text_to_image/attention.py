"""What the words of a prompt look at, and the patches of a picture at each other: attention, seen without changing it.

Every attention is computed by diffusers' own processor; where somebody watches, its shares are computed once more
beside it, as DAAM does (Tang et al. 2023). So the latents are the same bit for bit, watched or not.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
import torch.nn.functional as F
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from torch import Tensor

FINEST = 16  # cells along a side of a map that is shown


class Watching(Protocol):
    """Is told of every attention of a network, in their order, and gives what it collected as maps."""

    def see(self, attn: Attention, hidden: Tensor, features: Tensor | None) -> None:
        """hidden (b, cells, c) asks; features (b, words, c) answer, None where the cells themselves do."""

    def maps(self, width: int, height: int) -> Tensor:
        """Of latents of that size."""


class Watcher:
    """Collects the shares of attention of some rows of a batch. rows: which; also: features (1, m, c) of further words,

    which are looked for but not drawn: their keys stand behind those of the prompt when shares are counted.
    """

    def __init__(self, rows: list[int], also: Tensor | None = None) -> None:
        self.rows, self.also = rows, also
        self.found: dict[int, list[Tensor]] = {}  # cells -> (rows, cells, words) of each layer

    def see(self, attn: Attention, hidden: Tensor, features: Tensor | None) -> None:
        """Counts one layer's shares, a mean over its heads. hidden (b, cells, c); features (b, words, c)."""
        if features is None:
            return
        hidden, features = hidden[self.rows], features[self.rows]
        if self.also is not None:
            features = torch.cat([features, self.also.to(features.dtype).expand(len(features), -1, -1)], 1)
        shares = shares_of(attn, hidden, features)
        self.found.setdefault(shares.shape[1], []).append(shares)

    def maps(self, width: int, height: int) -> Tensor:
        """Of the finest layers, their mean: (rows, words, FINEST or finer, as wide in proportion), on the CPU."""
        cells, layers = max(self.found.items())
        shares = torch.stack(layers).mean(0)
        down = round((width * height / cells) ** 0.5)  # latent pixels along the side of a cell
        shares = shares.transpose(1, 2).unflatten(2, (height // down, width // down))
        finer = max(1, FINEST // (height // down))
        return F.interpolate(shares, scale_factor=finer, mode="bilinear", align_corners=False).cpu()


class Neighbours:
    """What the patches of a transformer take from each other: of one row of a batch, in one block, counted from 0."""

    def __init__(self, row: int, block: int) -> None:
        self.row, self.block = row, block
        self.blocks = 0  # that have been seen
        self.shares: Tensor | None = None

    def see(self, attn: Attention, hidden: Tensor, features: Tensor | None) -> None:
        """Counts the shares of its block, a mean over its heads. hidden (b, patches, c)."""
        if features is not None:
            return
        if self.blocks == self.block:
            asking = hidden[self.row : self.row + 1]
            self.shares = shares_of(attn, asking, asking)[0]
        self.blocks += 1

    def maps(self, width: int, height: int) -> Tensor:
        """(patches that ask, patches that are looked at), each row's sum 1, on the CPU."""
        assert self.shares is not None, "there is no such block"
        return self.shares.cpu()


def shares_of(attn: Attention, hidden: Tensor, features: Tensor) -> Tensor:
    """What each of hidden (b, n, c) takes from each of features (b, m, c): (b, n, m), a mean over heads."""
    query, key = (
        part.unflatten(-1, (attn.heads, -1)).transpose(1, 2).float()
        for part in (attn.to_q(hidden), attn.to_k(features))
    )
    shares: Tensor = (query @ key.transpose(-1, -2) * attn.scale).softmax(-1).mean(1)
    return shares


class Watched(AttnProcessor2_0):  # type: ignore[misc]
    """diffusers' processor, beside which a watcher may look."""

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
        watcher: Watching | None = None,
    ) -> Any:
        if watcher is not None:
            watcher.see(attn, hidden_states, encoder_hidden_states)
        return super().__call__(attn, hidden_states, encoder_hidden_states, attention_mask, temb)
