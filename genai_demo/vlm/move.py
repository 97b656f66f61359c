"""Run vlm/move: one thing of a scene goes from where it is to another place, and at each step everything is asked
again. Nothing else changes, so that an answer that flips was about where it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from genai_demo.clip import pictures as given
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, carried, curve, matrix, number, pictures, prose, ranked
from genai_demo.data.world import Scene
from genai_demo.vlm.answering import Answer, answers
from genai_demo.vlm.looking import drawn, large, question
from genai_demo.vlm.model import Seer
from genai_demo.vlm.options import MoveOptions

MOST = 12  # questions


@dataclass(frozen=True, slots=True, eq=False)
class MoveStep:
    """One place of the thing. answers: picked where they are not those of the step before; flips (questions, steps)."""

    index: int
    total: int
    questions: tuple[str, ...]
    steps: tuple[str, ...]
    seen: np.ndarray = pictures("the scene")
    answers: tuple[Tok, ...] = ranked("what it answers; marked: not as the step before", unit="chance", long=True)
    flips: np.ndarray = matrix("answers that are not those of the step before", rows="questions", columns="steps")
    said: str = prose("what is shown")
    changed: int = curve("answers that are not those of the beginning", unit="answers", digits=0)
    x: int = number("its place", unit="% from the left", digits=0)
    y: int = number("its place", unit="% from the top", digits=0)
    given: tuple[str, ...] = carried()


def move(seer: Seer, options: MoveOptions, *, seed: int) -> Iterator[MoveStep]:
    """A frame a place. Nothing is random."""
    scene = given.scene_of(options.picture)
    asked = given.lines(options.questions, "question", MOST, longest=300)
    prompts = [question(seer, line) for line in asked]
    way = path(scene, options)
    flips = np.zeros((len(asked), len(way)), np.float32)
    first: list[Answer] = []
    before: list[Answer] = []
    for index, now in enumerate(way):
        pixels = drawn(now)
        with torch.inference_mode():
            patches = seer.patches(pixels[None])
        found = answers(seer, patches, prompts)
        first, before = first or found, before or found
        changed = [one.text != other.text for one, other in zip(found, before, strict=True)]
        flips[:, index] = changed
        thing = now.things[options.thing - 1]
        yield MoveStep(
            index,
            len(way),
            tuple(asked),
            tuple(str(i) for i in range(len(way))),
            large(pixels)[None],
            _rows(asked, found, changed),
            flips.copy(),
            _said(asked, before, found, index),
            sum(one.text != other.text for one, other in zip(found, first, strict=True)),
            round(100 * thing.x),
            round(100 * thing.y),
            tuple(one.text for one in found),
        )
        before = found


def path(scene: Scene, options: MoveOptions) -> list[Scene]:
    """The scene at each step. Raises DemoError where it has no such thing."""
    count = len(scene.things)
    if options.thing > count:
        raise DemoError(f"thing is {options.thing}; the scene has {count}, choose one of them")
    one = scene.things[options.thing - 1]
    found = []
    for share in np.linspace(0, 1, options.steps).tolist():
        x, y = (a + share * (b / 100 - a) for a, b in ((one.x, options.x), (one.y, options.y)))
        things = [*scene.things]
        things[options.thing - 1] = replace(one, x=x, y=y)
        found.append(Scene(tuple(things), scene.background))
    return found


def _rows(asked: Sequence[str], found: Sequence[Answer], changed: Sequence[bool]) -> tuple[Tok, ...]:
    return tuple(
        Tok(f"{text} {one.text}", one.chance, "picked" if new else "")
        for text, one, new in zip(asked, found, changed, strict=True)
    )


def _said(asked: Sequence[str], before: Sequence[Answer], now: Sequence[Answer], index: int) -> str:
    if not index:
        return "The scene as it was. Scrub: with each step the thing goes a little further, and nothing else changes."
    new = [
        f"{text} “{one.text}” was “{old.text}”."
        for text, old, one in zip(asked, before, now, strict=True)
        if one.text != old.text
    ]
    return " ".join(new) if new else "No answer changed in this step."
