"""The picture world cut in two: what a training sees, and scenes of pairs that it never saw together.

Held out are one in ONE_IN of the pairs of colour and kind ("purple moon") and of the ways in which two kinds lie ("cat
above cup"). Each word is seen in training, with other words; the cut is the same on every machine.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Literal

import numpy as np

from genai_demo.data.world import OPPOSITE, Scene, alike, random_scene, relations

ONE_IN = 10
NewIn = Literal["nothing", "colour", "relation"]  # what of a scene no training saw


def _held(text: str) -> bool:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % ONE_IN == 0


@functools.cache
def new_colour(colour: str, kind: str) -> bool:
    """Whether no thing of this kind has this colour in training."""
    return _held(f"{colour} {kind}")


@functools.cache
def new_relation(one: str, relation: str, other: str) -> bool:
    """Whether in training no thing of kind `one` is left of, right of, above or below one of kind `other`.

    The same from both ends: what is left of something has it on its right. Two of one kind are never held out.
    """
    if one == other:
        return False
    if relation in ("right of", "below"):
        one, relation, other = other, OPPOSITE[relation], one
    return _held(f"{one} {relation} {other}")


def new_in(scene: Scene) -> set[NewIn]:
    """What of it no training saw; {} for a scene of the training half."""
    found: set[NewIn] = set()
    if any(new_colour(thing.colour, thing.kind) for thing in scene.things):
        found.add("colour")
    if not alike(scene) and any(new_relation(a.kind, where, b.kind) for a, where, b in relations(scene)):
        found.add("relation")
    return found


def training_scene(rng: np.random.Generator, most: int = 3) -> Scene:
    """A random scene with nothing in it that is held out."""
    return _first(rng, most, "nothing")


def held_out_scene(rng: np.random.Generator, new: NewIn, most: int = 3) -> Scene:
    """A random scene in which one thing has a colour, or two lie in a way, that no training saw; nothing else is new.

    new="nothing": as training_scene.
    """
    return _first(rng, most, new)


def _first(rng: np.random.Generator, most: int, new: NewIn) -> Scene:
    wanted = set() if new == "nothing" else {new}
    while True:
        scene = random_scene(rng, most)
        if new_in(scene) == wanted:
            return scene
