"""What one number inside a layer answers to: the tokens of a library at which it is largest.

A layer's feed-forward part has `inner` numbers a token, called neurons; activation: one of them behind its GELU, about
-0.2 to 10. Geva et al. 2021, "Transformer Feed-Forward Layers Are Key-Value Memories".
"""

from __future__ import annotations

import functools
import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, curve, number, prose, ranked, tokens
from genai_demo.data import english, knowledge
from genai_demo.encoder.attention import allowed, attend, think
from genai_demo.encoder.model import Encoder, unlike
from genai_demo.encoder.options import NeuronsOptions

STEP, LISTED, SEEN, AROUND = 10, 8, 3, 4  # sentences a frame; rows; times a word is seen at least; tokens beside it
LEAST = 0.05  # mean activation of a word that is listed
LONGEST = 400  # characters of a sentence that is read


@dataclass(frozen=True, slots=True, eq=False)
class NeuronsStep:
    """So many sentences of the library more."""

    index: int
    total: int
    places: tuple[Tok, ...] = ranked("places in the library where it is largest", unit="activation", long=True)
    words: tuple[Tok, ...] = ranked(f"its favourite words, read {SEEN} times and more", unit="mean activation")
    yours: tuple[Tok, ...] = tokens("your text", unit="of the largest activation", shade="share")
    said: str = prose("what is shown")
    read: int = number("sentences read", digits=0)
    active: float = curve("tokens at which it is active (over 0.5)", unit="%", digits=1, chart="active")
    largest: float = number("largest activation", digits=2)


@dataclass(slots=True)
class Found:
    """What has been found so far. places: (activation, running number, the place), a heap of the LISTED largest."""

    places: list[tuple[float, int, str]] = field(default_factory=list)
    words: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    tokens: int = 0
    active: int = 0

    def add(self, model: Encoder, ids: Sequence[int], values: Sequence[float]) -> None:
        """A sentence and the neuron's activation at each of its tokens; start and end count nothing."""
        for k in range(1, len(ids) - 1):
            value = values[k]
            self.tokens += 1
            self.active += value > 0.5
            self.words[model.name(ids[k])].append(value)
            if len(self.places) < LISTED or value > self.places[0][0]:
                entry = (value, self.tokens, around(model, ids, k))
                (heapq.heappush if len(self.places) < LISTED else heapq.heapreplace)(self.places, entry)


@torch.inference_mode()
def neurons(model: Encoder, options: NeuronsOptions, *, seed: int) -> Iterator[NeuronsStep]:
    """Your text, then the library's sentences, evenly spaced; a frame for every STEP of them. Nothing is random."""
    check(model, options)
    ids = model.encode(options.text)
    own = activations(model, ids, options.layer)[:, options.neuron].tolist()
    odd = unlike(model, options.text, ids)
    texts, found = library(options.sentences), Found()
    total = -(-len(texts) // STEP)
    for i in range(total):
        for text in texts[i * STEP : (i + 1) * STEP]:
            read = model.encode(text)
            found.add(model, read, activations(model, read, options.layer)[:, options.neuron].tolist())
        yield frame(i, total, model, options, odd, (ids, own), found)


def frame(
    i: int, total: int, model: Encoder, options: NeuronsOptions, odd: str, own: tuple[list[int], list[float]], at: Found
) -> NeuronsStep:
    """What has been found, and the visitor's text in the same shades."""
    places = sorted(at.places, key=lambda place: (-place[0], place[1]))
    means = {word: sum(each) / len(each) for word, each in at.words.items() if len(each) >= SEEN}
    best = sorted((word for word in means if means[word] > LEAST), key=lambda word: (-means[word], word))[:LISTED]
    largest = max(1e-6, places[0][0])
    ids, values = own
    return NeuronsStep(
        i,
        total,
        tuple(Tok(text, share(value, largest), value=value) for value, _, text in places),
        tuple(
            Tok(word, share(means[word], largest), value=means[word], note=f"read {len(at.words[word])} times")
            for word in best
        ),
        tuple(
            Tok(model.piece(ids[k]), share(values[k], largest), note=f"{values[k]:.2f}") for k in range(1, len(ids) - 1)
        ),
        odd or f"Neuron {options.neuron} of layer {options.layer}: what do the places have in common that it likes?",
        min(len(library(options.sentences)), (i + 1) * STEP),
        100 * at.active / max(1, at.tokens),
        places[0][0],
    )


def check(model: Encoder, options: NeuronsOptions) -> None:
    """Raises DemoError where the model has no such layer or neuron."""
    layers, inner = model.network.config.num_hidden_layers, model.network.config.intermediate_size
    if options.layer > layers:
        raise DemoError(f"layer is {options.layer}; this model has {layers}, choose 1 to {layers}")
    if options.neuron >= inner:
        raise DemoError(f"neuron is {options.neuron}; a layer of this model has {inner}, choose 0 to {inner - 1}")


def activations(model: Encoder, ids: Sequence[int], layer: int) -> Tensor:
    """(t, inner): all neurons of a layer, counted from 1, at each token."""
    base = model.network.base_model
    device = next(model.network.parameters()).device
    x = base.embeddings(input_ids=torch.tensor([list(ids)], device=device))[0]
    may = allowed(len(ids), causal=False).to(device)
    for each in base.encoder.layer[: layer - 1]:
        x = think(each, attend(each, x, may)[0])
    last = base.encoder.layer[layer - 1]
    found: Tensor = last.intermediate(attend(last, x, may)[0]).float().cpu()
    return found


@functools.lru_cache(maxsize=8)
def library(count: int) -> tuple[str, ...]:
    """So many sentences of the articles, evenly spaced; all, where there are fewer."""
    every: list[str] = []
    for article in knowledge.articles():
        text = article.body.partition("\n\n")[2]
        lines = "\n".join(line for line in text.split("\n") if line and not line.startswith(("#", "Also called", "|")))
        every += english.sentences(lines)
    whole = [one.strip() for one in every if 20 < len(one.strip()) <= LONGEST]
    return tuple(whole[k * len(whole) // count] for k in range(count)) if count < len(whole) else tuple(whole)


def around(model: Encoder, ids: Sequence[int], k: int) -> str:
    """The token in brackets, with what stands beside it."""
    first, end = max(1, k - AROUND), min(len(ids) - 1, k + AROUND + 1)
    before = "".join(model.piece(i) for i in ids[first:k]).strip()
    behind = "".join(model.piece(i) for i in ids[k + 1 : end]).strip()
    return f"{before} [{model.name(ids[k])}] {behind}".strip()


def share(value: float, largest: float) -> float:
    """Of the largest, 0 to 1."""
    return min(1.0, max(0.0, value / largest))
