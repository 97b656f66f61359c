"""Small language models with experts, and dense twins of them, in classes of Transformers.

    top2      Mixtral (Jiang et al. 2024): each token goes to 2 of 8 experts, weighed to a sum of 1
    top1      Switch's routing (Fedus et al. 2021): to 1 of 8, times its probability; OLMoE's class, which keeps that
    active    a dense network with as wide a feed-forward layer as two experts together: what a token of top2 meets
    total     a dense one as wide as all eight: what must be held in memory

ids (b, n); router logits of a layer (b * n, experts).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import (
    MistralConfig,
    MistralForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    OlmoeConfig,
    OlmoeForCausalLM,
)

from genai_demo.language.corpus import VOCABULARY

EXPERTS, WIDE = 8, 240  # experts of a layer, and units of each
BALANCE, Z = 0.02, 0.001  # weights of the losses that keep the load even and the logits small
SHAPE: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 160,
    "num_hidden_layers": 4,
    "num_attention_heads": 5,
    "num_key_value_heads": 5,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
    "pad_token_id": None,
    "bos_token_id": None,
    "eos_token_id": 0,
}
ROUTED = {"output_router_logits": True, "router_aux_loss_coef": BALANCE}  # without the first, no balance loss at all


def top2() -> Any:
    """Mixtral's network with random weights."""
    return MixtralForCausalLM(
        MixtralConfig(
            **SHAPE,
            **ROUTED,
            intermediate_size=WIDE,
            num_local_experts=EXPERTS,
            num_experts_per_tok=2,
            sliding_window=None,
        )
    )


def top1() -> Any:
    """OLMoE's network with one expert a token and its probability as the weight, with random weights."""
    config = {**SHAPE, **ROUTED, "intermediate_size": WIDE, "num_experts": EXPERTS, "num_experts_per_tok": 1}
    return OlmoeForCausalLM(OlmoeConfig(**config, norm_topk_prob=False))


def dense(wide: int) -> Any:
    """Mistral's network, which is Mixtral's with one feed-forward layer for the experts, with random weights."""
    return MistralForCausalLM(MistralConfig(**SHAPE, intermediate_size=wide, sliding_window=None))


def balanced(network: Any, ids: Tensor, *, balance: float = BALANCE, z: float = Z) -> tuple[Tensor, Tensor]:
    """The loss of a network with experts, and the part of it that is nats a token.

    The balance loss of Switch (Fedus et al. 2021), which Transformers computes, and the router's z-loss (Zoph et al.
    2022): the mean square of the log of the sum of the exponentials of its logits.
    """
    out = network(ids[:, :-1], use_cache=False, output_router_logits=True)
    nats = F.cross_entropy(out.logits.flatten(0, 1).float(), ids[:, 1:].flatten())
    return nats + balance * out.aux_loss + z * z_loss(out.router_logits), nats


def z_loss(logits: Sequence[Tensor]) -> Tensor:
    """Over all layers and tokens."""
    return torch.stack([layer.float().logsumexp(-1).square().mean() for layer in logits]).mean()
