"""Text by its characters, for networks that learn to write in front of the visitor: numbers, stretches, words."""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.data.knowledge import articles

LEAST_TEXT = 400  # characters of a text of the visitor's own
MOST_CHARACTERS = 80  # different ones; what is rarer is left out of the text
HELD_OUT = 10  # the last of so many parts of the text is held out
MARKED = re.compile(r"[$|`*]")  # what has formulas, tables, code or bold words is no plain sentence
WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """What is learnt: its characters by rank, the part to learn from and the part held out, as numbers (n,)."""

    characters: str
    learnt: Tensor
    held: Tensor
    words: frozenset[str]

    def numbers(self, text: str) -> list[int]:
        """Those of its characters that are known; of others none."""
        return [self.characters.index(c) for c in text if c in self.characters]


def text_of(own: str) -> Text:
    """The visitor's text, else the articles of this app. Raises DemoError where it is too short."""
    text = re.sub(r"\s+", " ", own).strip()
    if text and len(text) < LEAST_TEXT:
        raise DemoError(f"text has {len(text)} characters; write at least {LEAST_TEXT}, or none for the articles")
    return known(text or library())


@functools.lru_cache(4)
def known(text: str) -> Text:
    """The text as numbers, its last tenth held out."""
    characters = "".join(c for c, _ in Counter(text).most_common(MOST_CHARACTERS))
    where = {c: i for i, c in enumerate(characters)}
    numbers = torch.tensor([where[c] for c in text if c in where])
    cut = len(numbers) - len(numbers) // HELD_OUT
    return Text(characters, numbers[:cut], numbers[cut:], frozenset(WORD.findall(text.lower())))


@functools.cache
def library() -> str:
    """Sentences of the library's articles, without headings, lists and formulas."""
    parts = [part for article in articles() for part in article.body.split("\n\n")]
    told = [part for part in parts if part[:1].isalpha() and not MARKED.search(part)]
    return re.sub(r"\s+", " ", " ".join(part for part in told if not part.startswith("Also called")))


def some(numbers: Tensor, context: int, count: int, random: torch.Generator) -> Tensor:
    """(count, context + 1): stretches of the text, each from a place drawn at random; shorter where the text is."""
    length = min(context + 1, len(numbers))
    starts = torch.randint(len(numbers) - length + 1, (count,), generator=random)
    return numbers[starts[:, None] + torch.arange(length)]


def entropy(text: Text) -> float:
    """What guesses by frequency in the part learnt from cost on the part held out, in nats a character."""
    counts = torch.bincount(text.learnt, minlength=len(text.characters)).float() + 1
    return float(-(counts / counts.sum()).log()[text.held].mean())
