"""What WordNet 3.0 (Fellbaum 1998) says of nouns: the kind of thing each names, and its gloss. Only training needs it.

From Debian's package wordnet-base, under WordNet's own free licence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from genai_demo.core.home import home, making, whole
from genai_demo.data.debian import unpacked
from genai_demo.data.english import held_out

# The number of a file of WordNet's makers -> the kind of thing that its nouns name; small or vague ones are left out.
KINDS = {
    "04": "act",
    "05": "animal",
    "06": "made thing",
    "08": "part of a body",
    "09": "thought",
    "10": "communication",
    "11": "event",
    "12": "feeling",
    "13": "food",
    "14": "group",
    "15": "place",
    "17": "thing of nature",
    "18": "person",
    "20": "plant",
    "21": "possession",
    "23": "quantity",
    "26": "state",
    "27": "substance",
    "28": "time",
}

LISTS = {"person": "person", "place": "place", "thing of nature": "place"}  # kinds of nouns whose own names are listed
SHORTEST = 3  # letters of a name that is listed


@dataclass(frozen=True, slots=True)
class Noun:
    """One meaning. names: its words; kind: of KINDS; gloss: without its examples; held: kept from training; one: it is
    one of its kind with a name of its own, as Paris is."""

    names: tuple[str, ...]
    kind: str
    gloss: str
    held: bool
    one: bool


def nouns() -> list[Noun]:
    """Every noun of those kinds. Fetched on first use into the cache folder. Raises DemoError."""
    kept = home() / "data" / "english" / "wordnet-nouns.json"
    if not kept.exists():
        with making("wordnet-nouns") as scratch:
            text = (unpacked("wordnet-base", scratch) / "usr/share/wordnet/data.noun").read_text()
        with whole(kept) as partial:
            partial.write_text(json.dumps([asdict(noun) for noun in read(text.splitlines())]))
    return [Noun(**{**row, "names": tuple(row["names"])}) for row in json.loads(kept.read_text())]


def listed() -> dict[str, str]:
    """Name -> person or place; what is on both lists is on none."""
    found: dict[str, str] = {}
    for noun in nouns():
        if noun.one and noun.kind in LISTS:
            for name in noun.names:
                if len(name) >= SHORTEST and name[0].isupper():
                    kind = LISTS[noun.kind]
                    found[name] = kind if found.get(name, kind) == kind else ""
    return {name: kind for name, kind in found.items() if kind}


def read(lines: Iterable[str]) -> Iterator[Noun]:
    """The nouns of the lines of data.noun."""
    for line in lines:
        entry, bar, gloss = line.partition(" | ")
        if not bar or line.startswith(" "):
            continue
        place, file, _, count, *rest = entry.split()
        if file in KINDS:
            names = tuple(word.replace("_", " ") for word in rest[: 2 * int(count, 16) : 2])
            said = re.split(r';\s*"', gloss.strip())[0].strip()
            yield Noun(names, KINDS[file], said, held_out(f"data.noun {place}"), "@i" in rest)
