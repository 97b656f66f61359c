"""Masked prediction through run(recipe) against the bare Transformers call, the same text, on one thread."""

from __future__ import annotations

import torch

from benchmarks import Row, alternate, seconds
from genai_demo.core.device import threads
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.encoder.options import MASK

WORDS = "The doctor looked at the patient and gave him some [MASK] before he went back to his [MASK]. "
TEXT = (WORDS * 5).replace("[MASK]", MASK).strip()  # about a hundred tokens


def rows() -> list[Row]:
    """Seconds for the words of ten gaps."""
    return [seconds("encoder: ten gaps of a hundred tokens, run(recipe) (at most 1.1)", *_filling())]


@threads(1)
def _filling() -> tuple[float, float]:
    model = load("encoder/words")
    recipe = Recipe("encoder/fill", {"text": TEXT})

    @torch.inference_mode()
    def bare() -> None:
        ids = torch.tensor([model.encode(TEXT)])
        logits = model.network(input_ids=ids).logits
        logits[ids == model.mask].softmax(-1).topk(8)

    return alternate(lambda: list(run(recipe)), bare, 15)
