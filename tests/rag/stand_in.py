"""A sentence embedder of a few thousand random numbers in the place of MiniLM: the same classes, the same vocabulary.

Its words mean nothing, yet texts that share words lie near each other: enough for finding.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import torch

from genai_demo.core.device import seeded
from genai_demo.rag.embed import Embedder, build
from genai_demo.rag.library import Entry

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = ("the", "of", "model", "network", "cat", "dog", "fish", "moon", "ship", "river", "bread", "stone")
WIDTH = 32


def save(folder: Path) -> Path:
    """A BERT of width 32, two layers, that spells: its pieces are letters and some words; the folder."""
    from transformers import BertConfig, BertModel, BertTokenizer

    letters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    vocabulary = [*SPECIALS, *letters, *(f"##{letter}" for letter in letters), *WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=128,
        initializer_range=0.2,
    )
    with seeded(0):
        network = BertModel(config)
    network.save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@functools.cache
def tiny() -> Embedder:
    """One for all tests of a process."""
    with tempfile.TemporaryDirectory(prefix="genai-demo-tiny-") as folder:
        return build(str(save(Path(folder)))).to(torch.float32).eval().requires_grad_(False)


STAND_INS = {"rag/minilm": tiny}
QUICK = {"rag/chunk": {"text": "The moon is a stone. It goes round the earth. " * 3}}

ANIMALS = "# Animals\n\nThe cat eats fish. A cat sleeps by day.\n\n## Dogs\n\nThe dog guards a ship."
FOOD = "# Food\n\nBread is baked of flour.\n\n## Fish\n\nFish is eaten by a river."
SKY = "# Sky\n\nThe moon is a stone that goes round the earth.\n\n## Tides\n\nThe moon moves the sea."
ENTRIES = (Entry("animals", "Animals", ANIMALS), Entry("food", "Food", FOOD, ("Meals",)), Entry("sky", "Sky", SKY))
