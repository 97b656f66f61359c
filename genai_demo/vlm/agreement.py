"""How far leaving a patch out, covering it and attention agree, over many questions: for cards."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from genai_demo.data.world import draw
from genai_demo.data.world_questions import Asked, asked, scene_to_ask
from genai_demo.vlm.answering import answer, ending, log_chances
from genai_demo.vlm.hiding import agreement, attention, covered, hidden_one_by_one, sinks
from genai_demo.vlm.model import Seer

KINDS = ("colour", "size", "place", "beside", "side")  # questions about something that lies somewhere
Measured = dict[str, float]


@torch.inference_mode()
def measured(seer: Seer, count: int, seed: int = 0) -> Measured:
    """Means over `count` questions about held-out scenes: rank correlations with a patch left out, and sinks a picture.

    first: how often the patch whose loss counts most is also the first by attention, sinks masked.
    """
    rows = [_one(seer, pixels, one.text) for pixels, one in _asked(count, seed)]
    names = ("covered", "attention, sinks masked", "attention", "sinks", "first")
    return {name: round(float(np.mean([row[i] for row in rows])), 3) for i, name in enumerate(names)}


def _asked(count: int, seed: int) -> Iterator[tuple[np.ndarray, Asked]]:
    rng = np.random.default_rng((50_000, seed))
    while count:
        scene = scene_to_ask(rng)
        for one in asked(scene, rng, 1, kinds=KINDS):
            yield draw(scene), one
            count -= 1


def _one(seer: Seer, pixels: np.ndarray, text: str) -> tuple[float, ...]:
    patches = seer.patches(pixels[None])
    prompt = seer.prompt((), text)
    given = ending(seer, answer(seer, patches, prompt))
    base = log_chances(seer, patches, prompt, given).sum()
    left_out = base - hidden_one_by_one(seer, patches, prompt, given).sum(1)
    again = log_chances(seer, seer.patches(covered(pixels, 8)), prompt, given).sum(1)
    looks, sunk = attention(seer, patches, prompt, given).mean(0), sinks(seer, patches)
    masked = looks.masked_fill(sunk, 0)
    return (
        agreement(left_out, base - again),
        agreement(left_out, masked),
        agreement(left_out, looks),
        float(sunk.sum()),
        float(int(left_out.argmax()) == int(masked.argmax())),
    )
