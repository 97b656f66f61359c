"""What is trained: a projector and a small decoder (LLaVA), or gated cross-attention into one left as it is (Flamingo).

Liu et al. 2023, "Visual Instruction Tuning"; Alayrac et al. 2022, "Flamingo". features (b, 64, FEATURES) of the tower;
patches (b, 64, width): the same, projected; h (b, n, width): what a layer is given.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from genai_demo.vlm import words
from genai_demo.vlm.tower import FEATURES

WIDTH, LAYERS, HEADS, WIDE = 128, 4, 4, 352
HIDDEN = 256  # of the projector
CROSS_WIDE = 256  # of the feed-forward layers beside the cross-attention
SPREAD = 0.04  # deviation of the first weights
SHAPE: dict[str, Any] = {
    "hidden_size": WIDTH,
    "intermediate_size": WIDE,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": HEADS,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
    "initializer_range": SPREAD,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e6},  # most of a head turns too slowly to matter
    "attn_implementation": "eager",  # with masks that differ by row the others are slower on a processor
}


def decoder() -> Any:
    """Llama's network in small with random weights, over the words of the picture world."""
    known = words.numbers()
    ends = {"pad_token_id": None, "bos_token_id": None, "eos_token_id": known[words.END]}
    return LlamaForCausalLM(LlamaConfig(vocab_size=len(known), **ends, **SHAPE))


class Projector(nn.Sequential):
    """Two layers: what the tower says of a patch -> a vector as long, and at first as large, as those of words."""

    def __init__(self, width: int = WIDTH) -> None:
        last = nn.Linear(HIDDEN, width)
        super().__init__(nn.Linear(FEATURES, HIDDEN), nn.GELU(), last)
        nn.init.normal_(last.weight, std=SPREAD / 2)
        nn.init.zeros_(last.bias)


class Crossing(nn.Module):
    """h + tanh(gate) * attention to the patches, then h + tanh(gate) * feed-forward; both gates begin at 0."""

    def __init__(self, width: int = WIDTH, heads: int = HEADS) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.seen, self.after = (nn.RMSNorm(width, eps=1e-6) for _ in range(3))
        self.query, self.out = (nn.Linear(width, width, bias=False) for _ in range(2))
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.forth, self.back = nn.Linear(width, CROSS_WIDE), nn.Linear(CROSS_WIDE, width)
        self.gates = nn.Parameter(torch.zeros(2))  # of the attention, of the feed-forward layer
        with torch.no_grad():  # at first a word looks for patches that are like it
            self.key_value.weight[:width].copy_(self.query.weight)

    def forward(self, h: Tensor, patches: Tensor) -> Tensor:
        """h (b, n, width), patches (b or 1, 64, width) -> (b, n, width)."""
        open_, wide = self.gates.tanh().unbind()
        h = h + open_ * self.attended(h, patches)
        more: Tensor = self.back(F.gelu(self.forth(self.after(h))))
        return h + wide * more

    def attended(self, h: Tensor, patches: Tensor) -> Tensor:
        """What each place takes from the patches."""
        key, value = self.key_value(self.seen(patches)).chunk(2, -1)
        q, k, v = (self._split(part) for part in (self.query(self.norm(h)), key, value))
        found = F.scaled_dot_product_attention(q, k.expand(len(q), -1, -1, -1), v.expand(len(q), -1, -1, -1))
        out: Tensor = self.out(found.transpose(1, 2).flatten(2))
        return out

    def weights(self, h: Tensor, patches: Tensor) -> Tensor:
        """What each place looks at: (b, heads, n, 64), rows add up to 1."""
        key, _ = self.key_value(self.seen(patches)).chunk(2, -1)
        q, k = self._split(self.query(self.norm(h))), self._split(key)
        found: Tensor = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)
        return found

    def _split(self, x: Tensor) -> Tensor:
        found: Tensor = x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        return found  # (b, n, width) -> (b, heads, n, width / heads)


class Gated(nn.Module):
    """A layer of the decoder with a Crossing in front; without patches it is the layer alone."""

    def __init__(self, layer: nn.Module, width: int = WIDTH, heads: int = HEADS) -> None:
        super().__init__()
        self.layer, self.crossing = layer, Crossing(width, heads)

    def forward(self, hidden_states: Tensor, patches: Tensor | None = None, **more: Any) -> Any:
        if patches is not None:
            hidden_states = self.crossing(hidden_states, patches)
        return self.layer(hidden_states, **more)


def gated(network: Any) -> Any:
    """The decoder itself, each layer with a Crossing in front; its own weights are frozen."""
    network.requires_grad_(False)
    network.model.layers = nn.ModuleList(Gated(layer) for layer in network.model.layers)
    return network


def crossings(network: Any) -> list[Crossing]:
    """Those of a gated decoder; none of any other."""
    return [layer.crossing for layer in network.model.layers if isinstance(layer, Gated)]
