"""A sentence embedder: BERT, the mean over its tokens, length 1 (Reimers & Gurevych 2019, "Sentence-BERT").

all-MiniLM-L6-v2 (Wang et al. 2020, "MiniLM"): 6 layers, 384 dimensions. The inner product of two texts' vectors is the
cosine of the angle between them: near 1 where they say the same, near 0 where they have nothing in common.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genai_demo.core.weights import file_hash

BATCH = 32
LONGEST = 512  # tokens of a text that are read, start and end among them
CONTROL = {code: " " for code in (*range(32), 127, *range(128, 160)) if chr(code) not in "\t\n\r"}


class Embedder(nn.Module):
    """`network`: a BertModel; `tokenizer`: its own. It serves every visitor: nothing changes it.

    identity: names the weights, so that vectors kept on disk are used with the embedder that made them alone.
    """

    def __init__(self, network: Any, tokenizer: Any, identity: str) -> None:
        super().__init__()
        self.network, self.identity = network, identity
        self.width: int = network.config.hidden_size
        self.longest = min(LONGEST, network.config.max_position_embeddings)
        self.pieces = tokenizer.backend_tokenizer
        self.pieces.no_padding()
        self.pieces.enable_truncation(self.longest)
        self.pieces.encode_special_tokens = True  # "[SEP]" in a text is five letters and two brackets
        self.pad: int = tokenizer.pad_token_id

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids, mask (n, t) -> the vector of each token, (n, t, width)."""
        hidden: Tensor = self.network(input_ids=ids, attention_mask=mask).last_hidden_state
        return hidden

    def encode(self, texts: Sequence[str], batch: int = BATCH) -> np.ndarray:
        """Unit rows (n, width) float32. Texts past `longest` tokens are cut off."""
        out = np.zeros((len(texts), self.width), np.float32)
        for places, rows in self.batches(texts, batch):
            out[places] = rows
        return out

    def batches(self, texts: Sequence[str], batch: int = BATCH) -> Iterator[tuple[list[int], np.ndarray]]:
        """(places in `texts`, their unit rows), the shortest first: texts of one length make no padding."""
        read = self.pieces.encode_batch([clean(text) for text in texts])
        order = sorted(range(len(read)), key=lambda place: len(read[place].ids))
        for start in range(0, len(order), batch):
            places = order[start : start + batch]
            with torch.inference_mode():
                ids, mask = self._padded([read[place].ids for place in places])
                hidden = self(ids, mask).float()
                weight = mask[..., None].float()
                mean = (hidden * weight).sum(1) / weight.sum(1)  # (n, t, width) -> (n, width)
                rows = nn.functional.normalize(mean, dim=1).cpu().numpy()
            yield places, rows

    @torch.inference_mode()
    def tokens_of(self, text: str) -> np.ndarray:
        """Unit rows (t, width) float32, one for each token between start and end, for late interaction.

        A text is read by itself: beside others, padded to their length, its rows would differ in the last digits.
        """
        ids, mask = self._padded([self.pieces.encode(clean(text)).ids])
        return nn.functional.normalize(self(ids, mask).float(), dim=2)[0, 1:-1].cpu().numpy()

    def ids_of(self, text: str) -> list[int]:
        """Numbers of the tokens that tokens_of has a row for."""
        return list(self.pieces.encode(clean(text)).ids[1:-1])

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """ids and mask, (n, longest of them) int64, on the model's device."""
        ids = torch.full((len(rows), max(map(len, rows))), self.pad)
        mask = torch.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor(row)
            mask[place, : len(row)] = 1
        device = self.network.device
        return ids.to(device), mask.to(device)


def clean(text: str) -> str:
    """The text without control characters (spaces in their place) and halves of characters (U+FFFD)."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.translate(CONTROL)


def build(place: Path | str) -> Embedder:
    """The embedder of a weights file with its config.json and vocab.txt beside it, of a folder, or of the hub."""
    from transformers import BertModel, BertTokenizer

    folder = place.parent if isinstance(place, Path) else place
    network = BertModel.from_pretrained(folder)
    network.pooler = None  # the mean is taken instead
    return Embedder(network, BertTokenizer.from_pretrained(folder), _identity(place, network))


def _identity(place: Path | str, network: Any) -> str:
    """The first 16 digits of a SHA-256: of the file; of the weights, where a folder or the hub holds them."""
    if isinstance(place, Path):
        return file_hash(place)[:16]
    digest = hashlib.sha256()
    for name, value in network.state_dict().items():
        digest.update(name.encode() + value.float().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def example(model: Embedder, batch: int) -> Tensor:
    """One pass over `batch` short texts: (batch, t, width)."""
    hidden: Tensor = model(*model._padded([model.pieces.encode("The cat sat on the mat.").ids] * batch))
    return hidden
