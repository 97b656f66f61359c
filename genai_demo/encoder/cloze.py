"""Questions made of sentences: what stood in a gap is the answer (Lewis et al. 2019, "cloze translation").

A stretch of a sentence is taken out and the rest becomes a question: by a rule where the sentence has a form that one
of RULES knows ("X provides Y." -> "What does X provide?"), else by the question's word in the gap's place or at the
front, with words dropped and swapped for others of the same meaning, so that no question is a copy. Nobody has
checked them by hand.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from genai_demo.encoder.cloze_words import STARTS, STOPS, VAGUE, VERBS

WORD = re.compile(r"[A-Za-z0-9][\w'.+-]*[\w+]|[A-Za-z0-9]")
CLAUSE = re.compile(r"[,;:()]| (?:and|but|or|which|that|where|while|because|so|if|when|as) ")
NUMBER = "one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|hundreds?|thousands?|many|several"
ASKS = {"person": "who", "place": "where", "time": "when", "number": "how many", "thing": "what", "reason": "why"}
LONGEST, NOUN = 14, 6  # words of an answer, and of a noun with what describes it
DROPPED, SWAPPED, AROUND = 0.12, 0.25, 9  # chance of a word to go, to be another one; words kept on each side of a gap


class Asked(NamedTuple):
    """A question; the answer's first and end character in the text it was made of."""

    question: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Words:
    """names: of persons and places; nouns: in small letters; others: a word's other words of the same meaning."""

    names: Mapping[str, str]
    nouns: frozenset[str]
    others: Mapping[str, tuple[str, ...]]


def asked(sentence: str, words: Words, chance: random.Random) -> Iterator[Asked]:
    """Questions that a sentence answers; those by rules first."""
    text = sentence.rstrip(" .!?")
    for pattern, form in RULES:
        if found := pattern.match(text):
            first, end = found.span("answer")
            end = clause_end(text, first, end)
            subject = {word.lower() for word in found.groupdict().get("s", "").split()}
            if 0 < len(text[first:end].split()) <= LONGEST and not subject & VAGUE:
                yield Asked(_tidy(form(found)), first, end)
    for first, end, kind in gaps(text, words):
        yield Asked(translated(text, first, end, kind, words, chance), first, end)


def clause_end(text: str, first: int, end: int) -> int:
    """Where what begins at `first` ends: before a comma, or before a word that begins another clause."""
    found = CLAUSE.search(text, first + 3, end)
    return found.start() if found else end


def gaps(text: str, words: Words) -> list[tuple[int, int, str]]:
    """Stretches that may be an answer, with what they name: names, years, numbers, nouns with what describes them."""
    found: list[tuple[int, int, str]] = []
    for match in re.finditer(rf"\b(?:1[5-9]|20)\d\d\b|\b(?:\d[\d,.]*\d|\d|{NUMBER})\b", text, re.IGNORECASE):
        year = re.fullmatch(r"(?:1[5-9]|20)\d\d", match[0])
        if year or re.match(r" [a-z]{3,}", text[match.end() :]):
            found.append((match.start(), match.end(), "time" if year else "number"))
    for match in re.finditer(r"\b(?:because|in order to|so that) ", text):
        end = clause_end(text, match.end(), len(text))
        if 2 < len(text[match.start() : end].split()) <= LONGEST:
            found.append((match.start(), end, "reason"))
    for first, end in nouns(text, words):
        kind = words.names.get(text[first:end], "thing")
        found.append((first, end, kind))
    return found


def nouns(text: str, words: Words) -> Iterator[tuple[int, int]]:
    """Runs of words behind one of STARTS, or at the beginning, whose last one is a noun or has a capital letter."""
    spans = [match.span() for match in WORD.finditer(text)]
    place = 0
    while place < len(spans):
        before = text[slice(*spans[place - 1])].lower() if place else "the"
        run: list[tuple[int, int]] = []
        while place + len(run) < len(spans) and len(run) < NOUN:
            first, end = spans[place + len(run)]
            word = text[first:end]
            if word.lower() in STOPS or word in VERBS or (run and text[run[-1][1] : first] != " "):
                break
            run.append((first, end))
        begins = place or text[slice(*spans[0])].lower() not in VERBS.values()
        if before in STARTS and run and begins and _is_noun(text[slice(*run[-1])], words):
            yield run[0][0], run[-1][1]
        place += max(1, len(run))


def _is_noun(word: str, words: Words) -> bool:
    low = word.lower()
    return word[0].isupper() or low in words.nouns or (low.endswith("s") and low[:-1] in words.nouns)


def translated(text: str, first: int, end: int, kind: str, words: Words, chance: random.Random) -> str:
    """The sentence with its gap as a question: words near the gap, some dropped or swapped, the question's word."""
    before = [_other(word, words, chance) for word in _near(text[:first], chance, -AROUND)]
    after = [_other(word, words, chance) for word in _near(text[end:], chance, AROUND)]
    ask = ASKS[kind]
    if kind == "number":
        ask = "how much" if after[:1] in (["percent"], ["%"]) else "how many"
        return _tidy(" ".join([ask, *after[:1], *_turned(before), *after[1:]]))
    if kind == "thing" and before and before[-1].lower() in ("the", "a", "an", "its", "his", "her", "their"):
        before.pop()
    if not before:
        return _tidy(" ".join([ask, *after]))
    if kind in ("time", "reason", "place") and before[-1].lower() in ("in", "at", "since", "to", "from"):
        before.pop()
    if kind == "thing" and chance.random() < 0.3:  # left in its place: "it was sent to whom"
        return _tidy(" ".join([*before, ask, *after]))
    return _tidy(" ".join([ask, *_turned(before), *after]))


def _near(text: str, chance: random.Random, most: int) -> list[str]:
    """The words next to a gap, up to a clause's end where there is one, some left out."""
    found = re.findall(r"[\w%][\w'.+/-]*|[,;:]", text)
    found = found[most:] if most < 0 else found[:most]
    return [word for word in found if word[0] not in ",;:" and chance.random() > DROPPED]


def _other(word: str, words: Words, chance: random.Random) -> str:
    """Another word of the same meaning, now and then."""
    others = words.others.get(word.lower())
    return chance.choice(others) if others and chance.random() < SWAPPED else word


def _turned(before: list[str]) -> list[str]:
    """What stands before the gap with its auxiliary first, as a question has it: "it was made" -> "was it made"."""
    for place, word in enumerate(before[1:6], 1):
        if word.lower() in (
            "is",
            "are",
            "was",
            "were",
            "can",
            "could",
            "may",
            "will",
            "would",
            "should",
            "must",
            "had",
        ):
            return [word, *before[:place], *before[place + 1 :]]
        if word in VERBS:
            return ["does", *before[:place], VERBS[word], *before[place + 1 :]]
    return before


def _tidy(question: str) -> str:
    """With a capital letter first and a question mark; a word that had one only as it began the sentence loses it."""
    line = " ".join(question.split()).strip(" ,")
    line = re.sub(r"(?<= )(The|This|It|A|An|In|On|For|If|When|These|Its|You|He|She|They|There)\b", _small, line)
    return line[:1].upper() + line[1:] + "?"


def _small(found: re.Match[str]) -> str:
    return found[0].lower()


_S = r"(?P<s>(?:[\w'/+.-]+ ){0,6}?[\w'/+.-]+)"
_VERB = "|".join(sorted(VERBS, key=len, reverse=True))
_BASE = "|".join(sorted(set(VERBS.values()), key=len, reverse=True))
_AUX = "is|are|was|were|can be|may be|must be|should be|has been|will be"


def _passive(found: re.Match[str]) -> str:
    first, _, rest = found["aux"].partition(" ")
    asks = "Who" if found["how"] == "by" and found["answer"][0].isupper() else "What"
    return f"{asks} {first} {found['s']} {rest} {found['verb']} {found['how']}"


_HOW = "by|in|with|from|on|for|to|as|of"
_IS = "(?P<is>is|are|was|were)"
_CAN = "(?P<can>can|could|may|should|must|will|would)"
RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(rf"{_S} {_IS} (?P<answer>(?:an?|the|one of|any) .+)"), lambda m: f"What {m['is']} {m['s']}"),
    (re.compile(rf"{_S} (?P<verb>{_VERB}) (?P<answer>.+)"), lambda m: f"What does {m['s']} {VERBS[m['verb']]}"),
    (re.compile(rf"{_S} (?P<verb>{_BASE}) (?P<answer>.+)"), lambda m: f"What do {m['s']} {m['verb']}"),
    (re.compile(rf"(?P<answer>{_S[4:]} (?P<verb>{_VERB}) (?P<rest>.+)"), lambda m: f"What {m['verb']} {m['rest']}"),
    (re.compile(rf"{_S} (?P<aux>{_AUX}) (?P<verb>\w+(?:ed|en|wn|lt|nt|de)) (?P<how>{_HOW}) (?P<answer>.+)"), _passive),
    (re.compile(rf"{_S} {_CAN} (?P<answer>(?!be )\w+ .+)"), lambda m: f"What {m['can']} {m['s']} do"),
    (re.compile(rf"{_S} {_IS} used (?:to|for) (?P<answer>.+)"), lambda m: f"What {m['is']} {m['s']} used for"),
    (re.compile(r"(?P<s>.+?) (?P<answer>because .+)"), lambda m: f"Why {' '.join(_turned(m['s'].split()))}"),
)
