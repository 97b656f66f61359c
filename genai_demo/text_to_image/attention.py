"""What the words of a prompt look at: cross-attention, seen without changing it (as DAAM, Tang et al. 2023, does).

Every attention of the U-Net is computed by diffusers' own processor; where somebody watches, its shares are computed
once more beside it. So the latents are the same bit for bit, watched or not.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from torch import Tensor

FINEST = 16  # cells along a side of a map that is shown


class Watcher:
    """Collects the shares of attention of some rows of a batch. rows: which; also: features (1, m, c) of further words,

    which are looked for but not drawn: their keys stand behind those of the prompt when shares are counted.
    """

    def __init__(self, rows: list[int], also: Tensor | None = None) -> None:
        self.rows, self.also = rows, also
        self.found: dict[int, list[Tensor]] = {}  # cells -> (rows, cells, words) of each layer

    def see(self, attn: Attention, hidden: Tensor, features: Tensor) -> None:
        """Counts one layer's shares, a mean over its heads. hidden (b, cells, c); features (b, words, c)."""
        hidden, features = hidden[self.rows], features[self.rows]
        if self.also is not None:
            features = torch.cat([features, self.also.to(features.dtype).expand(len(features), -1, -1)], 1)
        query, key = (
            part.unflatten(-1, (attn.heads, -1)).transpose(1, 2).float()
            for part in (attn.to_q(hidden), attn.to_k(features))
        )
        shares = (query @ key.transpose(-1, -2) * attn.scale).softmax(-1).mean(1)
        self.found.setdefault(shares.shape[1], []).append(shares)

    def maps(self, width: int, height: int) -> Tensor:
        """Of the finest layers, their mean: (rows, words, FINEST or finer, as wide in proportion), on the CPU."""
        cells, layers = max(self.found.items())
        shares = torch.stack(layers).mean(0)
        down = round((width * height / cells) ** 0.5)  # latent pixels along the side of a cell
        shares = shares.transpose(1, 2).unflatten(2, (height // down, width // down))
        finer = max(1, FINEST // (height // down))
        return F.interpolate(shares, scale_factor=finer, mode="bilinear", align_corners=False).cpu()


class Watched(AttnProcessor2_0):  # type: ignore[misc]
    """diffusers' processor, beside which a watcher may look."""

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
        watcher: Watcher | None = None,
    ) -> Any:
        if watcher is not None and encoder_hidden_states is not None:
            watcher.see(attn, hidden_states, encoder_hidden_states)
        return super().__call__(attn, hidden_states, encoder_hidden_states, attention_mask, temb)
