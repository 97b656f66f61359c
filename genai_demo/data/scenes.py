"""Scenes of one to four emoji on a background, with captions and questions whose answers are made from the truth.

Any number, the same for the same seed. Positions are of centres, in units of the picture's side, y downwards.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from genai_demo.data.emoji import Concept, Emoji, Vendor
from genai_demo.data.world import APART, NUMBERS, with_article

CATEGORIES = ("Animals & Nature", "Food & Drink", "Travel & Places", "Objects", "Activities")
LONGEST = 3  # words in the name of a concept that scenes show
SIDES = (0.32, 0.5)  # least and largest side of an emoji
MOST = 4


@dataclass(frozen=True, slots=True)
class Item:
    """concept: index into Emoji.concepts; x, y: centre; side."""

    concept: int
    x: float
    y: float
    side: float


@dataclass(frozen=True, slots=True)
class EmojiScene:
    """What is seen. background: top and bottom colour, RGB; items hardly overlap."""

    items: tuple[Item, ...]
    vendor: Vendor
    background: tuple[tuple[int, int, int], tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a scene and its answer."""

    text: str
    answer: str


def usable(concept: Concept) -> bool:
    """Whether its name fits into a sentence: a thing, an animal or a plant, in at most LONGEST plain words."""
    plain = all(letter.isalpha() or letter in " -" for letter in concept.name)
    return concept.category in CATEGORIES and plain and len(concept.name.split()) <= LONGEST


def random_scene(
    concepts: Sequence[int] | np.ndarray, vendor: Vendor, rng: np.random.Generator, *, most: int = MOST
) -> EmojiScene:
    """One to `most` of these concepts; in one of five scenes all are the same."""
    count = int(rng.integers(1, most + 1))
    chosen = rng.choice(len(concepts), count, replace=False)
    if count > 1 and rng.random() < 0.2:
        chosen[:] = chosen[0]
    places = _places(count, rng)
    items = tuple(Item(int(concepts[which]), *place) for which, place in zip(chosen, places))
    top = rng.integers(0, 256, 3) if rng.random() < 0.3 else rng.integers(170, 256, 3)
    bottom = np.clip(top + rng.integers(-50, 51, 3) * (rng.random() < 0.5), 0, 255)
    return EmojiScene(items, vendor, (_colour(top), _colour(bottom)))


def _colour(rgb: np.ndarray) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rgb)
    return red, green, blue


def _places(count: int, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """(x, y, side) of each, apart from each other; smaller where there are many."""
    largest = SIDES[1] if count < 3 else 0.4
    while True:
        placed: list[tuple[float, float, float]] = []
        for _ in range(40):
            side = float(rng.uniform(SIDES[0], largest))
            x, y = rng.uniform(side / 2, 1 - side / 2, 2).tolist()
            if all(max(abs(x - a), abs(y - b)) > 0.45 * (side + s) for a, b, s in placed):
                placed.append((x, y, side))
            if len(placed) == count:
                return placed


def draw(scene: EmojiScene, emoji: Emoji, size: int = 64) -> np.ndarray:
    """Its picture, (size, size, 3) uint8."""
    down = np.linspace(0, 1, size)[:, None, None]
    top, bottom = (np.array(colour, float) for colour in scene.background)
    shaded = np.broadcast_to(top + (bottom - top) * down, (size, size, 3))
    canvas = Image.fromarray(shaded.round().astype(np.uint8))
    for item in scene.items:
        side = max(1, round(item.side * size))
        small = Image.fromarray(emoji.pictures[scene.vendor][item.concept]).resize((side, side), Image.Resampling.BOX)
        canvas.paste(small, (round(item.x * size - side / 2), round(item.y * size - side / 2)), small)
    return np.asarray(canvas)


def relations(scene: EmojiScene) -> Iterator[tuple[int, str, int]]:
    """(concept, "left of", concept) and so on, of everything that clearly lies so."""
    for one, other in itertools.permutations(scene.items, 2):
        dx, dy = one.x - other.x, one.y - other.y
        if max(abs(dx), abs(dy)) > APART and one.concept != other.concept:
            across = "left of" if dx < 0 else "right of"
            yield one.concept, across if abs(dx) > abs(dy) else "above" if dy < 0 else "below", other.concept


def caption(scene: EmojiScene, emoji: Emoji, rng: np.random.Generator) -> str:
    """A true sentence about the scene; different random numbers give different ones."""
    names = [emoji.concepts[item.concept].name for item in scene.items]
    if len(set(names)) == 1:
        text = with_article(names[0]) if len(names) == 1 else f"{NUMBERS[len(names)]} {_plural(names[0])}"
    else:
        found = list(relations(scene))
        if found and rng.random() < 0.5:
            one, relation, other = found[int(rng.integers(len(found)))]
            text = sentence(emoji, one, relation, other)
            rest = [name for name in names if name not in (_name(emoji, one), _name(emoji, other))]
            if rest and rng.random() < 0.6:
                text += "".join(f" and {with_article(name)}" for name in rest[:1])
        else:
            named = [with_article(names[i]) for i in rng.permutation(len(names))]
            text = f"{', '.join(named[:-1])} and {named[-1]}"
    return f"a picture of {text}" if rng.random() < 0.1 else text


def sentence(emoji: Emoji, one: int, relation: str, other: int) -> str:
    """ "a fox to the left of a cactus"."""
    words = {"left of": "to the left of", "right of": "to the right of"}.get(relation, relation)
    return f"{with_article(_name(emoji, one))} {words} {with_article(_name(emoji, other))}"


def _name(emoji: Emoji, concept: int) -> str:
    return emoji.concepts[concept].name


def _plural(name: str) -> str:
    """ "fox" -> "foxes", "leafy green" -> "leafy greens"; what ends in s stays."""
    if name.endswith("s"):
        return name
    if name.endswith("y") and name[-2] not in "aeiou":
        return f"{name[:-1]}ies"
    return name + ("es" if name.endswith(("x", "ch", "sh")) else "s")


def questions(scene: EmojiScene, emoji: Emoji, rng: np.random.Generator) -> list[Question]:
    """What, how many, where and whether: all that can be asked of this scene, each with its answer."""
    shown = [item.concept for item in scene.items]
    asked = [Question("How many emoji are in the picture?", NUMBERS[len(shown)])]
    for concept in dict.fromkeys(shown):
        name = _name(emoji, concept)
        asked.append(Question(f"Is there {with_article(name)}?", "yes"))
        asked.append(Question(f"How many times is the {name} there?", NUMBERS[shown.count(concept)]))
    absent = int(rng.integers(len(emoji.concepts)))
    if absent not in shown:
        asked.append(Question(f"Is there {with_article(_name(emoji, absent))}?", "no"))
    if len(set(shown)) == 1:
        asked.append(Question("What is in the picture?", _name(emoji, shown[0])))
    if len(shown) == 2:
        for one, relation, other in relations(scene):
            words = {"left of": "to the left of", "right of": "to the right of"}.get(relation, relation)
            asked.append(Question(f"What is {words} the {_name(emoji, other)}?", _name(emoji, one)))
            asked.append(Question(f"Is the {_name(emoji, one)} {words} the {_name(emoji, other)}?", "yes"))
            asked.append(Question(f"Is the {_name(emoji, other)} {words} the {_name(emoji, one)}?", "no"))
    return asked
