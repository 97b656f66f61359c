"""Masked diffusion of text: the dense twin of the page of experts, reading both ways, learns to fill what is hidden.

Masked diffusion language models (Sahoo et al. 2024, "MDLM"; Shi et al. 2024): at time t each token is hidden with
probability t, and the network says what stood there. Its loss, weighed by 1 / t, is a bound of the nats of a text, so
that it can be compared with a decoder, whose nats are exact. Here both are the same network of the same size, trained
on the same text for as many steps; the one reads all of it, the other what is to the left.

ids (b, n): tokens, HIDDEN where one is hidden.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import MistralConfig, MistralForCausalLM

from genai_demo.core.device import generator
from genai_demo.language.corpus import VOCABULARY
from genai_demo.language.shipped import parts
from genai_demo.moe.model import SHAPE, WIDE

HIDDEN = VOCABULARY  # the token that hides another
CONFIG: dict[str, Any] = {**SHAPE, "vocab_size": VOCABULARY + 1, "intermediate_size": 2 * WIDE}
DRAWS = 4  # times at which a text is measured
LEAST = 0.01  # of a time: below it hardly anything is hidden, and the weight grows without bound


def network() -> Any:
    """The network with random weights."""
    return MistralForCausalLM(MistralConfig(**CONFIG, sliding_window=None))


def filled(network: Any, ids: Tensor) -> Tensor:
    """(b, n) -> logits (b, n, VOCABULARY) of what stands at each place, read both ways."""
    n = ids.shape[1]
    sight = torch.zeros(len(ids), 1, n, n, device=ids.device, dtype=network.dtype)  # nothing is out of sight
    logits: Tensor = network(ids, attention_mask=sight, use_cache=False).logits
    return logits[..., :VOCABULARY]


def bound(network: Any, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Nats a token of ids (b, n), at most, twice. What is hidden is drawn by a number made of the ids themselves."""
    ids = ids[:, 1:]  # as many as a decoder says
    random = generator(int(ids.sum()))
    values = [_at(network, ids, random) for _ in range(1 if network.training else DRAWS)]
    value = torch.stack(values).mean()
    return value, value


def _at(network: Any, ids: Tensor, random: torch.Generator) -> Tensor:
    """At one time a row, spread evenly over the rows (Kingma et al. 2021), so that the estimate varies less."""
    even = (torch.rand(1, generator=random) + torch.arange(len(ids)) / len(ids)) % 1
    t = even.clamp(min=LEAST)[:, None]
    hidden = (torch.rand(ids.shape, generator=random) < t).to(ids.device)
    logits = filled(network, ids.masked_fill(hidden, HIDDEN))
    nats = F.cross_entropy(logits.float().transpose(1, 2), ids, reduction="none")
    return (nats * hidden / t.to(ids.device)).mean()


class Filler(nn.Module):
    """Network and tokenizer, as they are shipped."""

    def __init__(self, network: Any, tokenizer: Any) -> None:
        super().__init__()
        self.network, self.tokenizer = network, tokenizer

    def forward(self, ids: Tensor) -> Tensor:
        """As of `filled`."""
        return filled(self.network, ids)


def build(path: Path) -> Filler:
    """The network whose weights `path` holds, with its tokenizer."""
    return Filler(*parts(path, {path.stem: network}))


def example(model: Filler, batch: int) -> Tensor:
    """One small call."""
    found: Tensor = model(torch.full((batch, 8), HIDDEN, device=model.network.device))
    return found
