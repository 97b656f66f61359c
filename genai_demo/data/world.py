"""The picture world: 23 kinds of things in eight colours and two sizes on six backgrounds, with captions that are true.

`random_scene(rng)` makes a scene, `draw` its picture, `caption` a sentence about it; any number, the same for the same
seed. Positions are of centres, in units of the picture's side, x to the right, y downwards.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

from genai_demo.data.world_kinds import KINDS, Pen, plural

COLOURS = {
    "red": (214, 40, 40),
    "orange": (245, 130, 20),
    "yellow": (248, 208, 30),
    "green": (45, 160, 70),
    "blue": (40, 90, 215),
    "purple": (130, 55, 175),
    "pink": (245, 120, 180),
    "brown": (125, 75, 40),
}
BACKGROUNDS = {
    "white": (252, 252, 252),
    "grey": (165, 165, 170),
    "black": (22, 22, 26),
    "cream": (250, 236, 205),
    "light blue": (190, 222, 246),
    "dark blue": (28, 36, 84),
}
SIZES = {"small": (0.105, 0.13), "large": (0.19, 0.23)}  # radius, least and largest
NUMBERS = ("no", "one", "two", "three", "four", "five")
FINER = 4  # times as large is drawn what is then shrunk, for smooth edges
APART = 0.16  # least difference of two centres for one to be called left of, above and so on
OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}


@dataclass(frozen=True, slots=True)
class Thing:
    """kind, colour, size: words, keys of KINDS, COLOURS and SIZES; radius: half its side."""

    kind: str
    colour: str
    size: str
    x: float
    y: float
    radius: float

    @property
    def words(self) -> str:
        """ "red house"."""
        return f"{self.colour} {self.kind}"


@dataclass(frozen=True, slots=True)
class Scene:
    """What is seen, exactly. background: a key of BACKGROUNDS. Things do not touch."""

    things: tuple[Thing, ...]
    background: str


def draw(scene: Scene, size: int = 64) -> np.ndarray:
    """Its picture, (size, size, 3) uint8."""
    side = size * FINER
    canvas = Image.new("RGB", (side, side), BACKGROUNDS[scene.background])
    pencil = ImageDraw.Draw(canvas)
    for thing in scene.things:
        pen = Pen(pencil, (thing.x * side, thing.y * side), thing.radius * side)
        KINDS[thing.kind](pen, COLOURS[thing.colour])
    return np.asarray(canvas.resize((size, size), Image.Resampling.BOX))


def random_scene(rng: np.random.Generator, most: int = 3) -> Scene:
    """One to `most` things (at most 5) apart from each other; in one of five scenes they are all alike."""
    count = int(rng.integers(1, most + 1))
    alike = count > 1 and rng.random() < 0.2
    while True:
        things: list[Thing] = []
        for _ in range(60):
            thing = _random_thing(rng)
            if alike and things:
                thing = replace(thing, kind=things[0].kind, colour=things[0].colour)
            elif any(thing.words == other.words for other in things):
                continue
            if all(_clear(thing, other) for other in things):
                things.append(thing)
            if len(things) == count:
                return Scene(tuple(things), str(rng.choice(list(BACKGROUNDS))))


def _random_thing(rng: np.random.Generator) -> Thing:
    size = str(rng.choice(list(SIZES)))
    radius = float(rng.uniform(*SIZES[size]))
    x, y = rng.uniform(radius, 1 - radius, 2).tolist()
    return Thing(str(rng.choice(list(KINDS))), str(rng.choice(list(COLOURS))), size, x, y, radius)


def _clear(one: Thing, other: Thing) -> bool:
    """Whether they do not touch."""
    return max(abs(one.x - other.x), abs(one.y - other.y)) > one.radius + other.radius


def is_so(one: Thing, relation: str, other: Thing) -> bool:
    """Whether `one` is left of, right of, above or below `other`, by APART at least."""
    dx, dy = one.x - other.x, one.y - other.y
    return {"left of": -dx, "right of": dx, "above": -dy, "below": dy}[relation] > APART


def relations(scene: Scene) -> Iterator[tuple[Thing, str, Thing]]:
    """Everything that is left of, right of, above or below something else, by more than it is off to the other side."""
    for one, other in itertools.permutations(scene.things, 2):
        along_x = abs(one.x - other.x) > abs(one.y - other.y)
        for relation in ("left of", "right of") if along_x else ("above", "below"):
            if is_so(one, relation, other):
                yield one, relation, other


def alike(scene: Scene) -> bool:
    """Whether there are several things, all of one kind and colour."""
    return len(scene.things) > 1 and len({thing.words for thing in scene.things}) == 1


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """A true sentence about the scene; different random numbers give different ones."""
    if alike(scene):
        number = NUMBERS[len(scene.things)]
        text = f"{number} {scene.things[0].colour} {plural(scene.things[0].kind)}"
    elif len(scene.things) == 1:
        text = _named(scene.things[0], rng)
        if rng.random() < 0.25 and (place := place_of(scene.things[0])):
            text += f" {place}"
    else:
        text = _several(scene, rng)
    return _framed(text, scene, rng)


def short_caption(scene: Scene, rng: np.random.Generator) -> str:
    """The kinds of things alone, all of them or one: "a house and a ball", "a picture of a ball"."""
    kinds = list(dict.fromkeys(thing.kind for thing in scene.things))
    named = [with_article(kinds[i]) for i in rng.permutation(len(kinds))]
    if rng.random() < 0.4 or len(named) == 1:
        return f"a picture of {named[0]}" if rng.random() < 0.5 else named[0]
    return f"{', '.join(named[:-1])} and {named[-1]}"


def relation_caption(scene: Scene, rng: np.random.Generator) -> tuple[str, str] | None:
    """A caption that says how two things lie, and the same with the relation reversed, which is false.

    None where no relation can be told.
    """
    found = [] if alike(scene) else list(relations(scene))
    if not found:
        return None
    one, relation, other = found[int(rng.integers(len(found)))]
    return _related(one.words, relation, other.words), _related(one.words, OPPOSITE[relation], other.words)


def colour_caption(scene: Scene) -> tuple[str, str] | None:
    """ "a red house and a blue ball" and the same with the colours exchanged; None where that would be true too."""
    pair = scene.things[:2]
    if len(scene.things) != 2 or pair[0].colour == pair[1].colour or pair[0].kind == pair[1].kind:
        return None
    one, other = pair
    swapped = (f"{other.colour} {one.kind}", f"{one.colour} {other.kind}")
    return (
        f"{with_article(one.words)} and {with_article(other.words)}",
        f"{with_article(swapped[0])} and {with_article(swapped[1])}",
    )


def with_article(words: str) -> str:
    """ "a red house", "an orange cat"."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _named(thing: Thing, rng: np.random.Generator) -> str:
    return with_article(f"{thing.size} {thing.words}" if rng.random() < 0.4 else thing.words)


def place_of(thing: Thing) -> str:
    """ "at the top left", "on the right", "in the middle" or "" where it is none of them clearly."""

    def third(value: float) -> int:
        return -1 if value < 0.36 else 1 if value > 0.64 else 0

    across, down = third(thing.x), third(thing.y)
    names = {
        (0, 0): "in the middle",
        (-1, 0): "on the left",
        (1, 0): "on the right",
        (0, -1): "at the top",
        (0, 1): "at the bottom",
        (-1, -1): "at the top left",
        (1, -1): "at the top right",
        (-1, 1): "at the bottom left",
        (1, 1): "at the bottom right",
    }
    near = min(abs(value - edge) for value in (thing.x, thing.y) for edge in (0.36, 0.64))
    return names[across, down] if near > 0.03 else ""


def _several(scene: Scene, rng: np.random.Generator) -> str:
    found = list(relations(scene))
    if found and rng.random() < 0.65:
        one, relation, other = found[int(rng.integers(len(found)))]
        text = _related(_plain(_named(one, rng)), relation, _plain(_named(other, rng)))
        rest = [thing for thing in scene.things if thing not in (one, other)]
        return f"{text} and {_named(rest[0], rng)}" if rest and rng.random() < 0.5 else text
    named = [_named(scene.things[i], rng) for i in rng.permutation(len(scene.things))]
    return f"{', '.join(named[:-1])} and {named[-1]}"


def _plain(named: str) -> str:
    return named.split(" ", 1)[1]


def _related(one: str, relation: str, other: str) -> str:
    words = {"left of": "to the left of", "right of": "to the right of"}.get(relation, relation)
    return f"{with_article(one)} {words} {with_article(other)}"


def _framed(text: str, scene: Scene, rng: np.random.Generator) -> str:
    """Now and then with the background, or as "a picture of"."""
    if rng.random() < 0.3:
        text = f"{text} on {with_article(scene.background)} background"
    chosen = rng.random()
    return f"a picture of {text}" if chosen < 0.1 else f"a drawing of {text}" if chosen < 0.15 else text
