"""Which networks the loop takes: those that keep a key and a value of each token; others are refused in a sentence."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM as Auto
from transformers import (
    Gemma2Config,
    GPT2Config,
    JambaConfig,
    Lfm2Config,
    MambaConfig,
    OpenAIGPTConfig,
    Qwen3Config,
    RwkvConfig,
)

from genai_demo.core.device import seeded
from genai_demo.core.errors import DemoError
from genai_demo.language.decode import decode
from genai_demo.language.model import LanguageModel, build
from genai_demo.language.options import Sampling

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 48, "head_dim": 8}
OLDER = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 512, "bos_token_id": 1, "eos_token_id": 2}


def saved(tiny: LanguageModel, config: Any, folder: Path) -> Path:
    """A network of a few thousand random numbers, with the tokenizer of the tiny model."""
    config.vocab_size = len(tiny.tokenizer)
    with seeded(0):
        Auto.from_config(config).save_pretrained(folder)
    tiny.tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (MambaConfig(**SMALL, state_size=4), "MambaForCausalLM"),
        (RwkvConfig(**SMALL, attention_hidden_size=32), "RwkvForCausalLM"),
        (OpenAIGPTConfig(**OLDER), "OpenAIGPTLMHeadModel"),
        (JambaConfig(**SMALL, **HEADS, num_experts=2, attn_layer_period=2, attn_layer_offset=1), "JambaForCausalLM"),
        (Lfm2Config(**SMALL, **HEADS, layer_types=["conv", "full_attention"]), "Lfm2ForCausalLM"),
    ],
    ids=["state space", "recurrent", "no cache", "hybrid", "convolution"],
)
def test_what_has_no_key_value_cache_is_refused(tiny: LanguageModel, tmp_path: Path, config: Any, name: str) -> None:
    with pytest.raises(DemoError, match=rf"{name}\b.* keeps no key and value of each token; choose .*LlamaForCausalLM"):
        build(str(saved(tiny, config, tmp_path)))


@pytest.mark.parametrize(
    "config",
    [
        Qwen3Config(**SMALL, **HEADS, max_position_embeddings=512),
        GPT2Config(**OLDER),
        Gemma2Config(**SMALL, **HEADS, max_position_embeddings=512, sliding_window=4),
    ],
    ids=["qwen", "gpt", "sliding window"],
)
def test_what_is_taken_gives_with_its_cache_the_logits_it_gives_without(
    tiny: LanguageModel, tmp_path: Path, config: Any
) -> None:
    model = build(str(saved(tiny, config, tmp_path))).float().eval().requires_grad_(False)
    ids = model.encode("the inner thing was another than the one there")
    steps = list(itertools.islice(decode(model, ids, Sampling(), seed=0, limit=6), 6))
    for step in steps:
        assert (step.logits - model(torch.tensor([ids]))[0, -1]).abs().max() < 1e-4
        ids = [*ids, step.id]
