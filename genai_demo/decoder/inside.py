"""Look inside a decoder: after each layer, what the heads look at and what the stream of numbers already says.

nostalgebraist 2020, "interpreting GPT: the logit lens": the final norm and the output table are applied to the
residual stream after every layer, as if the layers behind it were not there.
x: residual stream (n, width); weights (h, n, n): row i is what token i looks at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import Tok, bars, curve, matrix, number, prose, ranked, tokens
from genai_demo.decoder.attention import Parts, normed, parts, predict, through
from genai_demo.decoder.options import InsideOptions
from genai_demo.language.distributions import divergence
from genai_demo.language.model import LanguageModel, ids_of
from genai_demo.language.shown import WINDOW, best, piece, toks

LONGEST = 512  # tokens of a text


@dataclass(frozen=True, slots=True, eq=False)
class LayerStep:
    """One layer, the embedding first and the final norm last.

    attention (h, w, w) of the w tokens of the window; the embedding has none, the norm shows the last layer's.
    guesses: the layer's best guess at what comes after each token, marked where that is what comes, its probability as
    its shade. sizes (w,): the common logarithm of each token's length, for lengths differ a thousandfold.
    """

    index: int
    total: int
    labels: tuple[str, ...]
    heads: tuple[str, ...]
    said: str = prose("what is shown")
    attention: np.ndarray = matrix("attention", rows="labels", columns="labels", names="heads", triangle=True)
    given: tuple[Tok, ...] = tokens("the tokens that are drawn")
    guesses: tuple[Tok, ...] = tokens("this layer's guess at what follows each")
    lens: tuple[Tok, ...] = ranked("what comes next, read off after this layer", unit="probability")
    layer: str = number("after")
    answer: float = curve("probability of the final answer")
    gap: float = curve("KL(final || this layer)", unit="nats")
    size: float = curve("length of a token's vector, median", digits=1)
    sizes: np.ndarray = bars("length of each token's vector", unit="log10")
    outside: float | None = number("looks at tokens before those drawn", unit="%", digits=1)


@dataclass(frozen=True, slots=True)
class Reading:
    """One pass: x after the embedding, each layer and the final norm; the window of each layer's weights; in each
    the share of attention that goes to tokens before the window."""

    ids: Sequence[int]
    window: range
    x: Sequence[Tensor]
    weights: Sequence[np.ndarray]
    outside: Sequence[float | None]


@torch.inference_mode()
def inside(model: LanguageModel, options: InsideOptions, *, seed: int) -> Iterator[LayerStep]:
    """The text once through the network, then a frame for each layer of it. Nothing is random."""
    net = parts(model.network)
    ids = ids_of(model, options.text, chat=options.chat, most=LONGEST)
    seen = read(net, ids, window(len(ids), options.page))
    final = lens(net, seen, len(seen.x) - 1)[-1]
    shown = [piece(model, ids[i]).replace("\n", "⏎") for i in seen.window]
    given = toks(model, [ids[i] for i in seen.window])
    heads = tuple(f"head {i + 1}" for i in range(net.h))
    for i in range(len(seen.x)):
        logits = lens(net, seen, i)  # (w + 1, vocabulary), the last row is that of the text's last token
        size = seen.x[i].float().norm(dim=1).cpu().numpy()
        yield LayerStep(
            i,
            len(seen.x),
            tuple(shown),
            heads,
            words(seen, i),
            seen.weights[i],
            given,
            guesses(model, seen, logits[:-1]),
            best(model, logits[-1], options.top),
            named(seen, i),
            float(logits[-1].softmax(0)[final.argmax()]),
            divergence(final, logits[-1]),
            float(np.median(size)),
            np.log10(np.maximum(size[seen.window.start : seen.window.stop], 1e-6)),
            seen.outside[i],
        )


def window(count: int, page: int) -> range:
    """The places of the tokens that are drawn: WINDOW of them from page * WINDOW; of a page past the end the last."""
    page = min(page, (count - 1) // WINDOW)
    return range(page * WINDOW, min(count, (page + 1) * WINDOW))


def read(net: Parts, ids: Sequence[int], drawn: range) -> Reading:
    """The whole text through the network; of the weights only what is drawn is kept."""
    stream, kept, outside = [], [], []
    cut, nothing = slice(drawn.start, drawn.stop), np.zeros((net.h, len(drawn), len(drawn)), np.float32)
    for x, weights in through(net, ids):
        stream.append(x)
        kept.append(nothing if weights is None else weights[:, cut, cut].cpu().numpy())
        before = None if weights is None or not drawn.start else weights[:, cut, : drawn.start].sum(-1).mean()
        outside.append(None if before is None else 100 * float(before))
    return Reading(ids, drawn, [*stream, normed(net.norm, stream[-1])], [*kept, kept[-1]], [*outside, outside[-1]])


def lens(net: Parts, seen: Reading, i: int) -> Tensor:
    """(w + 1, vocabulary) float32: logits after layer i at each place of the window, and at the text's last token."""
    x = torch.cat([seen.x[i][seen.window.start : seen.window.stop], seen.x[i][-1:]])
    return net.head(x).float() if i == len(seen.x) - 1 else predict(net, x)


def guesses(model: LanguageModel, seen: Reading, logits: Tensor) -> tuple[Tok, ...]:
    """The likeliest token behind each token of the window, by logits (w, vocabulary)."""
    chances, found = logits.softmax(1).max(1)
    out = []
    for place, p, i in zip(seen.window, chances.tolist(), found.tolist()):
        follows = seen.ids[place + 1] if place + 1 < len(seen.ids) else None
        note = f"after “{piece(model, seen.ids[place])}”: {100 * p:.1f} %"
        if follows is not None:
            note += f"; the text goes on with “{piece(model, follows)}”"
        out.append(Tok(piece(model, i), p, "picked" if i == follows else "", i, note))
    return tuple(out)


def named(seen: Reading, i: int) -> str:
    """The place in the network of the i-th residual stream."""
    last = len(seen.x) - 1
    return "the embedding" if i == 0 else "the final norm" if i == last else f"layer {i} of {last - 1}"


def words(seen: Reading, i: int) -> str:
    """What a frame shows; of a long text, which part of it is drawn."""
    first, last, count = seen.window.start + 1, seen.window.stop, len(seen.ids)
    if i == 0:
        said = "Each token is a row of a table; nothing has been looked at yet."
    elif i == len(seen.x) - 1:
        said = (
            "The final norm brings all vectors to one scale; the output table reads the answer off the last. "
            "It looks at nothing: the attention is that of the last layer."
        )
    else:
        said = f"Layer {i} has added what its heads looked at and what its feed-forward part made of it."
    return (
        said if count <= WINDOW else f"{said} Drawn are tokens {first} to {last} of {count}; turn the page for others."
    )
