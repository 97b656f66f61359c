"""A masked language model (Devlin et al. 2018, "BERT"): an encoder with a head that names hidden tokens.

ids (t,): token numbers, those for start and end at its ends; states (t, width); logits (places, vocabulary) float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok
from genai_demo.encoder import bundle
from genai_demo.encoder.model import Encoder
from genai_demo.encoder.options import MASK
from genai_demo.language.text import clean

VOCABULARY = "vocab.txt"


class MaskedModel(Encoder):
    """`network`: an AutoModelForMaskedLM; `tokenizer`: its own. Nothing changes it: it serves every visitor."""

    def __init__(self, network: Any, tokenizer: Any) -> None:
        super().__init__(network, tokenizer)
        self.mask = tokenizer.mask_token_id

    def forward(self, ids: Tensor) -> Tensor:
        """ids (batch, t) -> logits (batch, t, vocabulary)."""
        logits: Tensor = self.network(input_ids=ids).logits
        return logits

    def encode(self, text: str) -> list[int]:
        """Start, the tokens of a text, end; [MASK] is the mask. Raises DemoError where it is empty or too long."""
        parts = clean(text).split(MASK)
        if len(parts) == 1:
            return super().encode(text)
        ids = [self.start]
        for place, part in enumerate(parts):
            if place:
                ids.append(self.mask)
            plain = part.rstrip() if self.bytes and place < len(parts) - 1 else part
            ids += self.pieces.encode(plain, add_special_tokens=False).ids
        if len(ids) + 1 > self.context:
            raise DemoError(f"text makes {len(ids) + 1} tokens; the model reads {self.context}, shorten it")
        return [*ids, self.end]

    def _show(self, number: int) -> str:
        return f" {MASK}" if number == self.mask else super()._show(number)

    def states(self, ids: Sequence[int]) -> Tensor:
        """(t, width) after the last layer."""
        device = next(self.network.parameters()).device
        found: Tensor = self.network.base_model(input_ids=torch.tensor([ids], device=device)).last_hidden_state
        return found[0]

    def read_out(self, states: Tensor) -> Tensor:
        """(places, width) -> logits (places, vocabulary) float32: only these places go through the output layer."""
        net = self.network
        if hasattr(net, "cls"):
            found = net.cls(states)
        elif hasattr(net, "lm_head"):
            found = net.lm_head(states)
        else:
            found = net.vocab_projector(net.vocab_layer_norm(net.activation(net.vocab_transform(states))))
        logits: Tensor = found.float()
        return logits

    def at(self, ids: Sequence[int], places: Sequence[int]) -> Tensor:
        """Logits (places, vocabulary) float32; what is no word (start, end, the mask itself) is out of the question."""
        logits = self.read_out(self.states(ids)[list(places)])
        logits[:, sorted(self.control)] = -torch.inf
        return logits

    def masked(self, ids: Sequence[int]) -> list[int]:
        """The places that are hidden."""
        return [place for place, number in enumerate(ids) if number == self.mask]


def gaps(model: MaskedModel, ids: Sequence[int]) -> list[int]:
    """The places that are hidden. Raises DemoError where there are none."""
    found = model.masked(ids)
    if not found:
        raise DemoError(f"text has no {MASK}; click a word to hide it, or write {MASK} in its place")
    return found


def best(model: MaskedModel, logits: Tensor, count: int) -> tuple[Tok, ...]:
    """The likeliest tokens by logits (vocabulary,), with their probabilities."""
    chances, ids = logits.softmax(0).topk(min(count, len(logits)))
    return tuple(Tok(model.name(i), p, id=i) for p, i in zip(chances.tolist(), ids.tolist(), strict=True))


def entropy(logits: Tensor) -> Tensor:
    """(places, vocabulary) -> nats, (places,)."""
    found: Tensor = torch.distributions.Categorical(logits=logits, validate_args=False).entropy()
    return found


def build(place: Path | str) -> MaskedModel:
    """The model of a bundled file with those beside it, of a folder, or of the hub. Float32, no dropout."""
    from transformers import AutoModelForMaskedLM, AutoTokenizer, BertConfig, BertForMaskedLM, BertTokenizer

    if not isinstance(place, Path):
        network: Any = AutoModelForMaskedLM.from_pretrained(place)
        return MaskedModel(network.eval(), AutoTokenizer.from_pretrained(place))
    state, config = bundle.read(place)
    with torch.device("meta"):
        network = BertForMaskedLM(BertConfig(**config))
    network.load_state_dict(state, strict=False, assign=True)
    network.bert.embeddings.position_ids = torch.arange(network.config.max_position_embeddings)[None]
    network.bert.embeddings.token_type_ids = torch.zeros(1, network.config.max_position_embeddings, dtype=torch.long)
    network.tie_weights()
    return MaskedModel(network.eval(), BertTokenizer(str(place.with_name(VOCABULARY))))


def example(model: MaskedModel, batch: int = 1) -> Tensor:
    """One pass over a short text, (batch, t, vocabulary)."""
    ids = model.encode(f"The cat sat on the {MASK}.")
    found: Tensor = model(torch.tensor([ids] * batch, device=next(model.network.parameters()).device))
    return found
