"""Captions of the picture world that say everything, in varied words, and back: what a text asks for, and whether a
scene shows it.

`described(scene, rng)` names every thing; `parse(text)` reads such texts, and those of world.py. Parsing also serves a
visitor's prompt: `unknown` lists the words that no caption has.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.data.world import (
    BACKGROUNDS,
    COLOURS,
    NUMBERS,
    SIZES,
    Scene,
    Thing,
    alike,
    is_so,
    place_of,
    relations,
    with_article,
)
from genai_demo.data.world_kinds import KINDS, plural

WAYS = {  # the first is what a caption says most often
    "left of": ("to the left of", "left of", "on the left of"),
    "right of": ("to the right of", "right of", "on the right of"),
    "above": ("above", "over"),
    "below": ("below", "under"),
}
FRAMES = ("a picture of", "a drawing of", "an image of", "there is")
PLACES = re.compile(r"\b(?:in|on|at) the (middle|(?:top|bottom) (?:left|right)|left|right|top|bottom)$")


@dataclass(frozen=True, slots=True)
class Asked:
    """Things of a text. colour, size: "" where it does not say; count: how many there shall be, all alike."""

    kind: str
    colour: str = ""
    size: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a text asks for. relations: (place in `things`, "left of" and so on, place); place: of a single thing."""

    things: tuple[Asked, ...]
    relations: tuple[tuple[int, str, int], ...] = ()
    place: str = ""
    background: str = ""


def described(scene: Scene, rng: np.random.Generator) -> str:
    """A true sentence that names every thing and colour; different random numbers give different ones."""
    if alike(scene):
        many = [thing.size for thing in scene.things]
        size = f"{many[0]} " if len(set(many)) == 1 and rng.random() < 0.3 else ""
        text = f"{NUMBERS[len(many)]} {size}{scene.things[0].colour} {plural(scene.things[0].kind)}"
    elif len(scene.things) == 1:
        place = place_of(scene.things[0]) if rng.random() < 0.5 else ""
        text = f"{with_article(_words(scene.things[0], rng))} {place}".strip()
    else:
        text = _several(scene, rng)
    if rng.random() < 0.35:
        ground = scene.background
        text += (f" on {with_article(ground)} background", f" on {ground}")[int(rng.random() < 0.3)]
    return f"{FRAMES[int(rng.integers(len(FRAMES)))]} {text}" if rng.random() < 0.15 else text


def _words(thing: Thing, rng: np.random.Generator, often: float = 0.35) -> str:
    return f"{thing.size} {thing.words}" if rng.random() < often else thing.words


def _several(scene: Scene, rng: np.random.Generator) -> str:
    """Two or three things that differ, with relations where these can be told, in four cases of five."""
    named = {thing: _words(thing, rng) for thing in scene.things}
    found = list(relations(scene))
    if not found or rng.random() < 0.2:
        listed = [with_article(named[scene.things[i]]) for i in rng.permutation(len(named))]
        return f"{', '.join(listed[:-1])} and {listed[-1]}"
    one, where, other = found[int(rng.integers(len(found)))]
    text = f"{with_article(named[one])} {_way(where, rng)} {with_article(named[other])}"
    for rest in (thing for thing in scene.things if thing not in (one, other)):
        more = [(where, known) for thing, where, known in found if thing == rest]
        text += f" and {with_article(named[rest])}"
        if more and rng.random() < 0.7:
            where, known = more[int(rng.integers(len(more)))]
            text += f" {_way(where, rng)} the {known.words}"
    return text


def _way(relation: str, rng: np.random.Generator) -> str:
    ways = WAYS[relation]
    return ways[0] if rng.random() < 0.5 else ways[int(rng.integers(len(ways)))]


def parse(text: str) -> Wanted | None:
    """What a caption or a prompt asks for; None where it is not made as captions are.

    Capital letters, a full stop and spaces do not matter; "the red house" is the one named before.
    """
    text = " ".join(text.lower().strip(" .!").split())
    text = re.sub(rf"^(?:{'|'.join(FRAMES)}) ", "", text)
    background = ""
    if ending := re.search(rf" on (?:an? ({'|'.join(BACKGROUNDS)}) background|({'|'.join(BACKGROUNDS)}))$", text):
        background, text = ending.group(1) or ending.group(2), text[: ending.start()]
    place = ""
    if ending := PLACES.search(text):
        place, text = ending.group(), text[: ending.start()].strip()
    things: list[Asked] = []
    related: list[tuple[int, str, int]] = []
    for part in re.split(r", and |, | and ", text):
        found = _related(part, things)
        if found is None:
            return None
        related.extend(found)
    if place and (len(things) != 1 or things[0].count != 1):
        return None
    return Wanted(tuple(things), tuple(related), place, background)


def _related(part: str, things: list[Asked]) -> list[tuple[int, str, int]] | None:
    """Adds the things of "a red house" or "a red house above the ball" to `things`; -> the relation, if there is one.

    None where it can't be read.
    """
    ways = {way: relation for relation, known in WAYS.items() for way in known}
    longest = "|".join(sorted(ways, key=len, reverse=True))
    names = re.split(rf" ({longest}) ", part)
    places = [_thing(name, things) for name in names[::2]]
    if len(places) > 2 or None in places:
        return None
    return [(places[0], ways[names[1]], places[1])] if len(places) == 2 else []  # type: ignore[list-item]


def _thing(name: str, things: list[Asked]) -> int | None:
    """Its place in `things`, to which it is added unless the text calls it "the" and has named it before."""
    words = name.split()
    found = _asked(words[1:] if words and words[0] in ("a", "an", "the") else words)
    if found is None:
        return None
    if words[0] == "the":
        for i, known in enumerate(things):
            if known.kind == found.kind and found.colour in ("", known.colour) and found.size in ("", known.size):
                return i
    things.append(found)
    return len(things) - 1


def _asked(words: list[str]) -> Asked | None:
    """["three", "small", "red", "houses"] and the like."""
    *before, last = words or [""]
    count = NUMBERS.index(before.pop(0)) if before and before[0] in NUMBERS[1:] else 1
    size = before.pop(0) if before and before[0] in SIZES else ""
    colour = before.pop(0) if before and before[0] in COLOURS else ""
    kind = {plural(kind): kind for kind in KINDS}.get(last, "") if count > 1 else last
    return Asked(kind, colour, size, count) if not before and kind in KINDS else None


@functools.cache
def vocabulary() -> tuple[str, ...]:
    """Every word that a caption can have, in alphabetical order."""
    kinds = [word for kind in KINDS for word in (kind, plural(kind))]
    said = [*kinds, *COLOURS, *SIZES, *BACKGROUNDS, *NUMBERS[1:], *FRAMES, *itertools.chain(*WAYS.values())]
    said += ["a", "an", "and", "the", "in", "at", "on", "middle", "top", "bottom", "background"]
    return tuple(sorted({word for phrase in said for word in phrase.split()}))


def words_of(text: str) -> list[str]:
    """Its words in small letters; commas and full stops are dropped."""
    return re.findall(r"[^\s,.!?;:]+", text.lower())


def unknown(text: str) -> list[str]:
    """Words of a prompt that no caption has, each once."""
    return [word for word in dict.fromkeys(words_of(text)) if word not in vocabulary()]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far a scene is what a text asks for.

    things: these kinds, as many, and no other; colours: and each in its colour; relations: and all where they shall
    be, a single thing's place included; sizes, background: what it says of these, where things and colours are right.
    """

    things: bool
    colours: bool
    relations: bool
    sizes: bool
    background: bool


def judge(wanted: Wanted, scene: Scene) -> Verdict:
    """Compares what was asked for with what is there."""
    asked = [(i, one) for i, one in enumerate(wanted.things) for _ in range(one.count)]
    kinds = sorted(one.kind for _, one in asked) == sorted(thing.kind for thing in scene.things)
    ways = list(_matches(asked, scene)) if kinds else []
    return Verdict(
        things=kinds,
        colours=bool(ways),
        relations=any(_placed(wanted, [i for i, _ in asked], way) for way in ways),
        sizes=any(all(one.size in ("", thing.size) for (_, one), thing in zip(asked, way)) for way in ways),
        background=bool(ways) and wanted.background in ("", scene.background),
    )


def _matches(asked: list[tuple[int, Asked]], scene: Scene) -> Iterator[tuple[Thing, ...]]:
    """Every way to take the things of the scene for those asked for, with kinds and colours right."""
    for way in itertools.permutations(scene.things):
        if all(one.kind == thing.kind and one.colour in ("", thing.colour) for (_, one), thing in zip(asked, way)):
            yield way


def _placed(wanted: Wanted, whose: list[int], way: tuple[Thing, ...]) -> bool:
    """Whether all relations hold, and the place of a single thing. whose: place in wanted.things of each of `way`."""
    if wanted.place and place_of(way[0]) != wanted.place:
        return False
    groups: dict[int, list[Thing]] = {}
    for i, thing in zip(whose, way, strict=True):
        groups.setdefault(i, []).append(thing)
    return all(is_so(one, where, other) for a, where, b in wanted.relations for one in groups[a] for other in groups[b])
