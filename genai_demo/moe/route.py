"""Where each token of a text goes, layer by layer: the colours of its experts, their load, what the load looks like.

Shazeer et al. 2017, "Outrageously Large Neural Networks" (the gate); Jiang et al. 2024, "Mixtral of Experts".
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import Tok, curve, matrix, number, prose, ranked, tokens
from genai_demo.language.distributions import entropy
from genai_demo.language.model import LanguageModel
from genai_demo.language.shown import WINDOW
from genai_demo.moe.information import apart
from genai_demo.moe.known import Profile, profile
from genai_demo.moe.network import foreign
from genai_demo.moe.options import RouteOptions
from genai_demo.moe.routing import Plan, Routed, nats, through
from genai_demo.moe.shown import coloured, label, loads, names, pieces, tensor


@dataclass(frozen=True, slots=True, eq=False)
class RouteStep:
    """One layer. chances (experts, w): the router's softmax for the tokens that are drawn."""

    index: int
    total: int
    labels: tuple[str, ...]
    experts: tuple[str, ...]
    said: str = prose("what is shown")
    text: tuple[Tok, ...] = tokens(
        "your text, in the colour of each token's first expert", unit="weight", shade="share"
    )
    chances: np.ndarray = matrix("how likely each expert is", rows="experts", columns="labels", unit="probability")
    load: tuple[Tok, ...] = ranked("load", unit="share of the choices")
    looks: tuple[Tok, ...] = ranked("the load so far looks like that of", unit="likeness")
    layer: str = number("layer")
    even: float = curve("how even the load is", unit="of the most it can be", chart="routing")
    sure: float = curve("how sure the router is", unit="mean weight of the first expert", chart="routing")
    perplexity: float | None = number("perplexity of your text")


@torch.inference_mode()
def route(model: LanguageModel, options: RouteOptions, *, seed: int) -> Iterator[RouteStep]:
    """The text once through the network, then a frame for each layer. Nothing is random."""
    ids = tensor(model, options.text)
    logits, passed = through(model, ids, Plan(temperature=options.temperature))
    lost = nats(logits, ids)
    costs = math.exp(float(lost.mean())) if lost.numel() else None
    row = ids[0].tolist()
    page = min(options.page, (len(row) - 1) // WINDOW) * WINDOW
    text = pieces(model, row)
    labels = tuple(label(tok.text) for tok in text[page : page + WINDOW])
    odd, known = foreign(options.text), profile(model)
    for i, at in enumerate(passed):
        drawn = at.chances[page : page + WINDOW].T.cpu().numpy()
        yield RouteStep(
            i,
            len(passed),
            labels,
            names(len(drawn)),
            odd or told(at, i),
            coloured(text, at),
            np.ascontiguousarray(drawn, np.float32),
            loads(at.load),
            likeness(known, [one.load for one in passed[: i + 1]]),
            f"{i + 1} of {len(passed)}",
            entropy(at.load / at.load.sum()) / math.log2(len(drawn)),
            float(at.weights[:, 0].float().mean()),
            costs,
        )


def likeness(known: Profile, load: list[Tensor]) -> tuple[Tok, ...]:
    """1 - Jensen-Shannon divergence of the load and a domain's on held-out text, mean of the layers; likest first."""
    found = {
        domain: 1
        - sum(apart(one.cpu().double(), torch.tensor(its).double()) for one, its in zip(load, layers)) / len(load)
        for domain, layers in known.items()
    }
    return tuple(Tok(name, value) for name, value in sorted(found.items(), key=lambda one: -one[1]))


def told(at: Routed, layer: int) -> str:
    """What a frame shows."""
    most, least = int(at.load.argmax()), int(at.load.argmin())
    share = at.load / at.load.sum()
    return (
        f"In layer {layer + 1} expert {most + 1} gets {100 * float(share[most]):.0f} % of the choices, expert "
        f"{least + 1} {100 * float(share[least]):.0f} %. Hover over a token for all its experts."
    )
