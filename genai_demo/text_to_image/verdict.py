"""What the detector says of pictures that were asked for: the judge, who has never seen the prompt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.data.world import Scene, Thing, place_of, with_article
from genai_demo.data.world_words import judge, parse
from genai_demo.text_to_image import detector, emoji_judge
from genai_demo.text_to_image.autoencoder import as_pictures
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
    if isinstance(studio.judge, emoji_judge.Judge):
        return _seen_emoji(studio.judge, prompt, pictures)
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


def _seen_emoji(judge_of_pictures: emoji_judge.Judge, prompt: str, pictures: Tensor) -> Seen:
    """The same of emoji: which one it is for the classifier, its style and its colours."""
    found = emoji_judge.look(judge_of_pictures, pictures)
    wanted = emoji_judge.parse(judge_of_pictures.names, prompt)
    said = [f"{' and '.join(one.colours)} {one.names[0]}, {one.style}".strip() for one in found]
    if wanted is None:
        return Seen(tuple(said), f"The classifier sees: {'; '.join(said)}.", None)
    right = [one.shows(wanted) for one in found]
    captions = tuple(f"{'✓' if all(each) else '✗'} {words}" for each, words in zip(right, said))
    parts = (
        {wanted.name: 0} | ({wanted.colour: 1} if wanted.colour else {}) | ({wanted.style: 2} if wanted.style else {})
    )
    counts = ", ".join(f"“{word}” in {sum(each[i] for each in right)}" for word, i in parts.items())
    return Seen(captions, f"The classifier finds {counts} of {len(found)} pictures.", sum(map(all, right)))


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """The picture of the training that is nearest to each: (n, h, w, 3) uint8, None where there are none; captions."""

    pictures: np.ndarray | None
    captions: tuple[str, ...]


@torch.inference_mode()
def near(studio: Studio, z: Tensor) -> Near:
    """z: finished latents (n, channels, h, w)."""
    if studio.memory is None or z.shape[-2:] != studio.memory.z.shape[-2:]:
        return Near(None, ())
    at, far = studio.memory.nearest(z)
    found = as_pictures(studio.decode(studio.memory.z[at].to(z.device)))
    return Near(found, tuple(f"{studio.memory.names[i]}, {off:.2f} away" for i, off in zip(at, far)))


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
