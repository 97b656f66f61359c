"""Byte-pair encoding by hand (Sennrich et al. 2016): which pairs are joined, one after another, until tokens are left.

The pairs and their order are those of the model's own tokenizer; so is the cutting into words before.
A word is a list of symbols; a symbol is a text in the tokenizer's letters, one letter a byte at first.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from genai_demo.language.model import LanguageModel
from genai_demo.language.text import CUT, byte_of, clean, guarded, visible

Pair = tuple[str, str]
Words = list[list[str]]


@functools.lru_cache(maxsize=2)
def ranks(tokenizer: Any) -> Mapping[Pair, int]:
    """Each pair that may be joined -> its rank, 0 first; none where the tokenizer is of another kind."""
    plain = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    merges = plain.get("merges", []) if plain.get("type") == "BPE" else []
    return {tuple(m.split(" ", 1) if isinstance(m, str) else m): i for i, m in enumerate(merges)}


def first_words(model: LanguageModel, text: str) -> Words:
    """The text cut into words as the tokenizer does it, each into its letters."""
    inner = model.tokenizer.backend_tokenizer
    words = []
    for part in guarded(clean(text), model.specials).split(CUT):
        part = inner.normalizer.normalize_str(part) if inner.normalizer else part
        words += [list(word) for word, _ in inner.pre_tokenizer.pre_tokenize_str(part)] if inner.pre_tokenizer else []
    return words


def best_pair(words: Words, rank: Mapping[Pair, int]) -> Pair | None:
    """The neighbours of the lowest rank; None where none may be joined."""
    pairs = {pair for word in words for pair in itertools.pairwise(word) if pair in rank}
    return min(pairs, key=rank.__getitem__, default=None)


def joined(word: Sequence[str], pair: Pair) -> list[str]:
    """The word with that pair joined wherever it stands, from the left."""
    out: list[str] = []
    for symbol in word:
        if out and (out[-1], symbol) == pair:
            out[-1] += symbol
        else:
            out.append(symbol)
    return out


def merging(words: Words, rank: Mapping[Pair, int]) -> Iterator[tuple[Pair, Words]]:
    """One pair after another, by rank, with the words as they are then."""
    while pair := best_pair(words, rank):
        words = [joined(word, pair) for word in words]
        yield pair, words


def seen(symbol: str) -> str:
    """A symbol as a person can see it."""
    letters = byte_of()
    if all(letter in letters for letter in symbol):
        return visible(bytes(letters[letter] for letter in symbol))
    return symbol.replace("\u2581", " ")
