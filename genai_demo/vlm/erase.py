"""Run vlm/erase: a thing is taken out of the patches by subtracting its direction, and the answers change.

Jiang et al. 2024, "Interpreting and Editing Vision-Language Representations" (ProjectAway): each patch p loses its part
along a direction d of length 1: p - strength * max(0, p . d) d. d is the decoder's own vector of the word, or the mean
of patches that show it less that of patches that show other things.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.frames import Tok, curve, number, pictures, prose, ranked
from genai_demo.data.world import BACKGROUNDS, COLOURS, SIZES, Scene, Thing, draw, with_article
from genai_demo.data.world_kinds import KINDS
from genai_demo.data.world_questions import NONE
from genai_demo.vlm import words
from genai_demo.vlm.answering import Answer, answers, log_chances
from genai_demo.vlm.looking import Looked, large, look, near, question
from genai_demo.vlm.maps import tinted
from genai_demo.vlm.model import Seer
from genai_demo.vlm.options import EraseOptions
from genai_demo.vlm.patches import cell

EXAMPLES = 192  # drawn things that a direction is measured on, half of them showing it
CAPTION = "Describe the picture."


@dataclass(frozen=True, slots=True, eq=False)
class EraseStep:
    """One strength. here, others: with which chance the model holds that a thing is there."""

    index: int
    total: int
    names: tuple[str, ...]
    notice: str | None = prose("note")
    drawn: np.ndarray = pictures("the picture, and what is subtracted from its patches", names="names")
    answers: tuple[Tok, ...] = ranked("what it answers now", unit="chance", long=True)
    caption: str = prose("its caption now")
    said: str = prose("what is shown")
    strength: float = number("strength")
    here: float | None = curve("of what is erased", unit="chance", chart="does it hold that it is there?")
    others: float | None = curve("of the other things, mean", unit="chance", chart="does it hold that it is there?")
    kept: float = number("of the patches' length is left", unit="%", digits=0)


@torch.inference_mode()
def erase(seer: Seer, options: EraseOptions, *, seed: int) -> Iterator[EraseStep]:
    """A frame a strength, from nothing taken away. The drawn scenes that a direction is measured on follow the seed."""
    word = options.word.strip().lower()
    looked = look(seer, options.picture)
    asked = question(seer, options.question)
    away = direction(seer, word, options.direction, seed)
    along = (looked.patches[0] @ away).clamp(min=0)  # (n,)
    others = [thing.kind for thing in looked.scene.things if word not in thing.words] if looked.scene else []
    strengths = np.linspace(0, options.strength, options.steps)
    first = ""
    for index, strength in enumerate(strengths):
        changed = looked.patches - float(strength) * along[None, :, None] * away
        found = answers(seer, changed, [asked, question(seer, CAPTION)])
        first = first or found[0].text
        yield EraseStep(
            index,
            len(strengths),
            ("the picture", "how much is taken from each patch"),
            looked.notice or None,
            _drawn(looked, along, float(strength)),
            _rows(options.question, found[0], first),
            found[1].text,
            _said(word, float(strength), first, found[0].text),
            float(strength),
            there(seer, changed, [word]),
            there(seer, changed, list(dict.fromkeys(others))),
            100 * float(changed.norm() / looked.patches.norm()),
        )


def direction(seer: Seer, word: str, way: str, seed: int) -> Tensor:
    """(width,) of length 1. Raises DemoError where the word names neither a thing nor a colour."""
    if word not in KINDS and word not in COLOURS:
        raise DemoError(f"word is {shown(word)}; name a kind of thing or a colour, {near(word)}")
    if way == "of its word":
        table = seer.language.network.get_input_embeddings().weight
        return F.normalize(table[words.number_of(word)], dim=0)
    rng = np.random.default_rng((seed, len(word)))
    half = EXAMPLES // 2
    shows, not_ = ([_example(rng, word, is_so) for _ in range(half)] for is_so in (True, False))
    with_it, without = (_centres(seer, scenes) for scenes in (shows, not_))
    return F.normalize(with_it - without, dim=0)


def _example(rng: np.random.Generator, word: str, is_so: bool) -> Scene:
    """A scene of one thing that is of this kind or colour, or is not."""

    def one(names: tuple[str, ...]) -> str:
        free = [name for name in names if name != word]
        return word if is_so and word in names else free[int(rng.integers(len(free)))]

    size = list(SIZES)[int(rng.integers(2))]
    radius = sum(SIZES[size]) / 2
    x, y = rng.uniform(radius, 1 - radius, 2).tolist()
    ground = list(BACKGROUNDS)[int(rng.integers(len(BACKGROUNDS)))]
    return Scene((Thing(one(tuple(KINDS)), one(tuple(COLOURS)), size, x, y, radius),), ground)


def _centres(seer: Seer, scenes: list[Scene]) -> Tensor:
    """(width,): the mean of the patches in which the things of these scenes lie."""
    at = [cell(scene.things[0].x, scene.things[0].y) for scene in scenes]
    found = [seer.patches(np.stack([draw(one) for one in scenes[i : i + 32]])) for i in range(0, len(scenes), 32)]
    whole = torch.cat(found)
    return whole[torch.arange(len(at)), at].mean(0)


def there(seer: Seer, patches: Tensor, names: list[str]) -> float | None:
    """Mean chance with which the model holds that each is there; None where there is nothing to ask for.

    Of a kind the chance of "yes"; of a colour that of another number than none.
    """
    found = [_there(seer, patches, name) for name in names]
    return sum(found) / len(found) if found else None


def _there(seer: Seer, patches: Tensor, name: str) -> float:
    if name in COLOURS:
        asked, said = f"How many {name} things are there?", NONE
    else:
        asked, said = f"Is there {with_article(name)}?", "yes"
    chance = math.exp(float(log_chances(seer, patches, seer.prompt((), asked), [words.number_of(said)])))
    return 1 - chance if name in COLOURS else chance


def _drawn(looked: Looked, along: Tensor, strength: float) -> np.ndarray:
    side = math.isqrt(len(along))
    taken = np.asarray((strength * along).reshape(side, side).float().cpu().numpy())
    plain = np.zeros_like(taken)
    return np.stack([large(looked.pixels), tinted(looked.pixels, taken if strength else plain)])


def _rows(asked: str, now: Answer, first: str) -> tuple[Tok, ...]:
    changed = now.text != first
    return (Tok(f"{asked} {now.text}", now.chance, "picked" if changed else ""),)


def _said(word: str, strength: float, first: str, now: str) -> str:
    if strength == 0:
        return f"Nothing is taken away yet. It answers “{now}”."
    changed = f"“{now}” in place of “{first}”" if now != first else f"“{now}”, as before"
    return f"{strength:.2f} times the part along “{word}” is taken from each patch. It answers {changed}."
