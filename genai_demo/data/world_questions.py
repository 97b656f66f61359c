"""Questions about scenes of the picture world, each with the answer made from the truth."""

from __future__ import annotations

from collections import Counter

import numpy as np

from genai_demo.data.scenes import Question
from genai_demo.data.world import COLOURS, NUMBERS, Scene, Thing, relations, with_article
from genai_demo.data.world_kinds import KINDS, plural

WORDS = {"left of": "to the left of", "right of": "to the right of", "above": "above", "below": "below"}


def questions(scene: Scene, rng: np.random.Generator) -> list[Question]:
    """What, which colour, how many, how large, where and whether: all that can be asked without two right answers."""
    kinds = Counter(thing.kind for thing in scene.things)
    alone = [thing for thing in scene.things if kinds[thing.kind] == 1]
    asked = [
        Question("How many things are in the picture?", NUMBERS[len(scene.things)]),
        Question("Which colour is the background?", scene.background),
        *(Question(f"How many {plural(kind)} are there?", NUMBERS[count]) for kind, count in kinds.items()),
        *(Question(f"Which colour is the {thing.kind}?", thing.colour) for thing in alone),
        *(Question(f"Is the {thing.kind} small or large?", thing.size) for thing in alone),
        *_whether(scene, rng),
    ]
    if len(kinds) == 1:
        kind, count = next(iter(kinds.items()))
        asked.append(Question("What is in the picture?", with_article(kind) if count == 1 else plural(kind)))
    return asked + _where(scene, alone)


def _whether(scene: Scene, rng: np.random.Generator) -> list[Question]:
    """Of things that are there, of their kind in another colour, and of any thing."""
    there = {thing.words for thing in scene.things}
    other = [f"{rng.choice(list(COLOURS))} {thing.kind}" for thing in scene.things]
    other.append(f"{rng.choice(list(COLOURS))} {rng.choice(list(KINDS))}")
    return [
        Question(f"Is there {with_article(words)}?", "yes" if words in there else "no")
        for words in dict.fromkeys([*there, *other])
    ]


def _where(scene: Scene, alone: list[Thing]) -> list[Question]:
    """How two things lie that are the only ones of their kind; of two things in all, also what lies where."""
    asked = []
    for one, relation, other in relations(scene):
        if one in alone and other in alone:
            asked.append(Question(f"Is the {one.kind} {WORDS[relation]} the {other.kind}?", "yes"))
            asked.append(Question(f"Is the {other.kind} {WORDS[relation]} the {one.kind}?", "no"))
            if len(scene.things) == 2:
                asked.append(Question(f"What is {WORDS[relation]} the {other.kind}?", with_article(one.words)))
    return asked
