"""Questions about scenes of the picture world in varied words, each with the answer made from the truth.

`asked(scene, rng, count)` draws some, kinds evenly; `questions(scene, rng)` gives one of every kind that can be asked.
Whether-questions have "yes" as often as "no"; nothing is asked that has two right answers. With `new` false, nothing
that world_splits holds out is said of things that are not there, or a "no" would give it away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from genai_demo.data.scenes import Question
from genai_demo.data.world import (
    APART,
    COLOURS,
    NUMBERS,
    OPPOSITE,
    Scene,
    Thing,
    alike,
    is_so,
    place_of,
    random_scene,
    relations,
    with_article,
)
from genai_demo.data.world_kinds import KINDS, plural
from genai_demo.data.world_splits import NewIn, new_colour, new_in, new_relation

WORDS = {"left of": "to the left of", "right of": "to the right of", "above": "above", "below": "below"}
SIDES = {"left of": "to the left", "right of": "to the right", "above": "above", "below": "below"}
MOST = 5  # things of a scene that is asked about
NONE = "none"  # the answer to how many, of what is not there
ONCE = ("absent", "background", "caption")  # kinds of which one question a scene is enough
OFTEN = {"beside": 3, "side": 2, "relation": 4, "place": 2, "count": 2, "whether": 3}  # drawn so often: harder or rarer
SINGLE = 0.6  # of the scenes with one thing: so many are not asked about, or naming it would never matter
CROSSED = 1.0  # where it can be, what is asked for and is not there has so often one thing's colour and another's kind
YES = 0.67  # drawn so often of whether a thing is there: what is drawn twice goes, and less is there than is not
RARER = 0.42  # the same where kinds and colours can be crossed
SHARED = 0.5  # of the scenes with several things: in these, two have a kind or a colour in common


@dataclass(frozen=True, slots=True)
class Asked:
    """kind: one of ASKERS; turns: questions and answers in order, each needing the ones before."""

    kind: str
    turns: tuple[Question, ...]

    @property
    def text(self) -> str:
        """The last question."""
        return self.turns[-1].text

    @property
    def answer(self) -> str:
        return self.turns[-1].answer


@dataclass(frozen=True, slots=True)
class _Asking:
    """A scene to be asked about, and the random numbers for it. new: absent things may be held-out ones; crossed: as
    CROSSED."""

    scene: Scene
    rng: np.random.Generator
    new: bool
    crossed: float = CROSSED

    def word(self, of: list[str] | tuple[str, ...]) -> str:
        return of[int(self.rng.integers(len(of)))]

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def thing(self) -> tuple[Thing, str] | None:
        """One that can be named alone, and its name."""
        named = [(thing, name) for thing in self.scene.things if (name := self.name(thing))]
        return named[int(self.rng.integers(len(named)))] if named else None

    def name(self, thing: Thing) -> str:
        """ "the house", or "the red house" where there are others, now and then in any case; "" where that is two's."""
        if sum(other.words == thing.words for other in self.scene.things) > 1:
            return ""
        many = sum(other.kind == thing.kind for other in self.scene.things) > 1
        return f"the {thing.words}" if many or self.chance(0.3) else f"the {thing.kind}"

    def free(self, colour: str, kind: str) -> bool:
        """Whether this may be said of what is not there."""
        return self.new or not new_colour(colour, kind)

    def crossings(self) -> list[tuple[str, str]]:
        """(colour, kind) of no thing here, though both are here, of two things."""
        things, there = self.scene.things, {(t.colour, t.kind) for t in self.scene.things}
        crossed = [(one.colour, other.kind) for one in things for other in things]
        return [pair for pair in crossed if pair not in there and self.free(*pair)]

    def absent(self) -> tuple[str, str]:
        """(colour, kind) of no thing here: often both are here, of two things."""
        things, there = self.scene.things, {(t.colour, t.kind) for t in self.scene.things}
        crossings = self.crossings()
        if crossings and self.chance(self.crossed):
            return crossings[int(self.rng.integers(len(crossings)))]
        while True:
            colour = self.word([t.colour for t in things]) if things and self.chance(0.5) else self.word(list(COLOURS))
            kind = self.word([t.kind for t in things]) if things and self.chance(0.5) else self.word(list(KINDS))
            if (colour, kind) not in there and self.free(colour, kind):
                return colour, kind

    def missing(self) -> str:
        """A kind that is not here."""
        here = {thing.kind for thing in self.scene.things}
        return self.word([kind for kind in KINDS if kind not in here])


def _single(kind: str, text: str, answer: str) -> Asked:
    return Asked(kind, (Question(text, answer),))


def _what(ask: _Asking) -> Asked | None:
    """Of a single thing; of the only one in its colour; of the only one at its place."""
    things, chosen = ask.scene.things, ask.rng.random()
    if len(things) == 1 and chosen < 0.4:
        return _single("what", ask.word(["What is in the picture?", "What is this?"]), with_article(things[0].kind))
    if not things:
        return None
    thing = things[int(ask.rng.integers(len(things)))]
    if chosen < 0.7:
        if sum(other.colour == thing.colour for other in things) > 1:
            return None
        texts = [f"What is {thing.colour}?", f"Which thing is {thing.colour}?"]
        return _single("what", ask.word(texts), with_article(thing.kind))
    place = place_of(thing)
    if not place or sum(place_of(other) in ("", place) for other in things) > 1:
        return None
    return _single("what", f"What is {place}?", with_article(thing.words))


def _count(ask: _Asking) -> Asked | None:
    """Things, of a kind, of a colour; none of what is not here. One is asked for less than it comes up."""
    things, chosen = ask.scene.things, ask.rng.random()
    if chosen < 0.3:
        text = ask.word(["How many things are in the picture?", "How many things are there?"])
        return _single("count", text, NUMBERS[len(things)] if things else NONE)
    if chosen < 0.42:
        return _single("count", f"How many {plural(ask.missing())} are there?", NONE)
    of_kind = chosen < 0.75
    counts = Counter(thing.kind if of_kind else thing.colour for thing in things)
    if not counts:
        return None
    word = ask.word(list(counts))
    if counts[word] == 1 and ask.chance(0.6):
        return None
    name = plural(word) if of_kind else f"{word} things"
    return _single("count", f"How many {name} are there?", NUMBERS[counts[word]])


def _colour(ask: _Asking) -> Asked | None:
    alone = [t for t in ask.scene.things if sum(o.kind == t.kind for o in ask.scene.things) == 1]
    if not alone:
        return None
    thing = alone[int(ask.rng.integers(len(alone)))]
    texts = [f"Which colour is the {thing.kind}?", f"What colour does the {thing.kind} have?"]
    return _single("colour", ask.word(texts), thing.colour)


def _size(ask: _Asking) -> Asked | None:
    if (found := ask.thing()) is None:
        return None
    thing, name = found
    texts = [f"Is {name} small or large?", f"Is {name} large or small?", f"How large is {name}?"]
    return _single("size", ask.word(texts), thing.size)


def _place(ask: _Asking) -> Asked | None:
    if (found := ask.thing()) is None or not (place := place_of(found[0])):
        return None
    name = found[1]
    return _single("place", ask.word([f"Where is {name}?", f"Where in the picture is {name}?"]), place)


def _pair(ask: _Asking) -> tuple[str, str, str, Thing, Thing] | None:
    """(name, relation, name) of two things that clearly lie so, and the two."""
    found = [] if alike(ask.scene) else list(relations(ask.scene))
    if not found:
        return None
    one, relation, other = found[int(ask.rng.integers(len(found)))]
    names = ask.name(one), ask.name(other)
    return (names[0], relation, names[1], one, other) if all(names) else None


def _side(ask: _Asking) -> Asked | None:
    """On which side of another it lies."""
    if (pair := _pair(ask)) is None:
        return None
    one, relation, other, _, _ = pair
    ways = ["to the left or to the right of", "to the right or to the left of"]
    if relation in ("above", "below"):
        ways = ["above or below", "below or above"]
    return _single("side", f"Is {one} {ask.word(ways)} {other}?", SIDES[relation])


def _beside(ask: _Asking) -> Asked | None:
    """What lies on a side of another: just one thing does, and no second nearly so."""
    if (pair := _pair(ask)) is None:
        return None
    _, relation, name, one, other = pair
    near = _moved(other, relation)
    if sum(is_so(t, relation, near) for t in ask.scene.things if t is not other) > 1:
        return None
    return _single("beside", f"What is {WORDS[relation]} {name}?", with_article(one.words))


def _moved(thing: Thing, relation: str) -> Thing:
    """The same so far towards what is compared with it that a thing counts which is hardly so."""
    by = {"left of": (APART, 0.0), "right of": (-APART, 0.0), "above": (0.0, APART), "below": (0.0, -APART)}[relation]
    return replace(thing, x=thing.x + by[0], y=thing.y + by[1])


def _relation(ask: _Asking) -> Asked | None:
    """Whether two things lie so; where not, they lie the other way round."""
    if (pair := _pair(ask)) is None:
        return None
    one, relation, other, first, second = pair
    if ask.chance(0.5):
        return _single("relation", f"Is {one} {WORDS[relation]} {other}?", "yes")
    turned = OPPOSITE[relation]
    if not ask.new and new_relation(first.kind, turned, second.kind):
        return None
    return _single("relation", f"Is {one} {WORDS[turned]} {other}?", "no")


def _whether(ask: _Asking) -> Asked | None:
    """Whether a thing is there, or has a colour."""
    things = ask.scene.things
    if not things:
        return None
    yes, thing = ask.chance(YES), things[int(ask.rng.integers(len(things)))]
    if ask.chance(0.3):  # a kind alone
        kind = thing.kind if yes else ask.missing()
        return _single("whether", f"Is there {with_article(kind)}?", "yes" if yes else "no")
    if ask.crossed and ask.crossings():
        yes = ask.chance(RARER)
    if ask.chance(0.4) and sum(other.kind == thing.kind for other in things) == 1:
        others = [c for c in COLOURS if c != thing.colour and ask.free(c, thing.kind)]
        here = [c for c in others if any(other.colour == c for other in things)]
        colour = thing.colour if yes else ask.word(here if here and ask.chance(ask.crossed) else others)
        return _single("whether", f"Is the {thing.kind} {colour}?", "yes" if yes else "no")
    words = thing.words if yes else " ".join(ask.absent())
    text = f"Is there {with_article(words)}?"
    if ask.chance(0.25):
        text = f"Is {with_article(words)} in the picture?"
    return _single("whether", text, "yes" if yes else "no")


def _absent(ask: _Asking) -> Asked | None:
    """A question that takes something for granted that is not there: the answer says so."""
    kind = ask.missing()
    texts = [f"Which colour is the {kind}?", f"Where is the {kind}?", f"Is the {kind} small or large?"]
    return _single("absent", ask.word(texts), f"there is no {kind}")


def _background(ask: _Asking) -> Asked | None:
    texts = ["Which colour is the background?", "What colour does the background have?"]
    return _single("background", ask.word(texts), ask.scene.background)


def told(scene: Scene) -> str:
    """All of it: things from left to right with their sizes, then the background; what is all alike is counted."""
    things = sorted(scene.things, key=lambda thing: thing.x)
    if not things:
        return f"an empty {scene.background} background"
    if alike(scene):
        text = f"{NUMBERS[len(things)]} {things[0].colour} {plural(things[0].kind)}"
    else:
        named = [with_article(f"{thing.size} {thing.words}") for thing in things]
        text = f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]
    return f"{text} on {with_article(scene.background)} background"


def _caption(ask: _Asking) -> Asked | None:
    texts = ["Describe the picture.", "What do you see?", "What does the picture show?"]
    return _single("caption", ask.word(texts), told(ask.scene))


def _it(ask: _Asking) -> Asked | None:
    """Two questions: the second says "it" of what the first was about."""
    kinds = Counter(thing.kind for thing in ask.scene.things)
    alone = [thing for thing in ask.scene.things if kinds[thing.kind] == 1]
    if not alone:
        return None
    thing = alone[int(ask.rng.integers(len(alone)))]
    about = [
        (Question(f"Is there {with_article(thing.kind)}?", "yes"), None),
        (Question(f"Which colour is the {thing.kind}?", thing.colour), "colour"),
        (Question(f"Is the {thing.kind} small or large?", thing.size), "size"),
    ]
    first, said = about[int(ask.rng.integers(len(about)))]
    then = [Question("Which colour is it?", thing.colour), Question("Is it small or large?", thing.size)]
    if place := place_of(thing):
        then.append(Question("Where is it?", place))
    left = [q for q, word in zip(then, ("colour", "size", "place"), strict=False) if word != said]
    return Asked("it", (first, left[int(ask.rng.integers(len(left)))]))


ASKERS: dict[str, Callable[[_Asking], Asked | None]] = {
    "what": _what,
    "count": _count,
    "colour": _colour,
    "size": _size,
    "place": _place,
    "side": _side,
    "beside": _beside,
    "relation": _relation,
    "whether": _whether,
    "absent": _absent,
    "background": _background,
    "it": _it,
    "caption": _caption,
}


def questions(scene: Scene, rng: np.random.Generator, *, new: bool = True) -> list[Asked]:
    """One of every kind that can be asked of the scene."""
    ask = _Asking(scene, rng, new)
    tried = (next((found for _ in range(6) if (found := asker(ask))), None) for asker in ASKERS.values())
    return [found for found in tried if found]


def asked(
    scene: Scene,
    rng: np.random.Generator,
    count: int,
    *,
    new: bool = False,
    kinds: tuple[str, ...] = tuple(ASKERS),
    crossed: float = CROSSED,
) -> list[Asked]:
    """So many questions, kinds drawn evenly among those that can be asked, none twice in the same words.

    Fewer where the scene does not have so many. new: what is held out may be asked of things that are not there.
    """
    ask, found = _Asking(scene, rng, new, crossed), dict[tuple[str, ...], Asked]()
    drawn = [kind for kind in kinds for _ in range(OFTEN.get(kind, 1))]
    for which in rng.integers(len(drawn), size=6 * count):
        kind = drawn[which]
        if one := ASKERS[kind](ask):
            found.setdefault((kind,) if kind in ONCE else tuple(q.text for q in one.turns), one)
        if len(found) == count:
            break
    return list(found.values())


def scene_to_ask(rng: np.random.Generator, new: NewIn = "nothing", most: int = MOST) -> Scene:
    """A random scene in which kinds and colours come twice more often, so that there is something to count.

    new: what of it no training saw, as in world_splits.
    """
    wanted = set() if new == "nothing" else {new}
    while True:
        scene = random_scene(rng, most)
        if len(scene.things) == 1 and rng.random() < SINGLE:
            continue
        if len(scene.things) > 1 and not alike(scene) and rng.random() < SHARED:
            scene = _sharing(scene, rng)
        if new_in(scene) == wanted:
            return scene


def _sharing(scene: Scene, rng: np.random.Generator) -> Scene:
    """Some things take the kind or the colour of the first; no two become the same in both."""
    first, *rest = scene.things
    things, by_kind = [first], bool(rng.random() < 0.6)
    for thing in rest:
        changed = replace(thing, kind=first.kind) if by_kind else replace(thing, colour=first.colour)
        free = all(changed.words != other.words for other in (*things, *rest) if other is not thing)
        things.append(changed if free and rng.random() < 0.7 else thing)
    return Scene(tuple(things), scene.background)
