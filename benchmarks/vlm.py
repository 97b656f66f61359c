"""Vision-language models through run(recipe) against the bare passes: the first word, and all patches left out."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from benchmarks import Row, alternate, seconds
from genai_demo.core.device import threads
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.text_to_image.autoencoder import as_input
from genai_demo.vlm.answering import answer, ending
from genai_demo.vlm.hiding import hidden_one_by_one
from genai_demo.vlm.looking import look, pixels_of
from genai_demo.vlm.options import THREE

QUESTION = "What is to the right of the house?"
MODELS = ("vlm/llava", "vlm/fusion")


@threads(1)
def rows() -> list[Row]:
    """Seconds, for each of both ways to see."""
    return [row for key in MODELS for row in (_first(key), _patches(key))]


def _first(key: str) -> Row:
    """The first frame of an answer, and tower, projector and decoder asked once."""

    def ours() -> None:
        frames = run(Recipe("vlm/ask", {"picture": THREE, "turns": QUESTION}, 0, key))
        next(frames)
        frames.close()

    return seconds(f"{key}: the first word against the bare passes (at most 1.1)", *alternate(ours, _bare(key), 25))


def _bare(key: str) -> Callable[[], None]:
    seer = load(key)
    ids = torch.tensor([seer.prompt((), QUESTION)])
    network = seer.language.network

    @torch.inference_mode()
    def bare() -> None:
        patches = seer.projector(seer.tower(as_input([pixels_of(THREE)])))
        if seer.fused:
            network(input_ids=ids, patches=patches, logits_to_keep=1)
            return
        words = network.get_input_embeddings()(ids[:, patches.shape[1] :])
        network(inputs_embeds=torch.cat([patches, words], 1), logits_to_keep=1)

    return bare


def _patches(key: str) -> Row:
    """All patches left out in one batch, and one answer of the same model, its picture looked at."""
    seer = load(key)
    patches, prompt = look(seer, THREE).patches, seer.prompt((), QUESTION)
    given = ending(seer, answer(seer, patches, prompt))

    def ours() -> None:
        hidden_one_by_one(seer, patches, prompt, given)

    def one() -> None:
        answer(seer, look(seer, THREE).patches, prompt)

    side = math.isqrt(patches.shape[1])
    name = f"{key}: {side} x {side} patches left out, in answers (at most 8)"
    return seconds(name, *alternate(ours, one, 15))
