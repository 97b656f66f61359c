"""Full against causal: the same weights read a text both ways, and as a decoder would, from left to right only.

apart: 1 - cosine of a token's vectors in the two readings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from genai_demo.core.frames import Tok, curve, matrix, number, prose, tokens
from genai_demo.encoder.attention import through
from genai_demo.encoder.model import Encoder, unlike
from genai_demo.encoder.options import MasksOptions
from genai_demo.encoder.shown import cut, layer_name, part, window


@dataclass(frozen=True, slots=True, eq=False)
class MasksStep:
    """One layer. both, left (w, w): attention, mean over the heads."""

    index: int
    total: int
    labels: tuple[str, ...]
    both: np.ndarray = matrix("attention both ways, mean of the heads", rows="labels", columns="labels")
    left: np.ndarray = matrix("attention to the left only", rows="labels", columns="labels", triangle=True)
    apart: tuple[Tok, ...] = tokens("how much the right side changes each token", unit="1 - cosine", shade="share")
    said: str = prose("what is shown")
    layer: str = number("after")
    first: float = curve("first word", unit="1 - cosine", chart="apart")
    last: float = curve("last token", unit="1 - cosine", chart="apart")
    mean: float = curve("mean of all", unit="1 - cosine", chart="apart")


@torch.inference_mode()
def masks(model: Encoder, options: MasksOptions, *, seed: int) -> Iterator[MasksStep]:
    """Both passes, then a frame for each layer. Nothing is random."""
    ids = model.encode(options.text)
    places = window(model, ids, options.page, options.specials)
    labels = tuple(model.name(ids[place]) for place in places)
    both, left = (list(through(model.network, ids, causal=causal)) for causal in (False, True))
    found = [
        1 - torch.cosine_similarity(x.float(), y.float(), dim=1).clamp(max=1) for (x, _), (y, _) in zip(both, left)
    ]
    largest = max(1e-6, float(torch.stack(found)[:, places].max()))
    nothing, odd = np.zeros((len(places), len(places)), np.float32), unlike(model, options.text, ids)
    for i, ((_, a), (_, b), each) in enumerate(zip(both, left, found)):
        apart = each.tolist()
        yield MasksStep(
            i,
            len(both),
            labels,
            nothing if a is None else cut(a, places).mean(0),
            nothing if b is None else cut(b, places).mean(0),
            tuple(Tok(model.piece(ids[k]), apart[k] / largest, note=f"{apart[k]:.3f} apart") for k in places),
            odd or said(i) + part(places, len(ids)),
            layer_name(i, len(both) - 1),
            apart[1],
            apart[-2],
            float(each[1:-1].mean()),
        )


def said(layer: int) -> str:
    """What a frame shows."""
    if not layer:
        return "The same rows of the table: nothing has been looked at, and the two readings are still one."
    return (
        "With a decoder's mask a token sees what is before it and itself. The stronger the shade, the more its vector "
        "owes to what comes after. This network was never trained so; a decoder learns to do with the left side."
    )
