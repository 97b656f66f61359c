"""A text routed through run(recipe), with all that is shown of it, against the bare forward of Transformers."""

from __future__ import annotations

import torch

from benchmarks import Row, alternate, seconds
from genai_demo.core.device import threads
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run

TEXT = "This package contains the documentation of the library and a small program to edit text files. " * 10
ROUNDS = 15


@threads(1)
def rows() -> list[Row]:
    """Seconds for where each token of a text goes, in every layer."""
    model = load("moe/top2")
    recipe = Recipe("moe/route", {"text": TEXT})

    @torch.inference_mode()
    def bare() -> None:
        model.network(torch.tensor([model.encode(TEXT)]), use_cache=False, output_router_logits=True)

    pair = alternate(lambda: list(run(recipe)), bare, ROUNDS)
    return [seconds("moe: where a text's tokens go, run(recipe) (at most 1.15)", *pair)]
