"""Models of a few thousand random numbers in the place of those on the hub, each as its folder gives it back."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from typing import Any

from safetensors import safe_open
from transformers import BambaConfig, BambaForCausalLM, Mamba2Config, Mamba2ForCausalLM, MambaConfig, MambaForCausalLM

from genai_demo.core.device import seeded
from genai_demo.language.shipped import tokenizer_of
from genai_demo.quality.cards import weights
from genai_demo.ssm.network import StateModel, build

COMMON: dict[str, Any] = {
    "vocab_size": 4096,
    "hidden_size": 16,
    "bos_token_id": None,
    "eos_token_id": 0,
    "pad_token_id": 0,
}


def mamba2() -> Any:
    sizes = {"num_heads": 4, "head_dim": 8, "state_size": 6, "num_hidden_layers": 2, "n_groups": 1, "chunk_size": 32}
    return Mamba2ForCausalLM(Mamba2Config(**COMMON, **sizes, expand=2))


def mamba() -> Any:
    return MambaForCausalLM(MambaConfig(**COMMON, state_size=6, num_hidden_layers=2))


def bamba() -> Any:
    sizes = {"num_attention_heads": 2, "num_key_value_heads": 2, "intermediate_size": 24, "mamba_chunk_size": 32}
    mixed = {"num_hidden_layers": 3, "attn_layer_indices": [1], "mamba_n_heads": 4, "mamba_d_state": 6}
    return BambaForCausalLM(BambaConfig(**COMMON, **sizes, **mixed))


MAKERS: dict[str, Callable[[], Any]] = {"ssm/mamba2-130m": mamba2, "ssm/mamba-130m": mamba, "ssm/bamba-9b": bamba}


@functools.cache
def tiny(key: str = "ssm/mamba2-130m") -> StateModel:
    """One of each for all tests of a process; the tokenizer is that of the weights shipped."""
    with safe_open(weights("ssm/mamba2"), "pt") as file:
        pieces = tokenizer_of(file.metadata()["tokenizer"])
    with tempfile.TemporaryDirectory(prefix="genai-demo-tiny-") as folder:
        with seeded(0):
            MAKERS[key]().save_pretrained(folder)
        pieces.save_pretrained(folder)
        return build(folder).eval().requires_grad_(False)


STAND_INS = {key: functools.partial(tiny, key) for key in MAKERS}
QUICK = {
    "ssm/state": {"text": "the file of the library", "layer": 1, "head": 1},
    "ssm/hidden": {"text": "the file of the library"},
    "ssm/tasks": {"every": 25},
    "ssm/compare": {"max_new_tokens": 3},
}
