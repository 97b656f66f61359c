"""A translator of a few thousand random numbers in the place of the trained one: the same class; it spells."""

from __future__ import annotations

import functools
from collections.abc import Callable
from unittest.mock import patch

import torch

from genai_demo.core.device import seeded
from genai_demo.seq2seq import corpus as corpora
from genai_demo.seq2seq import model

SMALL = {
    "d_model": 16,
    "encoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 24,
    "decoder_ffn_dim": 24,
    "init_std": 0.5,
}
TEXTS = [chr(code) * 2 for code in range(33, 127)] + ["the cat sat on the mat", "le chat est sur le tapis"] * 4


@functools.cache
def tiny() -> model.Translator:
    """One for all tests of a process."""
    pieces = corpora.tokenizer_of(iter(TEXTS))
    with patch.dict(model.CONFIG, SMALL), seeded(0):
        net = model.network(pieces.get_vocab_size())
    return model.Translator(net, pieces).to(torch.float32).eval().requires_grad_(False)


STAND_INS: dict[str, Callable[[], model.Translator]] = {}  # runs of whole recipes use the bundled one
