"""An encoder (Devlin et al. 2018, "BERT"): the layers of a Transformer that reads both ways, and its tokenizer.

ids (t,): token numbers, those for start and end at its ends.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genai_demo.core.errors import DemoError
from genai_demo.language.text import FOREIGN, byte_of, clean, foreign, refuse_empty

CONTEXT = 512  # tokens that are read at most
SHORT, PIECES = 4, 1.8  # words, pieces a word: past these a text is unlike the training
UNKNOWN = "[UNK]"
PUNCTUATION = frozenset(".,;:!?)]}'’")


class Encoder(nn.Module):
    """`network`: a BertModel or RobertaModel; `tokenizer`: its own. Nothing changes it: it serves every visitor."""

    def __init__(self, network: Any, tokenizer: Any) -> None:
        super().__init__()
        self.network = network
        self.start, self.end = tokenizer.cls_token_id, tokenizer.sep_token_id
        self.control: frozenset[int] = frozenset(tokenizer.all_special_ids)
        self.context = min(CONTEXT, network.config.max_position_embeddings - 2)
        self.pieces = tokenizer.backend_tokenizer
        self.pieces.no_padding()
        self.pieces.no_truncation()
        self.pieces.encode_special_tokens = True  # "[SEP]" in a text is five letters and two brackets
        self.letters: frozenset[str] = frozenset()  # of a vocabulary that has a token for each letter, and no others
        self.bytes = "Ġ" in "".join(self.pieces.get_vocab())  # a byte-level vocabulary, as RoBERTa's
        self._shown = functools.lru_cache(maxsize=50_000)(self._show)

    def forward(self, ids: Tensor) -> Tensor:
        """ids (batch, t) -> the vectors after the last layer (batch, t, width)."""
        states: Tensor = self.network(input_ids=ids).last_hidden_state
        return states

    def encode(self, text: str) -> list[int]:
        """Start, the tokens of a text, end. Raises DemoError where it is empty or too long."""
        refuse_empty(text)
        ids = self.pieces.encode(clean(text), add_special_tokens=False).ids
        if not ids:
            raise DemoError("text has no words; write a few")
        if len(ids) + 2 > self.context:
            raise DemoError(f"text makes {len(ids) + 2} tokens; the model reads {self.context}, shorten it")
        return [self.start, *ids, self.end]

    def piece(self, number: int) -> str:
        """A token as running text: with the blank before it, where one stands there."""
        return self._shown(number)

    def _show(self, number: int) -> str:
        token = str(self.pieces.id_to_token(number))
        if number in self.control:
            return f" {token}"
        if self.bytes:
            letters = byte_of()
            return bytes(letters[sign] for sign in token if sign in letters).decode("utf-8", "replace")
        if token.startswith("##"):
            return token[2:]
        return token if token in PUNCTUATION else f" {token}"

    def name(self, number: int) -> str:
        """A token by itself, as a row or a column is called: a piece inside a word begins with ##."""
        return self.piece(number).strip() if self.bytes else str(self.pieces.id_to_token(number))


def unlike(model: Encoder, text: str, ids: Sequence[int]) -> str:
    """What is to be said of a text that is unlike what the model has read; "" for English, or its own letters."""
    strange = sum(model.piece(number).strip() == UNKNOWN for number in ids) > FOREIGN * (len(ids) - 2)
    if model.letters:
        return (
            "It reads amino acids, a capital letter each; few of these are any: this means little." if strange else ""
        )
    if foreign(text):
        return "Most of these letters are of a script that it has hardly read: what is shown means little."
    if strange and not any(map(str.isalpha, text)):
        return f"It has no word for these signs: it reads {UNKNOWN} in their place, and this means little."
    words = text.split()
    pieces = (len(ids) - 2) / max(1, len(words))
    if len(words) >= SHORT and pieces > PIECES:
        return f"It knows few of these words ({pieces:.1f} pieces each): it has read English; this means little."
    return ""


def build(place: Path | str) -> Encoder:
    """The model of a weights file with its config.json and vocab.txt beside it, of a folder, or of the hub."""
    from transformers import AutoModel, AutoTokenizer, BertModel, BertTokenizer

    if isinstance(place, Path):
        network: Any = BertModel.from_pretrained(place.parent, add_pooling_layer=False)
        return Encoder(network, BertTokenizer.from_pretrained(place.parent))
    return Encoder(AutoModel.from_pretrained(place, add_pooling_layer=False), AutoTokenizer.from_pretrained(place))


def example(model: Encoder, batch: int = 1) -> Tensor:
    """One pass over a short text, (batch, t, width)."""
    ids = model.encode("The cat sat on the mat.")
    found: Tensor = model(torch.tensor([ids] * batch, device=next(model.parameters()).device))
    return found
