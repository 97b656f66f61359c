"""Networks with experts of a few thousand random numbers, of three classes of the hub, each read from a folder."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers import (
    MixtralConfig,
    MixtralForCausalLM,
    OlmoeConfig,
    OlmoeForCausalLM,
    Qwen2MoeConfig,
    Qwen2MoeForCausalLM,
)

from genai_demo.core.device import seeded
from genai_demo.language.model import LanguageModel
from genai_demo.language.shipped import tokenizer_of
from genai_demo.moe.network import build
from genai_demo.quality.cards import weights

SMALL: dict[str, Any] = {
    "vocab_size": 4096,
    "hidden_size": 16,
    "intermediate_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "num_experts_per_tok": 2,
    "max_position_embeddings": 320,
    "initializer_range": 0.4,
    "bos_token_id": None,
    "eos_token_id": 0,
    "pad_token_id": None,
}


def mixtral() -> Any:
    return MixtralForCausalLM(MixtralConfig(**SMALL, num_local_experts=4, sliding_window=None))


def olmoe() -> Any:
    return OlmoeForCausalLM(OlmoeConfig(**SMALL, num_experts=6, norm_topk_prob=False))


def qwen() -> Any:
    sizes = {
        "num_experts": 5,
        "moe_intermediate_size": 12,
        "shared_expert_intermediate_size": 8,
        "mlp_only_layers": [0],
    }
    return Qwen2MoeForCausalLM(Qwen2MoeConfig(**{**SMALL, "num_hidden_layers": 3}, **sizes, norm_topk_prob=False))


MAKERS: dict[str, Callable[[], Any]] = {"mixtral": mixtral, "olmoe": olmoe, "qwen": qwen}


@functools.cache
def tiny(name: str = "mixtral") -> LanguageModel:
    """One for all tests of a process, as its folder gives it back; the tokenizer is that of the weights shipped."""
    with safe_open(weights("moe/top2"), "pt") as file:
        pieces = tokenizer_of(file.metadata()["tokenizer"])
    with tempfile.TemporaryDirectory(prefix="genai-demo-tiny-") as folder:
        with seeded(0):
            MAKERS[name]().save_pretrained(Path(folder))
        pieces.save_pretrained(folder)
        return build(folder).to(torch.float32).eval().requires_grad_(False)


STAND_INS: dict[str, Any] = {}  # runs of whole recipes use the bundled one
QUICK = {
    "moe/topk": {"text": "the file", "stretches": 1},
    "moe/capacity": {"text": "the file of the library"},
    "moe/words": {"layer": 1, "stretches": 2},
    "moe/train": {"steps": 50},
    "moe/twins": {"text": "the file", "times": 3},
    "moe/force": {"text": "the file", "layer": 1, "off": "1", "max_new_tokens": 2},
}
