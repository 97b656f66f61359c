"""A scene of the picture world as a visitor writes it: things with size, colour, kind and place, then the background.

    small red house 25 60; large blue ball 70 40; light blue

Places are of centres, in whole percent of the picture's side, x to the right, y downwards; a thing's radius is the
middle of what its size may have. A background alone is an empty scene.
"""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType

from genai_demo.core.errors import DemoError, among, shown
from genai_demo.data.world import BACKGROUNDS, COLOURS, NUMBERS, SIZES, Scene, Thing, with_article
from genai_demo.data.world_kinds import KINDS, plural

MOST = 5  # things of a scene
RADII = MappingProxyType({size: sum(both) / 2 for size, both in SIZES.items()})
EXAMPLE = "small red house 25 60; grey"


def read(text: str) -> Scene:
    """The scene that is written there, capitals or not. Raises DemoError where it is none."""
    parts = [" ".join(part.lower().split()) for part in text.split(";")]
    things = [part for part in parts[:-1] if part]
    if parts[-1] not in BACKGROUNDS:
        raise DemoError(
            f"the scene's background, its last part, is {shown(parts[-1])}; {among(parts[-1], BACKGROUNDS)}"
        )
    if len(things) > MOST:
        raise DemoError(f"the scene has {len(things)} things; the limit is {MOST}, leave some out")
    return Scene(tuple(_thing(part) for part in things), parts[-1])


def _thing(part: str) -> Thing:
    words = part.split(" ")
    if len(words) != 5:
        raise DemoError(f"a thing of the scene is {shown(part)}; write size, colour, kind, x and y, as in {EXAMPLE}")
    size, colour, kind, *place = words
    for word, known in ((size, SIZES), (colour, COLOURS), (kind, KINDS)):
        if word not in known:
            raise DemoError(f"{shown(part)} has {shown(word)} in it; {among(word, known)}")
    x, y = (_share(value, part) for value in place)
    return Thing(kind, colour, size, x, y, RADII[size])


def _share(value: str, part: str) -> float:
    """Percent -> share of the side."""
    if not (value.isascii() and value.isdigit() and len(value) <= 3 and int(value) <= 100):
        raise DemoError(f"{shown(part)} lies at {shown(value)}; choose whole percents from 0 to 100")
    return int(value) / 100


def written(scene: Scene) -> str:
    """The text of a scene, as `read` reads it: places in whole percent, radii left out."""
    things = (f"{t.size} {t.colour} {t.kind} {round(100 * t.x)} {round(100 * t.y)}" for t in scene.things)
    return "; ".join((*things, scene.background))


def caption(scene: Scene) -> str:
    """All that is there, always in the same words: "two red houses and a blue ball"."""
    counted = Counter((thing.colour, thing.kind) for thing in scene.things)
    named = [
        with_article(f"{colour} {kind}") if count == 1 else f"{NUMBERS[count]} {colour} {plural(kind)}"
        for (colour, kind), count in counted.items()
    ]
    if not named:
        return f"{with_article(scene.background)} background"
    return " and ".join((", ".join(named[:-1]), named[-1]) if len(named) > 1 else named)
