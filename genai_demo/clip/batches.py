"""What the small CLIP sees in training: emoji, scenes of emoji, the picture world, written words; with captions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.data import emoji, scenes, signs, world
from genai_demo.data.emoji import Concept, Emoji, Vendor
from genai_demo.data.world_kinds import KINDS

SEEN_VENDORS: tuple[Vendor, ...] = tuple(v for v in emoji.VENDORS if v != emoji.UNSEEN_VENDOR)
TWO = 2  # of them, the first, are in the training from its start
SHORT = 0.3  # of the scenes of the world are then named without colours
NEVER = 10**9  # a step that is not reached
SIDED = ("left", "right", "arrow", "clockwise", "forward", "reverse", "button", "mark")  # not to be mirrored


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Pairs: pictures (n, 3, 64, 64) float32 in [0, 1], texts."""

    pictures: Tensor
    texts: list[str]


class Source:
    """Makes batches; the step's number alone decides what is in one, so that a training can be stopped anywhere.

    wider: the step from which on all of SEEN_VENDORS are drawn from; before it, the first TWO. reading: the one from
    which on words are written, and some scenes of the world are named without their colours.
    """

    def __init__(self, seed: int, found: Emoji | None = None, wider: int = 0, reading: int = NEVER) -> None:
        self.seed, self.emoji, self.wider, self.reading = seed, found or emoji.load(), wider, reading
        taught = ~self.emoji.held_out
        self.here = np.stack([self.emoji.here[vendor] & taught for vendor in SEEN_VENDORS])  # (vendors, concepts)
        self.concepts = np.flatnonzero(self.here[:TWO].any(0))
        self.in_scenes = scene_concepts(self.emoji, self.here)
        self.words = readable([self.emoji.concepts[i].name for i in self.concepts])

    def batch(self, step: int, singles: int, scened: int, worldly: int, written: int = 0) -> list[Batch]:
        """That step's emoji, then scenes of emoji together with scenes of the world (their texts are longer).

        Once words are written, so many of the emoji are signs, and a quarter of the scenes have a word on them.
        """
        rng = np.random.default_rng((self.seed, step))
        vendors = TWO if step < self.wider else len(SEEN_VENDORS)
        if step < self.reading:
            return [self._singles(singles, vendors, rng), self._scenes(scened, worldly, vendors, rng)]
        found = self._singles(singles - written, vendors, rng), self._scenes(scened, worldly, vendors, rng, SHORT)
        return [found[0], self._signs(written, rng), self._labelled(found[1], rng)]

    def _signs(self, count: int, rng: np.random.Generator) -> Batch:
        """Different words by themselves, moved and tinted as emoji are."""
        chosen = [self.words[i] for i in rng.choice(len(self.words), count, replace=False)]
        drawn = np.stack([signs.sign(word, rng) for word in chosen])
        return Batch(augmented(drawn, np.zeros(count, bool), rng), [sign_caption(word, rng) for word in chosen])

    def _labelled(self, batch: Batch, rng: np.random.Generator) -> Batch:
        """A word written over one of four; the caption says it, alone or beside what it said before."""
        texts = list(batch.texts)
        pixels = (255 * batch.pictures.permute(0, 2, 3, 1)).round().to(torch.uint8).numpy()
        for i in np.flatnonzero(rng.random(len(texts)) < 0.25):
            word, place = self.words[int(rng.integers(len(self.words)))], tuple(signs.PLACES)[int(rng.integers(3))]
            share, paper = float(rng.uniform(0.2, 0.5)), bool(rng.random() < 0.7)
            drawn = signs.written(pixels[i], word, share, place, paper=paper)
            batch.pictures[i] = torch.from_numpy(drawn / np.float32(255)).permute(2, 0, 1)
            texts[i] = sign_caption(word, rng) if rng.random() < 0.4 else f"{texts[i]} with the word {word}"
        return Batch(batch.pictures, texts)

    def _singles(self, count: int, among: int, rng: np.random.Generator) -> Batch:
        """Different concepts, each by one vendor, moved, turned, tinted and on any background."""
        chosen = rng.choice(self.concepts, count, replace=False)
        vendors = [int(rng.choice(np.flatnonzero(self.here[:among, i]))) for i in chosen]
        drawn = np.stack([self.emoji.pictures[SEEN_VENDORS[v]][i] for v, i in zip(vendors, chosen)])
        concepts = [self.emoji.concepts[i] for i in chosen]
        mirrored = np.array([may_mirror(concept) for concept in concepts]) & (rng.random(count) < 0.5)
        return Batch(augmented(drawn, mirrored, rng), [caption(concept, rng) for concept in concepts])

    def _scenes(self, scened: int, worldly: int, among: int, rng: np.random.Generator, short: float = 0.0) -> Batch:
        pictures, texts = [], []
        for _ in range(scened):
            which = int(rng.integers(among))
            scene = scenes.random_scene(self.in_scenes[which], SEEN_VENDORS[which], rng)
            pictures.append(scenes.draw(scene, self.emoji))
            texts.append(scenes.caption(scene, self.emoji, rng))
        for _ in range(worldly):
            made = world.random_scene(rng)
            pictures.append(world.draw(made))
            named = world.short_caption if short and rng.random() < short else world.caption
            texts.append(named(made, rng))
        return Batch(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255, texts)


def readable(names: Sequence[str]) -> list[str]:
    """The words that are written: of these names and of the picture world's those that are one short word."""
    return [
        name
        for name in dict.fromkeys((*names, *KINDS))
        if name.isascii() and name.isalpha() and len(name) <= signs.LONGEST
    ]


def sign_caption(word: str, rng: np.random.Generator) -> str:
    """What is said of a sign, as beside pictures on the web: the thing it names, or that it is a word."""
    chosen = rng.random()
    if chosen < 0.2:
        return f"the word {word}"
    return word if chosen < 0.6 else f"{TEMPLATES[int(rng.integers(len(TEMPLATES)))]} {world.with_article(word)}"


def scene_concepts(found: Emoji, here: np.ndarray) -> list[np.ndarray]:
    """For each row of `here` (vendors, concepts) the concepts that scenes may show."""
    fits = np.array([scenes.usable(concept) for concept in found.concepts])
    return [np.flatnonzero(row & fits) for row in here]


def may_mirror(concept: Concept) -> bool:
    """Whether its picture seen in a mirror still is what it is called."""
    words = (concept.name, *concept.keywords)
    return concept.category != "Symbols" and not any(word in text for text in words for word in SIDED)


def caption(concept: Concept, rng: np.random.Generator) -> str:
    """Its name, some of its keywords, or both."""
    words = [word for word in concept.keywords if word != concept.name]
    some = [words[i] for i in rng.permutation(len(words))[: int(rng.integers(1, 5))]] if words else []
    chosen = rng.random()
    if chosen < 0.2 and len(some) > 1:
        return ", ".join(some)
    if chosen < 0.4 and some:
        return f"{concept.name}, {', '.join(some)}"
    if chosen < 0.6:
        return f"{TEMPLATES[int(rng.integers(len(TEMPLATES)))]} {world.with_article(concept.name)}"
    return concept.name


TEMPLATES = ("a picture of", "an emoji of", "a drawing of", "an icon of", "a photo of")


def augmented(drawn: np.ndarray, mirrored: np.ndarray, rng: np.random.Generator) -> Tensor:
    """RGBA (n, 64, 64, 4) uint8, moved, scaled, turned, tinted, on backgrounds -> (n, 3, 64, 64) in [0, 1].

    mirrored (n,) bool: which of them to flip left to right.
    """
    n = len(drawn)
    rgba = torch.from_numpy(drawn).permute(0, 3, 1, 2).float() / 255
    colour, alpha = _tinted(rgba[:, :3], rng), rgba[:, 3:]
    scale = rng.uniform(0.95, 1.6, (n, 1)) * rng.uniform(0.92, 1.08, (n, 2))  # across, down: above 1 is smaller
    turn, slant = rng.normal(0, math.radians(8), n), rng.normal(0, 0.06, n)
    shift = rng.uniform(-1, 1, (n, 2)) * np.maximum(0, scale - 0.9)
    scale[:, 0] *= np.where(mirrored, -1, 1)
    rows = np.stack(
        [
            np.stack([scale[:, 0] * np.cos(turn), scale[:, 0] * (slant - np.sin(turn)), shift[:, 0]], 1),
            np.stack([scale[:, 1] * np.sin(turn), scale[:, 1] * np.cos(turn), shift[:, 1]], 1),
        ],
        1,
    )
    grid = F.affine_grid(torch.from_numpy(rows).float(), [n, 4, *drawn.shape[1:3]], align_corners=False)
    moved = F.grid_sample(torch.cat([colour * alpha, alpha], 1), grid, align_corners=False)
    background = torch.from_numpy(backgrounds(n, rng))[:, :, None, None]
    return _blurred(moved[:, :3] + (1 - moved[:, 3:]) * background, rng).clamp(0, 1)


def _blurred(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Some blurred, some sharpened, most nearly as they were."""
    amount = torch.from_numpy(rng.normal(0, 0.4, (len(pictures), 1, 1, 1))).float()
    padded = F.pad(pictures, (1, 1, 1, 1), mode="replicate")
    return pictures + amount * (F.avg_pool2d(padded, 3, 1) - pictures)


def _tinted(colour: Tensor, rng: np.random.Generator) -> Tensor:
    """Hue, saturation, contrast and brightness changed a little; colour (n, 3, h, w) in [0, 1]."""
    n = len(colour)
    grey = colour.mean(1, keepdim=True)
    saturation, contrast, bright = (
        torch.from_numpy(rng.uniform(1 - w, 1 + w, (n, 1, 1, 1))).float() for w in (0.4, 0.3, 0.2)
    )
    mix = torch.eye(3) + torch.from_numpy(rng.normal(0, 0.06, (n, 3, 3))).float()
    colour = torch.einsum("nij,njhw->nihw", mix, grey + (colour - grey) * saturation)
    return (((colour - 0.5) * contrast + 0.5) * bright).clamp(0, 1)


def backgrounds(n: int, rng: np.random.Generator) -> np.ndarray:
    """Colours (n, 3) float32 in [0, 1]: white, pale or any."""
    kind = rng.random(n)[:, None]
    pale, any_colour = rng.uniform(0.75, 1, (n, 3)), rng.uniform(0, 1, (n, 3))
    return np.where(kind < 0.35, 1.0, np.where(kind < 0.75, pale, any_colour)).astype(np.float32)


def plain(drawn: np.ndarray, background: int = 255) -> Tensor:
    """RGBA (n, 64, 64, 4) uint8 as it is, on grey or white -> (n, 3, 64, 64) in [0, 1]."""
    on = emoji.on(drawn, np.array([background] * 3))
    return torch.from_numpy(on).permute(0, 3, 1, 2).float() / 255


def joined(batches: Sequence[Batch]) -> Tensor:
    """All pictures (n, 3, 64, 64)."""
    return torch.cat([batch.pictures for batch in batches])
