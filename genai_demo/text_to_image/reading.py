"""A visitor's prompt as a model reads it: its words, their tokens, and which words it does not know."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.frames import Tok
from genai_demo.data import emoji_told
from genai_demo.data.world import BACKGROUNDS, COLOURS
from genai_demo.data.world_kinds import KINDS, plural
from genai_demo.text_to_image import emoji_judge
from genai_demo.text_to_image.studio import Studio

WORD = re.compile(r"[^\s,.!?;:]+")
PLAIN = frozenset(
    ("a", "an", "and", "at", "in", "is", "of", "on", "or", "the", "there", "to", "with")
)  # their maps say little


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """words: those that the model reads; places: the tokens of each; unknown: left out; cut: did not fit.

    ids (1, tokens); pieces: every word as it was written, with what became of it.
    """

    words: tuple[str, ...]
    places: tuple[tuple[int, ...], ...]
    unknown: tuple[str, ...]
    cut: tuple[str, ...]
    ids: Tensor
    pieces: tuple[Tok, ...]

    @property
    def telling(self) -> list[tuple[str, tuple[int, ...]]]:
        """Words and their tokens, without those that only join others; all where there are no others."""
        every = list(zip(self.words, self.places, strict=True))
        return [pair for pair in every if pair[0].lower() not in PLAIN] or every

    @property
    def notice(self) -> str:
        """A sentence on what was left out, "" where nothing was."""
        verb = "is" if len(self.unknown) == 1 else "are"
        said = [f"It never saw {_listed(self.unknown)}, which {verb} left out."] if self.unknown else []
        if self.cut:
            said.append(f"Only the first {len(self.words)} words fit; {_listed(self.cut[:3])} and what follows do not.")
        return " ".join(said)


def read(studio: Studio, text: str) -> Prompt:
    """The prompt; "" is one too, and means any picture."""
    found = [word.group() for word in WORD.finditer(text)]
    known = set(studio.tokenizer.get_vocab()) - set(studio.tokenizer.all_special_tokens) if studio.own_words else set()
    strange = {word for word in found if studio.own_words and word.lower() not in known}
    given = " ".join(word for word in found if word not in strange) if studio.own_words else text
    tokens = studio.tokenizer(
        given,
        padding="max_length",
        truncation=True,
        max_length=studio.tokenizer.model_max_length,
        return_offsets_mapping=True,
    )
    spans = [word.span() for word in WORD.finditer(given)]
    places = [
        tuple(i for i, (a, b) in enumerate(tokens["offset_mapping"]) if b > a and a < end and start < b)
        for start, end in spans
    ]
    words = [given[start:end] for start, end in spans]
    read_ = [(word, place) for word, place in zip(words, places) if place]
    left = [word for word, place in zip(words, places) if not place]
    strange |= set() if studio.attends else set(left)  # it reads no words, only the name of a class
    cut = tuple(word for word in left if word not in strange)
    return Prompt(
        tuple(word for word, _ in read_),
        tuple(place for _, place in read_),
        tuple(dict.fromkeys(word for word in found if word in strange)),
        cut,
        torch.tensor([tokens["input_ids"]]),
        tuple(_pieces(found, strange, cut)),
    )


def asked(studio: Studio, text: str) -> Prompt:
    """As read. Raises DemoError where words were written and none of them names anything that the model knows."""
    prompt = read(studio, text)
    names, colours, example = _draws(studio)
    if studio.own_words and prompt.unknown and not any(word.lower() in _named(names) for word in prompt.words):
        raise DemoError(
            f"this model never saw {_listed(prompt.unknown)}; it draws {len(names)} kinds of things, "
            f"such as {', '.join(names[:4])}, in {colours} colours: try “{example}”"
        )
    return prompt


def weights(prompt: Prompt, word: str, weight: float) -> Tensor | None:
    """(1, 1, tokens): log of how many times more the word is looked at than it would be; None where as much.

    Raises DemoError where the prompt has no such word.
    """
    if not word.strip() or weight == 1:
        return None
    wanted = [i for i, known in enumerate(prompt.words) if known.lower() == word.strip().lower()]
    if not wanted:
        raise DemoError(f"word is {shown(word)}; choose one of {', '.join(dict.fromkeys(prompt.words)) or 'none'}")
    bias = torch.zeros(1, 1, prompt.ids.shape[1])
    at = [place for i in wanted for place in prompt.places[i]]
    bias[..., at] = torch.tensor(max(weight, 1e-6)).log()
    return bias


def _pieces(found: list[str], strange: set[str], cut: tuple[str, ...]) -> Iterator[Tok]:
    for i, word in enumerate(found):
        note = "a word it never saw: left out" if word in strange else "does not fit: left out" if word in cut else ""
        yield Tok(word if i == 0 else f" {word}", kind="off" if note else "", note=note)


def _listed(words: tuple[str, ...]) -> str:
    shown_ = [shown(word) for word in words[:5]]
    rest = [f"{len(words) - 5} more"] if len(words) > 5 else []
    *most, last = [*shown_, *rest]
    return f"{', '.join(most)} and {last}" if most else last


def _draws(studio: Studio) -> tuple[tuple[str, ...], int, str]:
    """The names of the things that it draws, in how many colours, and a prompt for one of them."""
    if isinstance(studio.judge, emoji_judge.Judge):
        names = studio.judge.names
        return (
            names,
            len(emoji_told.COLOURS),
            f"{emoji_told.with_article(f'red {names[0]}')}, {next(iter(emoji_told.STYLES))}",
        )
    return tuple(KINDS), len(COLOURS), f"a red {next(iter(KINDS))}"


@functools.cache
def _named(names: tuple[str, ...]) -> frozenset[str]:
    """Words that say what a picture shows. names: of things."""
    kinds = [word for kind in names for word in (kind, plural(kind))] if names == tuple(KINDS) else names
    return frozenset(word for phrase in (*kinds, *COLOURS, *BACKGROUNDS) for word in phrase.split())
