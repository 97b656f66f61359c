"""CLIP (Radford et al. 2021): two towers, one for pictures and one for texts, whose outputs are compared by cosine.

The small model trained here is a configuration of open_clip, models/atlas-clip.json, registered with it under its file
name and made by its factory, as the large ones are.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors import safe_open
from torch import Tensor, nn

from genai_demo.clip.words import Words
from genai_demo.core.training import halved, write_weights

NAME = "atlas-clip"
TABLE = "token_embedding.weight"
MULTIPLE = 8  # lengths of texts are rounded up to one of it: the kernels of each new length have to be made first
CONFIGS = Path(__file__).parent / "models"


class Clip(nn.Module):
    """net: of open_clip; tokenizer: texts -> (n, context) int64; prepare: a PIL picture -> (3, side, side) float32."""

    def __init__(
        self, net: nn.Module, tokenizer: Callable[..., Tensor], prepare: Callable[[Image.Image], Tensor]
    ) -> None:
        super().__init__()
        self.net: Any = net
        self.tokenizer, self.prepare = tokenizer, prepare
        self.tokens = functools.lru_cache(maxsize=64)(tokenizer)  # of a tuple of texts, which is read and then judged
        self._short = _written_out(net)

    def forward(self, pictures: Tensor, tokens: Tensor) -> Tensor:
        """pictures (n, 3, side, side), tokens (m, context) -> cosines (n, m)."""
        seen, read, *_ = self.net(pictures, tokens)
        cosines: Tensor = seen @ read.T
        return cosines

    @property
    def temperature(self) -> float:
        """Cosines are divided by it before the softmax."""
        return 1 / float(self.net.logit_scale.detach().exp())

    def _weight(self) -> Tensor:
        weight: Tensor = next(self.net.visual.parameters())
        return weight

    @torch.inference_mode()
    def embed_pictures(self, pictures: Sequence[np.ndarray | Image.Image]) -> np.ndarray:
        """(h, w, 3) uint8 each -> (n, d) float32 of length 1."""
        opened = (p if isinstance(p, Image.Image) else Image.fromarray(p) for p in pictures)
        weight = self._weight()
        batch = torch.stack([self.prepare(picture) for picture in opened]).to(weight.device, weight.dtype)
        return _unit(self.net.encode_image(batch))

    @torch.inference_mode()
    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, d) float32 of length 1. A text alone is read only up to its end."""
        tokens = self.tokens(tuple(texts)).to(self._weight().device)
        alone = len(texts) == 1 and self._short
        return _unit(text_features(self.net, tokens) if alone else self.net.encode_text(tokens))


def _unit(features: Tensor) -> np.ndarray:
    """(n, d) in any precision -> float32 of length 1."""
    found: np.ndarray = F.normalize(features.float(), dim=-1).cpu().numpy()
    return found


@contextlib.contextmanager
def _unlogged(text: str) -> Iterator[None]:
    """Inside, log records that begin with `text` are dropped: open_clip warns of what is meant here."""

    def keep(record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(text)

    root = logging.getLogger()
    root.addFilter(keep)
    try:
        yield
    finally:
        root.removeFilter(keep)


@functools.cache
def register() -> None:
    """Tell open_clip of this project's configurations; once is enough."""
    open_clip.add_model_config(CONFIGS)


def config() -> dict[str, Any]:
    """The small model's configuration, as open_clip reads it."""
    found: dict[str, Any] = json.loads((CONFIGS / f"{NAME}.json").read_text())
    return found


def untrained(table: Tensor | None = None) -> Any:
    """The random network, made by open_clip. table (vocabulary, width): its token embedding, frozen."""
    register()
    with _unlogged(
        f"No pretrained weights loaded for model '{NAME}'"
    ):  # they come afterwards, from this project's own file
        net: Any = open_clip.create_model(NAME)
    if table is not None:
        net.token_embedding.weight.data.copy_(table)
    net.token_embedding.requires_grad_(False)
    return net


def normalised(pictures: Tensor) -> Tensor:
    """(n, 3, h, w) float32 in [0, 1] -> as the picture tower wants it: CLIP's means and deviations per colour."""
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD))
    return (pictures - mean) / std


def text_features(net: Any, tokens: Tensor) -> Tensor:
    """What net.encode_text gives, computed only up to the longest text: the mask is causal, so the rest plays no part.

    tokens (n, context); the end has the highest id. -> (n, d), not normalised.
    """
    ends = tokens.argmax(1)
    tokens = tokens[:, : MULTIPLE * (int(ends.max()) // MULTIPLE + 1)]
    x = net.token_embedding(tokens) + net.positional_embedding[: tokens.shape[1]]
    for block in net.transformer.resblocks:
        x = x + block.ls_1(_causal(block.attn, block.ln_1(x)))
        x = x + block.ls_2(block.mlp(block.ln_2(x)))
    found: Tensor = net.ln_final(x[torch.arange(len(x)), ends]) @ net.text_projection
    return found


def _causal(attention: nn.MultiheadAttention, x: Tensor) -> Tensor:
    """Self-attention of x (n, tokens, width) in which no token looks behind itself: torch's, without its mask."""
    packed = F.linear(x, attention.in_proj_weight, attention.in_proj_bias)
    queries, keys, values = packed.unflatten(-1, (3, attention.num_heads, -1)).permute(2, 0, 3, 1, 4)
    mixed = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
    out: Tensor = attention.out_proj(mixed.transpose(1, 2).flatten(2))
    return out


def _written_out(net: Any) -> bool:
    """Whether text_features reads as this network does: causal, off at the end, with torch's attention."""
    return (
        isinstance(net, open_clip.CLIP)
        and net.text_pool_type == "argmax"
        and net.attn_mask is not None
        and isinstance(net.text_projection, Tensor)
        and all(isinstance(block.attn, nn.MultiheadAttention) for block in net.transformer.resblocks)
    )


def contrastive_loss(pictures: Tensor, texts: Tensor, scale: Tensor) -> Tensor:
    """Cross-entropy of finding the own text among all, and the own picture: the mean of both (their figure 3).

    pictures, texts (n, d), normalised, a pair a row; scale: one over the temperature.
    """
    logits, own = scale * pictures @ texts.T, torch.arange(len(pictures), device=pictures.device)
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2


def save(path: Path, state: dict[str, Tensor], vocabulary: Sequence[str]) -> None:
    """Half precision; the table of word vectors, which was never trained, in 8 bits with a scale a row."""
    kept = halved({name: value for name, value in state.items() if name != TABLE})
    table = state[TABLE].float()
    scale = table.abs().amax(1, keepdim=True).clamp(min=1e-8) / 127
    kept |= {f"{TABLE}.int8": (table / scale).round().to(torch.int8), f"{TABLE}.scale": scale.half()}
    write_weights(path, kept, {"config": json.dumps(config()), "vocabulary": json.dumps(list(vocabulary))})


def build(path: Path) -> Clip:
    """The small model from its file, float32."""
    with safe_open(path, "pt") as file:
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        vocabulary = json.loads(file.metadata()["vocabulary"])
    state[TABLE] = state.pop(f"{TABLE}.int8").float() * state.pop(f"{TABLE}.scale").float()
    net = untrained()
    net.load_state_dict({name: v.float() if v.is_floating_point() else v for name, v in state.items()})
    return wrapped(net, vocabulary)


def wrapped(net: nn.Module, vocabulary: Sequence[str]) -> Clip:
    """The small network with its tokenizer and open_clip's own preprocessing."""
    text, vision = config()["text_cfg"], config()["vision_cfg"]
    prepare = open_clip.image_transform(vision["image_size"], is_train=False)
    return Clip(net, Words(vocabulary, text["context_length"]), prepare).eval()


@torch.inference_mode()
def example(model: Clip, batch: int = 1) -> Tensor:
    """Compares grey pictures with a text, so that the blocks can be traced: -> (batch, 1)."""
    weight = model._weight()
    side = model.net.visual.image_size
    side = side[0] if isinstance(side, tuple) else side
    pictures = torch.zeros(batch, 3, side, side, device=weight.device, dtype=weight.dtype)
    found: Tensor = model(pictures, model.tokenizer(["a red house"]).to(weight.device))
    return found
