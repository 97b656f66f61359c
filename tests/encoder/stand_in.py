"""A BERT of random numbers in the place of MiniLM, as wide and deep, so that its heads fit; it spells, and knows some
words."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import torch

from genai_demo.core.device import seeded
from genai_demo.encoder.model import Encoder, build

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = ("the", "a", "of", "cat", "dog", "sat", "on", "river", "town", "bank")
LETTERS = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
VOCABULARY = (*SPECIALS, *LETTERS, *(f"##{letter}" for letter in LETTERS), *WORDS)
CONFIG = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 48,
    "max_position_embeddings": 400,
    "initializer_range": 0.06,
}


def save(folder: Path) -> Path:
    """Weights, configuration and vocabulary in a folder. -> the file of weights."""
    from transformers import BertConfig, BertModel, BertTokenizer

    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    with seeded(0):
        BertModel(BertConfig(**CONFIG)).save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder / "model.safetensors"


@functools.cache
def tiny() -> Encoder:
    """One for all tests of a process."""
    with tempfile.TemporaryDirectory(prefix="genai-demo-tiny-") as folder:
        return build(save(Path(folder))).to(torch.float32).eval().requires_grad_(False)


STAND_INS = {"encoder/minilm": tiny}
