"""Networks of random numbers in the place of the real ones: a BERT as wide and deep as MiniLM, so that heads fit, which
spells and knows some words; one of amino acids."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import torch

from genai_demo.core.device import seeded
from genai_demo.encoder.masked import MaskedModel
from genai_demo.encoder.model import Encoder, build
from genai_demo.encoder.proteins import LETTERS as LETTERS_OF_PROTEINS
from genai_demo.encoder.proteins import reading

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = ("the", "a", "of", "cat", "dog", "sat", "on", "river", "town", "bank")
LETTERS = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
VOCABULARY = (*SPECIALS, *LETTERS, *(f"##{letter}" for letter in LETTERS), *WORDS)
CONFIG = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 192,
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


@functools.cache
def tiny_protein() -> MaskedModel:
    """A masked language model with AntiBERTy's vocabulary."""
    from transformers import BertConfig, BertForMaskedLM

    signs = (*SPECIALS, *sorted(LETTERS_OF_PROTEINS))
    with tempfile.TemporaryDirectory(prefix="genai-demo-tiny-") as folder:
        vocabulary = Path(folder) / "vocab.txt"
        vocabulary.write_text("\n".join(signs) + "\n")
        with seeded(0):
            network = BertForMaskedLM(BertConfig(**{**CONFIG, "vocab_size": len(signs), "num_hidden_layers": 2}))
        return reading(network, vocabulary).requires_grad_(False)


STAND_INS = {"encoder/minilm": tiny, "encoder/antiberty": tiny_protein}
