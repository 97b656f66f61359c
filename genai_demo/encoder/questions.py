"""Texts with questions made of them, to learn to answer from: paragraphs, and pages of a dictionary.

Held out are whole documents and synsets, as everywhere. The articles of the library are no part of this: RAG's own
questions about them measure what was learnt.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from genai_demo.data import english, wordnet
from genai_demo.encoder.cloze import Asked, Words, asked

SOURCES = ("descriptions", "python")  # whose paragraphs state facts; novels do not
EACH, RULED = 5, 3  # questions of a text at most; of them by rules
ENTRIES, DICTIONARY = 4, 3  # of a page of the dictionary; one text in so many is one
SYNONYM = 4  # letters of a word that may be swapped


class Page(NamedTuple):
    """A text, and questions whose answers are stretches of it."""

    text: str
    questions: tuple[Asked, ...]


def pages(split: english.Split, most: int, seed: int = 0) -> list[Page]:
    """So many texts of that half, one in DICTIONARY of glosses. Raises DemoError where the data can't be had."""
    chance = random.Random(seed)
    words, found = known(), english.paragraphs(split)
    texts = [text for source in SOURCES for text in found[source]]
    count = min(most - -(-most // DICTIONARY), len(texts))
    made = [_page(text, words, chance) for text in chance.sample(texts, count)]
    made += _dictionary(split, most - len(made), chance)
    chance.shuffle(made)
    return [page for page in made if page.questions]


def known() -> Words:
    """What WordNet knows of words."""
    others: dict[str, tuple[str, ...]] = {}
    every = wordnet.nouns()
    for noun in every:
        plain = [name for name in noun.names if name.islower() and name.isalpha() and len(name) >= SYNONYM]
        for name in plain:
            others.setdefault(name, tuple(other for other in plain if other != name))
    nouns = frozenset(name.lower() for noun in every for name in noun.names)
    return Words(wordnet.listed(), nouns, {name: rest for name, rest in others.items() if rest})


def _page(text: str, words: Words, chance: random.Random) -> Page:
    """Some questions of a paragraph."""
    ruled: list[Asked] = []
    others: list[Asked] = []
    for sentence in english.sentences(text):
        at = text.find(sentence)
        for number, one in enumerate(asked(sentence, words, chance)):
            group = ruled if number < RULED and one.question.startswith(("What is ", "What does ")) else others
            group.append(Asked(one.question, one.start + at, one.end + at))
    chance.shuffle(ruled)
    chance.shuffle(others)
    return Page(text, tuple((ruled[:RULED] + others)[:EACH]))


def _dictionary(split: english.Split, count: int, chance: random.Random) -> Iterator[Page]:
    """Entries one after the other: what one means is asked, and which word means it."""
    every = [noun for noun in wordnet.nouns() if noun.gloss and noun.held == (split != "train")]
    for _ in range(count):
        text, questions = "", []
        for noun in chance.sample(every, ENTRIES):
            gloss = re.split(r"[;(]", noun.gloss)[0].strip()
            name = chance.choice(noun.names)
            start = len(text) + len(name) + len(joint := chance.choice((" is ", ": ", " means ")))
            if not 2 <= len(gloss.split()) <= 16:
                continue
            questions.append(Asked(_defined(noun, name, chance), start, start + len(gloss)))
            questions.append(Asked(_named(noun.kind, gloss, chance), len(text), len(text) + len(name)))
            text += f"{name}{joint}{gloss}. "
        chance.shuffle(questions)
        yield Page(text.strip(), tuple(questions[:EACH]))


def _defined(noun: wordnet.Noun, name: str, chance: random.Random) -> str:
    other = chance.choice(noun.names) if chance.random() < 0.3 else name
    form = "Who was {}?" if noun.one and noun.kind == "person" else chance.choice(DEFINED)
    return form.format(other)


def _named(kind: str, gloss: str, chance: random.Random) -> str:
    """A question for the word, with some words of its meaning left out."""
    said = " ".join(word for word in gloss.split() if chance.random() > 0.15) or gloss
    forms = {"person": ("Who is {}?",), "place": ("Where is {}?", "Which place is {}?")}.get(kind, NAMED)
    return chance.choice(forms).format(said)


DEFINED: Sequence[str] = ("What is {}?", "What is a {}?", "What does {} mean?", "What do you call {}?", "Explain {}?")
NAMED: Sequence[str] = ("What is {}?", "Which word means {}?", "What is called {}?", "What {}?")
