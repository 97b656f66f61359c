"""A language model of a few thousand random numbers in the place of the one that is fetched: same classes."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import torch

from genai_demo.decoder.model import LanguageModel, build
from genai_demo.decoder.text import byte_of
from genai_demo.device import seeded

MERGES = ["t h", "th e", "i n", "a n", "e r", "Ġ t", "Ġt h", "Ġth e", "Ġ a", "Ġ s", "o n", "r e"]
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def save(folder: Path, layers: int = 3) -> Path:
    """A LLaMA of width 32, four heads, two of keys and values, with a byte-level tokenizer; the folder."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = list(byte_of())
    vocabulary = {token: i for i, token in enumerate([*SPECIALS, *letters, *("".join(m.split()) for m in MERGES)])}
    inner = Tokenizer(models.BPE(vocab=vocabulary, merges=[tuple(m.split()) for m in MERGES]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<|im_start|>", eos_token="<|im_end|>", unk_token="<|endoftext|>"
    )
    tokenizer.chat_template = TEMPLATE
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=32, intermediate_size=48, num_hidden_layers=layers,
        num_attention_heads=4, num_key_value_heads=2, head_dim=8, max_position_embeddings=512, eos_token_id=2,
        bos_token_id=1, pad_token_id=2, tie_word_embeddings=True, initializer_range=0.2,
    )  # fmt: skip
    with seeded(0):
        network = LlamaForCausalLM(config)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def language_model(folder: Path) -> LanguageModel:
    """The tiny model, loaded from the folder as one of the hub is."""
    return build(str(save(folder))).to(torch.float32).eval().requires_grad_(False)


@functools.cache
def tiny() -> LanguageModel:
    """One for all tests of a process."""
    with tempfile.TemporaryDirectory(prefix="genai-demo-tiny-") as folder:
        return language_model(Path(folder))
