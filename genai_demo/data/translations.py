"""Translated descriptions of Debian's packages, paragraph by paragraph, for training a translator.

By the Debian Description Translation Project, under the licences of the packages. Whole packages, with all that share
their name's first part, are held out.
"""

from __future__ import annotations

from genai_demo.data.debian import Description, Language, descriptions
from genai_demo.data.english import Split, family, held_out

LANGUAGES: tuple[Language, ...] = ("fr", "de", "es", "it")
Pair = tuple[str, str]  # English, the other language


def load(language: Language, split: Split) -> list[Pair]:
    """Pairs, each once; no English text of those held out is also in training. Raises DemoError.

    Fetched on first use into the cache folder.
    """
    return paired(descriptions("en"), descriptions(language), split)


def load_all(split: Split) -> dict[Language, list[Pair]]:
    """The pairs of every language, as `load` gives them, the English texts read once. Raises DemoError."""
    english = descriptions("en")
    return {language: paired(english, descriptions(language), split) for language in LANGUAGES}


def paired(english: list[Description], others: list[Description], split: Split) -> list[Pair]:
    """The paragraphs of texts that both languages have, where both have as many."""
    by_digest = {one.digest: one for one in english}
    found: dict[Split, dict[Pair, None]] = {"train": {}, "held out": {}}
    for other in others:
        one = by_digest.get(other.digest)
        if one and len(one.paragraphs) == len(other.paragraphs):
            kind: Split = "held out" if held_out(family(one.package)) else "train"
            found[kind].update(dict.fromkeys(zip(one.paragraphs, other.paragraphs)))
    known = {text for text, _ in found["train"]}
    return [pair for pair in found[split] if split == "train" or pair[0] not in known]
