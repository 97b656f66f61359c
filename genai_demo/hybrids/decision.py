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
from transformers import DecisionTransformerConfig, DecisionTransformerModel, DynamicCache

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
        times = self.network.embed_timestep.weight[: actions.shape[1]]
        kinds = (self._return(to_go), self._state(states), self._action(actions))
        said, attentions = self._through(torch.stack([each + times for each in kinds], 2).flatten(1, 2), None)
        return said[:, 1::3], attentions

    def begin(self) -> DynamicCache:
        """What `after` remembers of an episode."""
        return DynamicCache(config=self.network.config)

    def after(
        self, memory: DynamicCache, step: int, done: Tensor | None, to_go: Tensor, states: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The next step of an episode: what was done before it (b,), then to_go (b,) and states (b, STATE).

        -> logits of the next action (b, ACTIONS), and of each layer what the heads attend to (b, heads, tokens so far).
        As `forward`, but each token passes once.
        """
        times = self.network.embed_timestep.weight
        new = [self._return(to_go) + times[step], self._state(states) + times[step]]
        if done is not None:
            new.insert(0, self._action(done) + times[step - 1])
        said, attentions = self._through(torch.stack(new, 1), memory)
        return said[:, -1], tuple(each[:, :, -1] for each in attentions)

    def _through(self, x: Tensor, memory: DynamicCache | None) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Tokens (b, n, wide) -> what follows each (b, n, ACTIONS), attentions. Only the parts that are asked for here:

        the network would also say which state and which return come next.
        """
        n, past = x.shape[1], memory.get_seq_length() if memory else 0
        later = torch.full((n, past + n), -torch.inf, dtype=x.dtype, device=x.device).triu(past + 1)
        out = self.network.encoder(
            inputs_embeds=self.network.embed_ln(x),
            attention_mask=later[None, None],
            position_ids=torch.zeros(1, n, dtype=torch.long, device=x.device),  # the times are in the tokens
            cache=memory,
            use_cache=memory is not None,
            output_attentions=True,
        )
        return self.network.predict_action(out.last_hidden_state), out.attentions

    def _return(self, to_go: Tensor) -> Tensor:
        told = to_go if self.asked else torch.zeros_like(to_go)
        out: Tensor = self.network.embed_return(told.to(self.network.dtype)[..., None] / SCALE)
        return out

    def _state(self, states: Tensor) -> Tensor:
        out: Tensor = self.network.embed_state(states.to(self.network.dtype))
        return out

    def _action(self, actions: Tensor) -> Tensor:
        out: Tensor = self.network.embed_action(F.one_hot(actions, len(grid.ACTIONS)).to(self.network.dtype))
        return out


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
