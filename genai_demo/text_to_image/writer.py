"""A picture written like a text, code by code (DALL-E, Ramesh et al. 2021): a transformer over words, then codes.

The words come as features of the picture world's text encoder; behind them stand the codes of quantized.py, row by row.
features (b, WORDS, WIDTH); codes (b, n) int64 with n from 0 to 63 -> logits (b, n + 1, CODES) of each next code.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import DynamicCache, LlamaConfig, LlamaModel

from genai_demo.text_to_image import denoiser, quantized, studio
from genai_demo.text_to_image.autoencoder import SIDE, as_pictures
from genai_demo.text_to_image.quantized import CODES, GRID
from genai_demo.text_to_image.studio import Studio

CONFIG: dict[str, Any] = {
    "hidden_size": 256,
    "intermediate_size": 640,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "vocab_size": CODES,
    "max_position_embeddings": 256,
}


class Writer(nn.Module):
    """The transformer; the last of its logits are of the code that comes next. It shares in- and output vectors."""

    def __init__(self) -> None:
        super().__init__()
        width = CONFIG["hidden_size"]
        self.words = nn.Linear(denoiser.WIDTH, width)
        self.begin = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.places = nn.ParameterList([nn.Parameter(torch.randn(GRID, width) * 0.02) for _ in range(2)])
        self.model: Any = LlamaModel(LlamaConfig(**CONFIG))

    def forward(self, features: Tensor, codes: Tensor) -> Tensor:
        first = torch.cat([self.words(features), self.begin.expand(len(features), 1, -1)], 1)
        hidden = self.model(inputs_embeds=torch.cat([first, self.embedded(codes, 0)], 1), use_cache=False)
        return self.said(hidden.last_hidden_state[:, features.shape[1] :])

    def begun(self, features: Tensor) -> tuple[Tensor, Any]:
        """-> logits of the first code (b, CODES), and what `after` needs to go on."""
        first = torch.cat([self.words(features), self.begin.expand(len(features), 1, -1)], 1)
        cache = DynamicCache(config=self.model.config)
        hidden = self.model(inputs_embeds=first, cache=cache, use_cache=True).last_hidden_state
        return self.said(hidden[:, -1]), cache

    def after(self, codes: Tensor, at: int, cache: Any) -> Tensor:
        """codes (b,) at place `at` -> logits of the next one (b, CODES); the cache grows."""
        embedded = self.embedded(codes[:, None], at)
        hidden = self.model(inputs_embeds=embedded, cache=cache, use_cache=True).last_hidden_state
        return self.said(hidden[:, -1])

    def embedded(self, codes: Tensor, at: int) -> Tensor:
        """(b, n) from place `at` on -> (b, n, width): of each code, its row and its column."""
        rows, columns = self.places
        place = torch.arange(at, at + codes.shape[1], device=codes.device)
        found: Tensor = self.model.embed_tokens(codes) + rows[place // GRID] + columns[place % GRID]
        return found

    def said(self, hidden: Tensor) -> Tensor:
        return nn.functional.linear(hidden, self.model.embed_tokens.weight).float()


class Codes(nn.Module):
    """Both tokenizers, the writer over FSQ's codes, and the latent model, whose reader and judge they use."""

    def __init__(self, latent: Studio, vq: Any, fsq: Any, writer: Writer) -> None:
        super().__init__()
        self.latent, self.vq, self.fsq, self.writer = latent, vq, fsq, writer

    @functools.cached_property
    def looks(self) -> np.ndarray:
        """Of each code of FSQ, how it is drawn with the same one on all sides: (CODES, 8, 8, 3)."""
        device, around = self.writer.begin.device, 3
        every = torch.arange(CODES, device=device)[:, None].expand(-1, around * around)
        cell = SIDE // GRID
        parts = [quantized.picture_of(self.fsq, part, around)[:, :, cell:-cell, cell:-cell] for part in every.split(50)]
        return as_pictures(torch.cat(parts))


def empty() -> Writer:
    """The transformer with random weights, in evaluation mode."""
    return Writer().eval()


def build(path: Path) -> Codes:
    """The bundled model from the writer's file, beside which the tokenizers and the latent model lie."""
    writer = empty()
    writer.load_state_dict(studio.floats(path))
    vq, fsq = (quantized.build(path.with_name(f"{way}.safetensors"), way) for way in quantized.WAYS)
    return Codes(studio.build(path.with_name("denoiser.safetensors")), vq, fsq, writer)


@torch.inference_mode()
def example(model: Codes, batch: int = 1) -> Tensor:
    """Asks each part once, so that their blocks can be traced."""
    words = model.latent.features(torch.zeros(batch, denoiser.WORDS, dtype=torch.long))
    codes = torch.zeros(batch, GRID * GRID, dtype=torch.long, device=words.device)
    model.writer(words, codes[:, :-1])
    for net in (model.vq, model.fsq):
        found = quantized.picture_of(net, codes)
        quantized.codes_of(net, found.to(net.dtype))
    return found
