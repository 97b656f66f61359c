"""Small language models that keep a state, and two beside them, in classes of Transformers.

    mamba2   selective state spaces (Dao & Gu 2024)
    s4       the same blocks with S4D (s4.py), which forgets the same whatever it reads
    hybrid   Bamba's network: Mamba-2 layers and one of attention, as Jamba mixes them (Lieber et al. 2024)
    attention   a decoder of the same size, Mistral's network: the dense twin of moe/model.py

ids (b, n).
"""

from __future__ import annotations

from typing import Any

from transformers import (
    BambaConfig,
    BambaForCausalLM,
    Mamba2Config,
    Mamba2ForCausalLM,
    MistralConfig,
    MistralForCausalLM,
)

from genai_demo.language.corpus import VOCABULARY
from genai_demo.ssm.s4 import swap
from genai_demo.ssm.scan import CHUNK

WIDTH, STATE = 160, 32
S4_STATE = 16  # complex numbers a channel
COMMON: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "tie_word_embeddings": True,
    "pad_token_id": None,
    "bos_token_id": None,
    "eos_token_id": 0,
}
MAMBA: dict[str, Any] = {
    "num_hidden_layers": 8,
    "num_heads": 10,
    "head_dim": 32,
    "state_size": STATE,
    "n_groups": 1,
    "chunk_size": CHUNK,
    "expand": 2,
}
HYBRID: dict[str, Any] = {
    "num_hidden_layers": 5,
    "attn_layer_indices": [2],
    "intermediate_size": 240,
    "num_attention_heads": 5,
    "num_key_value_heads": 5,
    "mamba_n_heads": 10,
    "mamba_d_state": STATE,
    "mamba_chunk_size": CHUNK,
    "max_position_embeddings": 4096,
}
ATTENTION: dict[str, Any] = {
    "num_hidden_layers": 4,
    "intermediate_size": 480,
    "num_attention_heads": 5,
    "num_key_value_heads": 5,
    "max_position_embeddings": 4096,
    "sliding_window": None,
}


def mamba2() -> Any:
    """Mamba-2's network with random weights."""
    return Mamba2ForCausalLM(Mamba2Config(**COMMON, **MAMBA))


def s4() -> Any:
    """Its blocks with S4D in each, with random weights."""
    return swap(mamba2(), S4_STATE)


def hybrid() -> Any:
    """Bamba's network with random weights."""
    return BambaForCausalLM(BambaConfig(**COMMON, **HYBRID))


def attention() -> Any:
    """Mistral's network with random weights."""
    return MistralForCausalLM(MistralConfig(**COMMON, **ATTENTION))
