"""Emoji with words: which concepts a small text-to-picture model draws, in which styles and colours, and its captions.

A picture is on white. Its colours are named from its pixels; most also stand there turned to other hues, so that a
colour word means something of its own: "a blue banana, noto". Some pairs of a concept and a style or colour are in no
training, neither is any picture of the concepts that `emoji.Concept.held_out` names.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from genai_demo.data import emoji
from genai_demo.data.emoji import Concept, Emoji, Vendor

STYLES: dict[str, Vendor] = {"noto": "noto", "twemoji": "twemoji", "fluent": "fluent", "flat": "fluent flat"}
CATEGORIES = ("Animals & Nature", "Food & Drink", "Activities", "Travel & Places", "Objects")
LEFT_OUT = re.compile(
    r"moon|banknote|speaker|suit$|medal|map of|globe|chart|arrow|slash|with flag|envelope|office|tray|battery|locked|"
    r"identification|hamsa|nazar|japanese (post|dolls)|ticket|departure|arrival|microbe|dna|x-ray|hourglass not"
)
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey")
TURNED = ("red", "orange", "yellow", "green", "blue", "purple", "pink")  # what a hue can be turned to
HUES = {"red": 0, "orange": 28, "yellow": 52, "green": 120, "blue": 215, "purple": 275, "pink": 325}  # degrees
TURNS = 2  # other hues in which a picture stands in the training
COLOURFUL = 0.4  # the least share of a picture's pixels in its first colour for it to be turned
SECOND = 0.2  # the least share of a colour that is named after another
ONE_IN = 10  # pairs that are held out, one of this many
COMMON = 4  # concepts with a keyword, at least, for it to be said
WHITE = np.full(3, 255, np.uint8)
ARTICLES = ("a", "an", "the", "of", "and")
NewIn = Literal["nothing", "colour", "style"]


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture (64, 64, 3) uint8 on white: whose it is, its style and colours, the first the most; turned: or not."""

    picture: np.ndarray
    concept: Concept
    style: str
    colours: tuple[str, ...]
    turned: bool


def concepts(everything: Emoji) -> list[int]:
    """The places of those that a picture shows plainly."""
    return [
        i
        for i, concept in enumerate(everything.concepts)
        if concept.category in CATEGORIES and not LEFT_OUT.search(concept.name.lower())
    ]


def new_in(concept: Concept, style: str, colour: str) -> NewIn:
    """What of it no training has; the same on every machine."""
    if _held(concept.code, colour):
        return "colour"
    return "style" if _held(concept.code, style) else "nothing"


def _held(code: str, word: str) -> bool:
    return int(hashlib.sha256(f"{code} {word}".encode()).hexdigest()[:8], 16) % ONE_IN == 0


def shown(everything: Emoji, turns: int = TURNS) -> Iterator[Shown]:
    """Every concept in every style, as it is and turned to `turns` other hues; held out or not."""
    for i in concepts(everything):
        concept = everything.concepts[i]
        for style, vendor in STYLES.items():
            if everything.here[vendor][i]:
                yield from _variants(everything.pictures[vendor][i], concept, style, turns)


def _variants(rgba: np.ndarray, concept: Concept, style: str, turns: int) -> Iterator[Shown]:
    found = colours_of(rgba)
    names = tuple(name for name, share in found[:2] if share >= SECOND) or tuple(name for name, _ in found[:1])
    yield Shown(emoji.on(rgba, WHITE), concept, style, names, False)
    if not found or found[0][0] not in TURNED or found[0][1] < COLOURFUL:
        return
    rng = np.random.default_rng(int(hashlib.sha256(f"{concept.code} {style}".encode()).hexdigest()[:8], 16))
    others = [name for name in TURNED if name != found[0][0]]
    for colour in rng.permutation(others)[:turns].tolist():
        other = turned(rgba, HUES[colour] - HUES[found[0][0]])
        now = colours_of(other)
        if now and now[0][0] == colour:
            yield Shown(emoji.on(other, WHITE), concept, style, tuple(n for n, s in now[:2] if s >= SECOND), True)


def training(everything: Emoji, turns: int = TURNS) -> list[Shown]:
    """Those of the training: nothing of them is held out."""
    return [
        one
        for one in shown(everything, turns)
        if not one.concept.held_out and new_in(one.concept, one.style, one.colours[0]) == "nothing"
    ]


def turned(rgba: np.ndarray, degrees: float) -> np.ndarray:
    """(h, w, 4) uint8 with every hue turned by so much."""
    hsv = np.array(Image.fromarray(rgba[..., :3]).convert("HSV"))
    hsv[..., 0] = ((hsv[..., 0].astype(np.float32) + degrees * 256 / 360) % 256).astype(np.uint8)
    rgb = np.asarray(Image.fromarray(hsv, "HSV").convert("RGB"))
    return np.concatenate([rgb, rgba[..., 3:]], -1)


def colours_of(rgba: np.ndarray) -> list[tuple[str, float]]:
    """The names of its colours with their shares of what is not transparent, the largest first.

    Every other pixel is looked at, along and down.
    """
    some = rgba[::2, ::2]
    seen = some[some[..., 3] > 127][:, :3]
    if not len(seen):
        return []
    hsv = np.asarray(Image.fromarray(seen[None]).convert("HSV"), np.float32)[0]
    counts = np.bincount(_named(hsv[:, 0] * 360 / 256, hsv[:, 1] / 255, hsv[:, 2] / 255), minlength=len(COLOURS))
    return [(COLOURS[i], int(counts[i]) / len(seen)) for i in np.argsort(-counts, kind="stable") if counts[i]]


def _named(hue: np.ndarray, vivid: np.ndarray, bright: np.ndarray) -> np.ndarray:
    """Hue in degrees, saturation and value from 0 to 1 -> places in COLOURS. The first rule that fits wins."""
    dull = vivid < 0.18
    rules = [
        (bright < 0.24, "black"),
        (dull & (bright > 0.85), "white"),
        (dull & (bright < 0.35), "black"),
        (dull, "grey"),
        ((hue >= 10) & (hue < 48) & (bright < 0.68), "brown"),
        (((hue < 16) | (hue >= 340)) & (vivid < 0.5) & (bright > 0.7), "pink"),
        ((hue < 16) | (hue >= 345), "red"),
        (hue < 40, "orange"),
        (hue < 66, "yellow"),
        (hue < 170, "green"),
        (hue < 252, "blue"),
        (hue < 292, "purple"),
    ]
    return np.select([rule for rule, _ in rules], [COLOURS.index(name) for _, name in rules], COLOURS.index("pink"))


def name_of(concept: Concept) -> str:
    """Its name in small letters, without commas and without the colour that it begins with."""
    words = re.sub(r"[,:“”]", "", concept.name.lower()).replace("’", "'").split()
    return " ".join(words[1:] if words[0] in COLOURS and len(words) > 1 else words)


def caption(one: Shown, rng: np.random.Generator, common: frozenset[str]) -> str:
    """As in "a red apple, fruit, noto". common: keywords that may be said. A hue that was turned is always named."""
    name = name_of(one.concept)
    colour = ""
    if one.colours and (one.turned or rng.random() < 0.6):
        colour = " and ".join(one.colours) if rng.random() < 0.3 else one.colours[0]
    said = f"{colour} {name}".strip()
    if rng.random() < 0.6:
        said = with_article(said)
    keywords = [word for word in one.concept.keywords if word.lower() in common and word.lower() not in name]
    if keywords and rng.random() < 0.2:
        said += f", {keywords[int(rng.integers(len(keywords)))].lower()}"
    return f"{said}, {one.style}" if rng.random() < 0.85 else said


def prompt(concept: Concept, colour: str, style: str) -> str:
    """The caption that says all of it."""
    return f"{with_article(f'{colour} {name_of(concept)}'.strip())}, {style}"


def with_article(words: str) -> str:
    """ "a red apple"; "red grapes" stay without."""
    if re.search(r"(?<!s)(?<!u)s$", words):
        return words
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def common_keywords(chosen: list[Concept]) -> frozenset[str]:
    """Single words that are keywords of COMMON of them or more."""
    counted = Counter(word.lower() for one in chosen for word in set(one.keywords) if " " not in word)
    return frozenset(word for word, count in counted.items() if count >= COMMON and word.isalpha())


def vocabulary(everything: Emoji) -> tuple[str, ...]:
    """Every word that a caption of the training can have, in alphabetical order."""
    chosen = [everything.concepts[i] for i in concepts(everything) if not everything.concepts[i].held_out]
    names = [word for one in chosen for word in name_of(one).split()]
    return tuple(sorted({*names, *common_keywords(chosen), *COLOURS, *STYLES, *ARTICLES}))
