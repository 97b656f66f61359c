"""Translating through run(recipe) against Transformers' generate: greedy, and by as many beams; on one thread."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks import Row, alternate, seconds
from genai_demo.core.device import threads
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run

TEXT = "This package contains the documentation of the library and a small program to edit text files."
ROUNDS, BEAMS = 15, 4


@threads(1)
def rows() -> list[Row]:
    """Seconds for the translation of a sentence into French, greedy and by beams."""
    return [
        seconds("seq2seq: a sentence, run(recipe) with its attention (at most 1.1)", *_pair("translate", 1)),
        seconds(f"seq2seq: {BEAMS} beams, run(recipe) with its tree (at most 1.0)", *_pair("beam", BEAMS)),
    ]


def _pair(name: str, beams: int) -> tuple[float, float]:
    model = load("seq2seq/translator")
    read = torch.tensor([model.encode("fr", TEXT)])
    options: dict[str, Any] = {"text": TEXT, "task": "fr", **({"beams": beams} if beams > 1 else {})}
    recipe = Recipe(f"seq2seq/{name}", options)

    @torch.inference_mode()
    def bare() -> None:
        model.network.generate(
            input_ids=read,
            attention_mask=torch.ones_like(read),
            num_beams=beams,
            do_sample=False,
            max_new_tokens=60,
            output_attentions=beams == 1,
            return_dict_in_generate=True,
        )

    return alternate(lambda: list(run(recipe)), bare, ROUNDS)
