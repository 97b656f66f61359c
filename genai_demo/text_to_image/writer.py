"""A picture written like a text, code by code (DALL-E, Ramesh et al. 2021): a transformer over words, then codes.

The words come as features of the picture world's text encoder; behind them stand the codes of quantized.py, row by row.
features (b, WORDS, WIDTH), of which the first READ are read; codes (b, n) int64 with n from 0 to 63 -> logits
(b, n + 1, CODES) of each next code.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import DynamicCache, LlamaConfig, LlamaModel

from genai_demo.text_to_image import denoiser, quantized, studio
from genai_demo.text_to_image.autoencoder import SIDE, as_pictures
from genai_demo.text_to_image.quantized import CODES, GRID
from genai_demo.text_to_image.studio import Studio

READ = 30  # words of a prompt; the longest caption in training has one less
CONFIG: dict[str, Any] = {
    "hidden_size": 256,
    "intermediate_size": 640,
    "num_hidden_layers": 4,
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
        first = self.read(features)
        hidden = self.model(inputs_embeds=torch.cat([first, self.embedded(codes, 0)], 1), use_cache=False)
        return self.said(hidden.last_hidden_state[:, first.shape[1] - 1 :])

    def begun(self, features: Tensor) -> tuple[Tensor, Any]:
        """-> logits of the first code (b, CODES), and what `after` needs to go on."""
        cache = DynamicCache(config=self.model.config)
        hidden = self.model(inputs_embeds=self.read(features), cache=cache, use_cache=True).last_hidden_state
        return self.said(hidden[:, -1]), cache

    def after(self, codes: Tensor, at: int, cache: Any) -> Tensor:
        """codes (b,) at place `at` -> logits of the next one (b, CODES); the cache grows."""
        embedded = self.embedded(codes[:, None], at)
        hidden = self.model(inputs_embeds=embedded, cache=cache, use_cache=True).last_hidden_state
        return self.said(hidden[:, -1])

    def read(self, features: Tensor) -> Tensor:
        """The words, and behind them the place from which the first code is written: (b, READ + 1, width)."""
        return torch.cat([self.words(features[:, :READ]), self.begin.expand(len(features), 1, -1)], 1)

    def embedded(self, codes: Tensor, at: int) -> Tensor:
        """(b, n) from place `at` on -> (b, n, width): of each code, its row and its column."""
        rows, columns = self.places
        place = torch.arange(at, at + codes.shape[1], device=codes.device)
        found: Tensor = F.embedding(codes, self.model.embed_tokens.weight) + rows[place // GRID] + columns[place % GRID]
        return found

    def said(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.model.embed_tokens.weight).float()


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
        parts = [self.latent.decode(quantized.latents_of(self.fsq, part, around)) for part in every.split(50)]
        return as_pictures(torch.cat(parts)[:, :, cell:-cell, cell:-cell])

    def picture(self, codes: Tensor) -> Tensor:
        """FSQ's codes (b, 64) -> (b, 3, 64, 64), float32 in [-1, 1]."""
        return self.latent.decode(quantized.latents_of(self.fsq, codes.to(self.writer.begin.device)))


class Asking:
    """Asks for the next code, guided as diffusion is: logits = free + scale * (given - free).

    given (b, WORDS, WIDTH), free (1, WORDS, WIDTH): features of the prompts, and of no words.
    """

    def __init__(self, writer: Writer, given: Tensor, free: Tensor, scale: float) -> None:
        self.writer, self.scale, self.passes = writer, scale, 0
        free = free.expand(len(given), -1, -1)
        sides = [given] if scale == 1 else [free] if scale == 0 else [free, given]
        self.sides, self.words = len(sides), torch.cat(sides).to(writer.begin.dtype)

    def chances(self, written: Tensor, temperature: float) -> Tensor:
        """Of the code after those written (b, n), one more than at the last call: (b, CODES).

        They are those of the logits themselves where temperature is 0.
        """
        n = written.shape[1]
        if n == 0:
            said, self.cache = self.writer.begun(self.words)
        else:
            last = written[:, -1].repeat(self.sides).to(self.words.device)
            said = self.writer.after(last, n - 1, self.cache)
        self.passes += self.sides
        parts = said.cpu().chunk(self.sides)
        logits = parts[0] if self.sides == 1 else parts[0] + self.scale * (parts[1] - parts[0])
        return (logits / (temperature or 1.0)).softmax(1)


def choose(chances: Tensor, luck: Tensor, temperature: float) -> Tensor:
    """(b, CODES), luck of its shape between 0 and 1 -> codes (b,), drawn by Gumbel's rule; the likeliest at 0.

    With the same luck, chances that hardly differ give the same code.
    """
    if not temperature:
        return chances.argmax(1)
    gumbel = -(-luck.clamp(1e-9, 1 - 1e-7).log()).log()
    return (chances.clamp(min=1e-30).log() + gumbel).argmax(1)


@torch.inference_mode()
def drawn(model: Codes, ids: Tensor, random: torch.Generator, *, guidance: float, temperature: float) -> Tensor:
    """A picture of each prompt (b, WORDS), written to its end: (b, 3, 64, 64)."""
    features, free = model.latent.features(ids), model.latent.features(denoiser.ids_of([""]))
    ask = Asking(model.writer, features, free, guidance)
    written = torch.zeros(len(ids), 0, dtype=torch.long)
    for _ in range(GRID * GRID):
        chances = ask.chances(written, temperature)
        taken = choose(chances, torch.rand(chances.shape, generator=random), temperature)
        written = torch.cat([written, taken[:, None]], 1)
    return model.picture(written)


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
    studio.example(model.latent, batch)
    words = model.latent.features(torch.zeros(batch, denoiser.WORDS, dtype=torch.long))
    codes = torch.zeros(batch, GRID * GRID, dtype=torch.long, device=words.device)
    model.writer(words, codes[:, :-1])
    for net in (model.vq, model.fsq):
        quantized.codes_of(net, quantized.latents_of(net, codes))
    return model.picture(codes)
