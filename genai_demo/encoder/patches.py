"""A picture read as words: its patches, what the token for the whole looks at, and what it is told to be, by layer.

Dosovitskiy et al. 2020. The class that a layer tells is what the last norm and the head say of the token for the whole
as it is there: the head was trained behind the last layer only ("logit lens", nostalgebraist 2020).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import Tok, curve, matrix, number, pictures, prose, ranked
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.encoder.options import PatchesOptions
from genai_demo.encoder.shown import layer_name
from genai_demo.encoder.vit import ACROSS, PATCH, SIDE, scaled
from genai_demo.inputs.pictures import decode_picture

SCALE = 4  # pixels of what is drawn for each of the picture
LINE = (0, 114, 178)  # between patches
WARM = np.array((230, 159, 0), np.float32)  # over what is looked at most
WHOLE = "whole"


@dataclass(frozen=True, slots=True, eq=False)
class PatchesStep:
    """One layer, the embedding first. given (1, s, s, 3); looked (heads, s, s, 3); attention (heads, 17, 17)."""

    index: int
    total: int
    labels: tuple[str, ...]
    heads: tuple[str, ...]
    given: np.ndarray = pictures("the picture, cut into patches")
    looked: np.ndarray | None = pictures("what “whole” looks at, by head", columns=2)
    told: tuple[Tok, ...] = ranked("the class, as read from “whole”", unit="probability")
    said: str = prose("what is shown")
    attention: np.ndarray = matrix(
        "attention, each row looks at the columns", rows="labels", columns="labels", names="heads"
    )
    layer: str = number("after")
    chance: float = curve("probability of the class told in the end", chart="class")
    itself: float | None = curve("“whole” looks at itself", unit="%", digits=1)


@torch.inference_mode()
def patches(model: Any, options: PatchesOptions, *, seed: int) -> Iterator[PatchesStep]:
    """The picture once through the network, then a frame for each layer. Random is only the order of the patches."""
    picture = decode_picture(options.picture)
    if options.shuffle:
        picture = shuffled(picture, seed)
    weights = next(model.parameters())
    x = scaled(picture[None]).to(weights.device, weights.dtype)
    seen = model(pixel_values=x, output_attentions=True, output_hidden_states=True)
    chances = [told(model, state) for state in seen.hidden_states]  # (classes,) each
    best, layers = int(chances[-1].argmax()), len(seen.attentions)
    count = ACROSS * ACROSS + 1
    heads = tuple(f"head {k + 1}" for k in range(model.config.num_attention_heads))
    nothing = np.zeros((len(heads), count, count), np.float32)
    for i, chance in enumerate(chances):
        attention = seen.attentions[i - 1][0].float().cpu().numpy() if i else nothing
        yield PatchesStep(
            i,
            layers + 1,
            names(),
            heads,
            gridded(picture)[None],
            np.stack([lit(picture, each[0, 1:]) for each in attention]) if i else None,
            tuple(Tok(CLASSES[k], float(chance[k]), kind="best" if k == best else "") for k in ranks(chance)),
            said(i, layers, CLASSES[best], options.shuffle),
            attention,
            layer_name(i, layers),
            float(chance[best]),
            100 * float(attention[:, 0, 0].mean()) if i else None,
        )


def told(model: Any, state: Tensor) -> Tensor:
    """The vectors after a layer (1, t, width) -> probabilities (classes,) that the head reads from the first.

    The state behind the last layer is given as the network gives it: before the last norm.
    """
    found: Tensor = model.classifier(model.vit.layernorm(state)[0, 0]).float().softmax(0).cpu()
    return found


def ranks(chance: Tensor) -> list[int]:
    """Classes, the likeliest first."""
    order: list[int] = chance.argsort(descending=True).tolist()
    return order


def names() -> tuple[str, ...]:
    """Of the tokens: the whole, then rows and columns from 1."""
    return (WHOLE, *(f"{row + 1},{column + 1}" for row in range(ACROSS) for column in range(ACROSS)))


def shuffled(picture: np.ndarray, seed: int) -> np.ndarray:
    """(28, 28), its patches in another order, by the seed."""
    order = torch.randperm(ACROSS * ACROSS, generator=generator(seed)).numpy()
    cut = picture.reshape(ACROSS, PATCH, ACROSS, PATCH).swapaxes(1, 2).reshape(-1, PATCH, PATCH)
    return np.asarray(cut[order].reshape(ACROSS, ACROSS, PATCH, PATCH).swapaxes(1, 2).reshape(SIDE, SIDE))


def large(picture: np.ndarray) -> np.ndarray:
    """(28, 28) -> (112, 112, 3) uint8."""
    return np.repeat(np.repeat(picture, SCALE, 0), SCALE, 1)[..., None].repeat(3, -1)


def gridded(picture: np.ndarray) -> np.ndarray:
    """The picture large, with lines between its patches."""
    out = large(picture)
    for at in range(PATCH * SCALE, SIDE * SCALE, PATCH * SCALE):
        out[at] = LINE
        out[:, at] = LINE
    return out


def lit(picture: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The picture large and dim; patches shine by their weights (16,), the largest fully."""
    share = (weights / max(float(weights.max()), 1e-9)).reshape(ACROSS, ACROSS)
    side = PATCH * SCALE
    over = np.repeat(np.repeat(share, side, 0), side, 1)[..., None]
    mixed = large(picture) * 0.55 * (1 - 0.55 * over) + WARM * 0.55 * over + large(picture) * 0.35 * over
    return np.clip(mixed, 0, 255).astype(np.uint8)


def said(layer: int, last: int, best: str, shuffle: bool) -> str:
    """What a frame shows."""
    order = " The patches lie in another order: each is where another was." if shuffle else ""
    if not layer:
        return f"Sixteen patches are sixteen words; “whole” is one more, the same for every picture.{order}"
    end = f" The answer is {best}." if layer == last else " The head was trained behind the last layer only."
    return f"Layer {layer}: “whole” gathers what it looks at; a brighter patch got more weight.{end}{order}"
