"""The same token in another text: does it go to the same experts? Routing by token, or by context.

Xue et al. 2024, "OpenMoE": routing is found to be by token mostly. agree: the share of a token's experts that it goes
to in the other text as well; by chance: that of different tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, curve, matrix, number, prose, tokens
from genai_demo.language.model import LanguageModel
from genai_demo.language.shown import piece
from genai_demo.moe.known import of
from genai_demo.moe.network import foreign
from genai_demo.moe.options import ContextOptions
from genai_demo.moe.routing import Routed, through
from genai_demo.moe.shown import coloured, label, pieces, tensor

AGREE = "same experts"


@dataclass(frozen=True, slots=True, eq=False)
class ContextStep:
    """One layer. table (shared tokens, layers): agreement after the layers so far, 0 after later ones."""

    index: int
    total: int
    shared: tuple[str, ...]
    layers: tuple[str, ...]
    said: str = prose("what is shown")
    one: tuple[Tok, ...] = tokens("your text", unit="weight", shade="share")
    other: tuple[Tok, ...] = tokens("the other text", unit="weight", shade="share")
    table: np.ndarray = matrix("same experts in both texts", rows="shared", columns="layers", cells=True)
    layer: str = number("layer")
    same: float = curve("the same token", unit="%", digits=0, chart=AGREE)
    others: float = curve("different tokens", unit="%", digits=0, chart=AGREE)
    measured_same: float | None = curve("the same, held-out text", unit="%", digits=0, chart=AGREE)
    measured_others: float | None = curve("different, held-out text", unit="%", digits=0, chart=AGREE)


@torch.inference_mode()
def context(model: LanguageModel, options: ContextOptions, *, seed: int) -> Iterator[ContextStep]:
    """Both texts through the network, then a frame for each layer. Nothing is random.

    Raises DemoError where they have no token in common.
    """
    a, b = tensor(model, options.text), second(model, options.other)
    both = sorted({*a[0].tolist()} & {*b[0].tolist()}, key=a[0].tolist().index)
    if not both:
        raise DemoError("other has no token of text; write one with some of its words")
    here, there = pieces(model, a[0].tolist()), pieces(model, b[0].tolist())
    passed = list(zip(through(model, a)[1], through(model, b)[1], strict=True))
    table = np.zeros((len(both), len(passed)), np.float32)
    measured = of(model).get("context", [])
    for i, (x, y) in enumerate(passed):
        agree = overlap(x, y)
        alike = a[0][:, None] == b[0][None]
        table[:, i] = [float(agree[a[0] == token][:, b[0] == token].mean()) for token in both]
        same, others = float(table[:, i].mean()), float(agree[~alike].mean()) if (~alike).any() else 0.0
        yield ContextStep(
            i,
            len(passed),
            tuple(label(piece(model, token)) for token in both),
            tuple(f"layer {k + 1}" for k in range(len(passed))),
            foreign(options.text) or foreign(options.other) or told(same, others, i),
            marked(here, x, both),
            marked(there, y, both),
            table.copy(),
            f"{i + 1} of {len(passed)}",
            100 * same,
            100 * others,
            *((100 * measured[i][name] for name in ("same", "others")) if measured else (None, None)),
        )


def second(model: LanguageModel, text: str) -> Tensor:
    """The other text's tokens, (1, n); what is wrong with it is said of it."""
    try:
        return tensor(model, text)
    except DemoError as error:
        raise DemoError(f"the other {error}") from None


def overlap(x: Routed, y: Routed) -> Tensor:
    """Share of the experts of each token of x (t, k) that are among those of each of y (u, k): (t, u)."""
    hits = x.index[:, None, :, None] == y.index[None, :, None, :]
    return hits.any(-1).float().mean(-1)


def marked(text: list[Tok], at: Routed, both: list[int]) -> tuple[Tok, ...]:
    """The text; what is in the other one too is underlined."""
    return tuple(
        Tok(tok.text, tok.share, "best" if tok.id in both else "", tok.id, tok.note, group=tok.group)
        for tok in coloured(text, at)
    )


def told(same: float, others: float, layer: int) -> str:
    """What a frame shows."""
    return (
        f"In layer {layer + 1} a token that stands in both texts, underlined, has {100 * same:.0f} % of its experts in "
        f"common with itself in the other one; different tokens {100 * others:.0f} %."
    )
