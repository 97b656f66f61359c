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
from genai_demo.moe.routing import Plan, nats, through
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
    odd, loaded = foreign(options.text), torch.stack([at.load for at in passed])
    like, shares = likenesses(profile(model), loaded), loaded / loaded.sum(-1, keepdim=True)
    for i, at in enumerate(passed):
        drawn = at.chances[page : page + WINDOW].T.cpu().numpy()
        yield RouteStep(
            i,
            len(passed),
            labels,
            names(len(drawn)),
            odd or told(shares[i].tolist(), i),
            coloured(text, at),
            np.ascontiguousarray(drawn, np.float32),
            loads(loaded[i]),
            like[i],
            f"{i + 1} of {len(passed)}",
            entropy(shares[i]) / math.log2(len(drawn)),
            float(at.weights[:, 0].float().mean()),
            costs,
        )


def likenesses(known: Profile, loaded: Tensor) -> list[tuple[Tok, ...]]:
    """For each layer how like the loads (layers, e) up to there are to those of each domain on held-out text.

    The likest first. 1 - Jensen-Shannon divergence, mean of the layers so far.
    """
    if not known:
        return [()] * len(loaded)
    domains = torch.tensor(list(known.values())).transpose(0, 1)  # (layers, domains, e)
    bits = apart(loaded.cpu()[:, None].expand_as(domains), domains)
    alike = 1 - bits.cumsum(0) / torch.arange(1, len(loaded) + 1)[:, None]
    return [
        tuple(Tok(name, value) for name, value in sorted(zip(known, row), key=lambda one: -one[1]))
        for row in alike.tolist()
    ]


def told(shares: list[float], layer: int) -> str:
    """What a frame shows; shares: of the choices, by expert."""
    most, least = shares.index(max(shares)), shares.index(min(shares))
    return (
        f"In layer {layer + 1} expert {most + 1} gets {100 * shares[most]:.0f} % of the choices, expert "
        f"{least + 1} {100 * shares[least]:.0f} %. Hover over a token for all its experts."
    )
