"""A decoder that goes on with a tune, on the same tokens as the VAE (Huang et al. 2018, Music Transformer, in small).

x: steps (b, t) of up to STEPS, each window beginning with a bar, so that a place says where in its bar it lies.
Transformers' own GPT-2.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import DynamicCache, GPT2Config, GPT2LMHeadModel

from genai_demo.core.device import generator
from genai_demo.data.tunes import BAR, VOCABULARY
from genai_demo.language.samplers import Candidates, cooled, draw, top_p

BARS = 8
STEPS = BARS * BAR
BEGIN = VOCABULARY  # stands before the first step
SIZE: dict[str, Any] = {"n_embd": 128, "n_layer": 3, "n_head": 4}


class TuneDecoder(nn.Module):
    """x (b, t) -> logits (b, t + 1, VOCABULARY): before each of its steps, and behind the last."""

    def __init__(self) -> None:
        super().__init__()
        self.network: Any = GPT2LMHeadModel(
            GPT2Config(
                **SIZE,
                vocab_size=VOCABULARY + 1,
                n_positions=STEPS + 1,
                resid_pdrop=0.1,
                embd_pdrop=0.0,
                attn_pdrop=0.0,
                bos_token_id=BEGIN,
                eos_token_id=None,
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.network(F.pad(x, (1, 0), value=BEGIN), use_cache=False).logits[..., :VOCABULARY]
        return out

    def spoken(
        self, given: Tensor, until: int, *, temperature: float, share: float, seed: int
    ) -> Iterator[tuple[int, Candidates]]:
        """Goes on with given (t,) to `until` steps: the token of each, and what could be taken, likeliest first.

        share: top-p. The keys and values of what came before are kept.
        """
        random, device = generator(seed), given.device
        cache, ids = DynamicCache(), F.pad(given, (1, 0), value=BEGIN)[None]
        for _ in range(until - len(given)):
            with torch.inference_mode():
                out = self.network(input_ids=ids, cache=cache, use_cache=True, logits_to_keep=1)
                logits = out.logits[0, -1, :VOCABULARY].float().cpu()
                values, order = logits.sort(descending=True, stable=True)
                left = top_p(cooled(Candidates(order, values), temperature), share)
                token = draw(left, float(torch.rand((), generator=random)))
                ids = torch.tensor([[token]], device=device)
            yield token, left


def loss(model: TuneDecoder, x: Tensor) -> Tensor:
    """Nats a step, mean."""
    return F.cross_entropy(model(x)[:, :-1].float().flatten(0, 1), x.flatten())


def build(path: Path) -> TuneDecoder:
    """The network whose weights `path` holds; the output's are the embedding's."""
    model = TuneDecoder()
    found = {name: tensor.float() for name, tensor in load_file(path).items()}
    model.load_state_dict(found, strict=False)
    model.network.tie_weights()
    return model.eval()


def example(model: TuneDecoder, batch: int) -> Any:
    """One small call."""
    return model(torch.zeros(batch, BAR, dtype=torch.long, device=next(model.parameters()).device))


class Grams:
    """What follows the last `order` - 1 tokens, counted; of a row that was never seen a shorter one tells (add 1 of
    the shorter one's share: Witten-Bell). The control beside the decoder."""

    def __init__(self, windows: np.ndarray, order: int) -> None:
        self.order = order
        self.counts: dict[tuple[int, ...], np.ndarray] = {}
        for row in windows.tolist():
            for place, token in enumerate(row):
                for length in range(min(order, place + 1)):
                    known = tuple(row[place - length : place])
                    if known not in self.counts:
                        self.counts[known] = np.zeros(VOCABULARY, np.float32)
                    self.counts[known][token] += 1

    def chances(self, known: tuple[int, ...]) -> np.ndarray:
        """(VOCABULARY,) of the next token."""
        found = np.full(VOCABULARY, 1 / VOCABULARY)
        for length in range(min(self.order, len(known) + 1)):
            counts = self.counts.get(known[len(known) - length :])
            if counts is not None:
                kinds = np.count_nonzero(counts)
                found = (counts + kinds * found) / (counts.sum() + kinds)
        return found

    def nats(self, windows: np.ndarray) -> float:
        """Of a token, mean."""
        total = [
            -np.log(self.chances(tuple(row[max(0, k - self.order + 1) : k]))[token])
            for row in windows.tolist()
            for k, token in enumerate(row)
        ]
        return float(np.mean(total))
