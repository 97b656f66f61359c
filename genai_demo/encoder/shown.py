"""What the runs draw of a text: which of its tokens, and how a layer is called."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from genai_demo.encoder.model import Encoder

WINDOW = 48  # tokens that are drawn at once


def window(model: Encoder, ids: Sequence[int], page: int, specials: bool) -> list[int]:
    """The places that are drawn: WINDOW of them from page * WINDOW; of a page past the end the last."""
    places = list(range(len(ids)) if specials else range(1, len(ids) - 1))
    page = min(page, (len(places) - 1) // WINDOW)
    return places[page * WINDOW : (page + 1) * WINDOW]


def part(places: Sequence[int], count: int) -> str:
    """Which part of a long text is drawn; "" for all of it."""
    if count - 2 <= WINDOW:
        return ""
    return f" Drawn are tokens {max(1, places[0])} to {min(places[-1], count - 2)} of {count - 2}; More has the page."


def cut(weights: Tensor, places: Sequence[int]) -> np.ndarray:
    """(h, t, t) -> (h, w, w): the places that are drawn, as they are; rows then need not sum to 1."""
    at = list(places)
    return np.ascontiguousarray(weights[:, at][:, :, at].float().cpu().numpy())


def layer_name(layer: int, last: int) -> str:
    """As a frame says after which layer it is; 0 is the embedding."""
    return f"layer {layer} of {last}" if layer else "the embedding"
