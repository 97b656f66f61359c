"""A question about a picture through run(recipe), up to the first word, against the bare passes of its networks; and
64 patches left out one at a time, against one answer."""

from __future__ import annotations

import torch

from benchmarks import Row, alternate, seconds
from genai_demo.core.device import threads
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.vlm.answering import answer, ending
from genai_demo.vlm.hiding import hidden_one_by_one
from genai_demo.vlm.looking import look, question
from genai_demo.vlm.options import AskOptions

ROUNDS = 25


@threads(1)
def rows() -> list[Row]:
    """Seconds to a first word, with the picture found and the frame made; and of leave-patch-out."""
    options, seer = AskOptions.parse({}), load("vlm/llava")
    looked, prompt = look(seer, options.picture, warned=False), question(seer, options.turns)
    recipe = Recipe("vlm/ask")

    def first() -> None:
        frames = run(recipe)
        next(frames)
        frames.close()

    @torch.inference_mode()
    def bare() -> None:
        patches = seer.patches(looked.pixels[None])
        seer.sight(patches)(torch.tensor([prompt]), use_cache=True, logits_to_keep=1)

    found = answer(seer, looked.patches, prompt)
    given = ending(seer, found)
    return [
        seconds("vlm: first word of an answer, run(recipe) (at most 1.1)", *alternate(first, bare, ROUNDS)),
        seconds(
            "vlm: each of 64 patches left out, against one answer (at most 8)",
            *alternate(
                lambda: hidden_one_by_one(seer, looked.patches, prompt, given, ()),
                lambda: answer(seer, looked.patches, prompt),
                ROUNDS,
            ),
        ),
    ]
