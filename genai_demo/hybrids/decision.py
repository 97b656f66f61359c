"""The Decision Transformer (Chen et al. 2021): acting as the next token, after the return that is asked for.

An episode is one sequence of three kinds of tokens, R_1 s_1 a_1 R_2 s_2 a_2 ...: the return still to go, the state, the
action. A decoder reads it and says the next action. It learns from walks of mixed quality which actions led to which
returns; asked for a return, it acts as those did that had it. transformers' own class.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import DecisionTransformerConfig, DecisionTransformerModel

from genai_demo.hybrids import grid

SCALE = 10.0  # returns are divided by it, so that they are of the size of the other numbers
SIZE: dict[str, Any] = {"hidden_size": 64, "n_layer": 2, "n_head": 4, "n_inner": 256}


class Actor(nn.Module):
    """states (b, t, STATE), actions (b, t), to_go (b, t) -> logits of the next action (b, t, ACTIONS), attentions.

    asked: False for one that sees no returns and only imitates (behaviour cloning).
    """

    def __init__(self, *, asked: bool = True) -> None:
        super().__init__()
        self.asked = asked
        self.network: Any = DecisionTransformerModel(
            DecisionTransformerConfig(
                **SIZE,
                state_dim=grid.STATE,
                act_dim=len(grid.ACTIONS),
                max_ep_len=grid.STEPS,
                action_tanh=False,
                vocab_size=1,
                n_positions=3 * grid.STEPS,
                resid_pdrop=0.0,
                embd_pdrop=0.0,
                attn_pdrop=0.0,
                attn_implementation="eager",
                bos_token_id=None,
                eos_token_id=None,
            )
        )

    def forward(self, states: Tensor, actions: Tensor, to_go: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        b, t = actions.shape
        dtype = self.network.embed_return.weight.dtype
        out = self.network(
            states=states.to(dtype),
            actions=F.one_hot(actions, len(grid.ACTIONS)).to(dtype),
            returns_to_go=(to_go if self.asked else torch.zeros_like(to_go)).to(dtype)[..., None] / SCALE,
            timesteps=torch.arange(t, device=states.device).expand(b, t),
            attention_mask=torch.ones(b, t, dtype=torch.long, device=states.device),
            output_attentions=True,
        )
        return out.action_preds, out.attentions


def loss(model: Actor, states: Tensor, actions: Tensor, to_go: Tensor) -> Tensor:
    """Cross-entropy of the actions that were taken, in nats."""
    logits, _ = model(states, actions, to_go)
    return F.cross_entropy(logits.float().flatten(0, 1), actions.flatten())


def build(path: Path) -> Actor:
    """The actor whose weights `path` holds."""
    with safe_open(path, "pt") as file:
        model = Actor(asked=json.loads((file.metadata() or {}).get("asked", "true")))
    model.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    return model


def example(model: Actor, batch: int) -> None:
    """One small call."""
    t = 3
    device = next(model.parameters()).device
    model(
        torch.zeros(batch, t, grid.STATE, device=device),
        torch.zeros(batch, t, dtype=torch.long, device=device),
        torch.zeros(batch, t, device=device),
    )
