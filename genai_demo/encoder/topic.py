"""Topic: what kind of thing a description is of, read from the mean of the tokens' vectors after each layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from genai_demo.core.frames import Tok, curve, matrix, number, prose, ranked
from genai_demo.core.spec import find_spec
from genai_demo.encoder.heads import TOPIC, states, trained
from genai_demo.encoder.model import Encoder, unlike
from genai_demo.encoder.options import TopicOptions
from genai_demo.encoder.shown import layer_name

LISTED = 6


@dataclass(frozen=True, slots=True, eq=False)
class TopicStep:
    """One layer and the head behind it. table (layers + 1, LISTED): the kinds that the last layer finds likeliest.

    right: of descriptions never seen, how many this layer's head gets right, from the card.
    """

    index: int
    total: int
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    kinds: tuple[Tok, ...] = ranked("what it describes", unit="probability")
    table: np.ndarray = matrix("probability, layer by layer", rows="rows", columns="columns", cells=True)
    said: str = prose("what is shown")
    layer: str = number("read after")
    sure: float = curve("the likeliest kind", unit="probability", digits=2)
    right: float | None = curve("right on descriptions never seen", unit="%", digits=1)


@torch.inference_mode()
def topic(model: Encoder, options: TopicOptions, *, seed: int) -> Iterator[TopicStep]:
    """The text once through the network, then a frame for each layer's head. Nothing is random."""
    ids = model.encode(options.text)
    heads = trained(TOPIC, model)
    chances = heads(states(model, ids).mean(1, keepdim=True)).softmax(-1)[:, 0].cpu()  # (layers + 1, classes)
    odd = unlike(model, options.text, ids)
    order = chances[-1].topk(min(LISTED, len(heads.classes))).indices
    rights = measured(find_spec(f"encoder/{TOPIC}").card)
    rows = tuple("embedding" if not i else f"layer {i}" for i in range(len(chances)))
    table = np.zeros((len(chances), len(order)), np.float32)
    for i, each in enumerate(chances):
        table = table.copy()
        table[i] = each[order].numpy()
        best = each.topk(len(order))
        yield TopicStep(
            i,
            len(chances),
            rows,
            tuple(heads.classes[k] for k in order),
            tuple(Tok(heads.classes[k], p) for p, k in zip(best.values.tolist(), best.indices.tolist(), strict=True)),
            table,
            odd or said(i),
            layer_name(i, len(chances) - 1),
            float(best.values[0]),
            rights.get(i),
        )


def measured(card: Mapping[str, Any]) -> dict[int, float]:
    """Layer -> the share that its head gets right, in %, as the card has it."""
    found: dict[int, float] = {}
    for name, value in card.get("quality", {}).items():
        if name.startswith("right_"):
            found[int(name.removeprefix("right_"))] = round(100 * value, 2)
    return found


def said(layer: int) -> str:
    """What a frame shows."""
    if not layer:
        return "A bag of words: the mean of rows of the table. A head on it knows words, and no order of them."
    return f"A head of its own on the mean of the vectors after layer {layer}; the network was not trained for it."
