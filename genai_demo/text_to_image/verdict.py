"""What the detector says of pictures that were asked for: the judge, who has never seen the prompt."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from genai_demo.data.world import Scene, Thing, place_of, with_article
from genai_demo.data.world_words import judge, parse
from genai_demo.text_to_image import detector
from genai_demo.text_to_image.studio import Studio


@dataclass(frozen=True, slots=True)
class Seen:
    """captions: a few words on each picture; said: a sentence on all; right: how many show all that was asked."""

    captions: tuple[str, ...]
    said: str
    right: int | None


NOTHING = Seen((), "", None)


def seen(studio: Studio, prompt: str, pictures: Tensor) -> Seen:
    """pictures (b, 3, h, w) in [-1, 1]; nothing is said where the studio has no judge."""
    if studio.judge is None or pictures.shape[-2:] != (studio.side, studio.side):
        return NOTHING
    scenes = detector.look(studio.judge, pictures)
    wanted = parse(prompt)
    if wanted is None:
        words = "The detector sees: " + "; ".join(map(described, scenes)) + "."
        return Seen(tuple(map(_short, scenes)), words, None)
    verdicts = [judge(wanted, scene) for scene in scenes]
    whole = [v.things and v.colours and v.relations and v.sizes and v.background for v in verdicts]
    captions = tuple(f"{'✓' if right else '✗'} {_short(scene)}" for right, scene in zip(whole, scenes))
    parts = {"the things": [v.things for v in verdicts], "their colours": [v.colours for v in verdicts]}
    if wanted.relations or wanted.place:
        parts["where they are"] = [v.relations for v in verdicts]
    counts = ", ".join(f"{name} in {sum(found)}" for name, found in parts.items())
    said = f"The detector finds {counts} of {len(scenes)} pictures as asked."
    return Seen(captions, f"{said} First picture: {described(scenes[0])}.", sum(whole))


def described(scene: Scene) -> str:
    """ "a large red house on the left and a small blue ball, on white"."""
    things = [_placed(thing) for thing in scene.things]
    if not things:
        return f"nothing, on {scene.background}"
    *most, last = things
    return f"{', '.join(most)}{' and ' if most else ''}{last}, on {scene.background}"


def _placed(thing: Thing) -> str:
    return f"{with_article(f'{thing.size} {thing.words}')} {place_of(thing)}".strip()


def _short(scene: Scene) -> str:
    return ", ".join(thing.words for thing in sorted(scene.things, key=lambda t: t.x)) or "nothing"
