"""Look inside an encoder: after each layer, what its heads look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import curve, matrix, number, prose
from genai_demo.encoder.attention import through
from genai_demo.encoder.model import Encoder, unlike
from genai_demo.encoder.options import InsideOptions
from genai_demo.encoder.shown import cut, layer_name, part, window


@dataclass(frozen=True, slots=True, eq=False)
class LayerStep:
    """One layer, the embedding first, which looks at nothing. attention (h, w, w) of the tokens that are drawn."""

    index: int
    total: int
    labels: tuple[str, ...]
    heads: tuple[str, ...]
    said: str = prose("what is shown")
    attention: np.ndarray = matrix(
        "attention, each row looks at the columns", rows="labels", columns="labels", names="heads"
    )
    layer: str = number("after")
    ends: float | None = curve("words look at start and end", unit="%", digits=1)
    behind: float | None = curve("words look at what comes later", unit="%", digits=1)
    itself: float | None = curve("words look at themselves", unit="%", digits=1)


@torch.inference_mode()
def inside(model: Encoder, options: InsideOptions, *, seed: int) -> Iterator[LayerStep]:
    """The text once through the network, then a frame for each layer. Nothing is random."""
    ids = model.encode(options.text)
    places = window(model, ids, options.page, options.specials)
    passed = list(through(model.network, ids))
    odd = unlike(model, options.text, ids)
    heads = tuple(f"head {i + 1}" for i in range(model.network.config.num_attention_heads))
    nothing = np.zeros((len(heads), len(places), len(places)), np.float32)
    for i, (_, weights) in enumerate(passed):
        yield LayerStep(
            i,
            len(passed),
            tuple(model.name(ids[place]) for place in places),
            heads,
            odd or said(i, options.specials) + part(places, len(ids)),
            nothing if weights is None else cut(weights, places),
            layer_name(i, len(passed) - 1),
            *((None, None, None) if weights is None else shares(weights)),
        )


def shares(weights: Tensor) -> tuple[float, float, float]:
    """Of the attention of words, by weights (h, t, t): to start and end, to later words, to themselves, in %."""
    inner = weights[:, 1:-1]
    ends = inner[:, :, 0] + inner[:, :, -1]
    words = inner[:, :, 1:-1]
    found = (ends, words.triu(1).sum(-1), words.diagonal(dim1=1, dim2=2))
    one, two, three = (100 * float(each.mean()) for each in found)
    return one, two, three


def said(layer: int, specials: bool) -> str:
    """What a frame shows."""
    if not layer:
        return "Each token is a row of a table plus one for its place; nothing has been looked at yet."
    hidden = "" if specials else " What it looks at in the tokens for start and end is not drawn."
    return f"Layer {layer}: every token may look at every other, before it and behind it.{hidden}"
