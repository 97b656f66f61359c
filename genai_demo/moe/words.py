"""What experts like: their favourite words on text held out, and how much they say of where a token comes from.

I(domain; expert) in bits: 0 where experts take all domains alike, 1 where they tell two of them apart without fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Stage, Tok, curve, matrix, number, prose, ranked, stages
from genai_demo.language.held import stretches
from genai_demo.language.model import LanguageModel
from genai_demo.language.shown import piece
from genai_demo.moe.information import mutual_information
from genai_demo.moe.network import experts_of, layers_of, top_k
from genai_demo.moe.options import WordsOptions
from genai_demo.moe.routing import through
from genai_demo.moe.shown import label, names
from genai_demo.moe.topk import LENGTH

CODE, TOLD = "Python, code", "Python, comments and docstrings"
PIECE, START = "inside a word", "beginning a word"
SAID = re.compile(r'""".*?(?:"""|\Z)|#[^\n]*', re.DOTALL)
COLUMNS = 8  # experts whose words are listed


@dataclass(frozen=True, slots=True, eq=False)
class WordsStep:
    """So many stretches more. shares (domains, experts): where the tokens of a domain go in that layer."""

    index: int
    total: int
    domains: tuple[str, ...]
    experts: tuple[str, ...]
    said: str = prose("what is shown")
    favourites: tuple[Stage, ...] = stages(
        "favourite words of each expert", unit="share of the word's places", pick=False
    )
    shares: np.ndarray = matrix("where each domain goes", rows="domains", columns="experts", unit="share", cells=True)
    told_apart: tuple[Tok, ...] = ranked("told apart by the expert alone", unit="bits of 1", long=True)
    by_layer: tuple[Tok, ...] = ranked("five domains, layer by layer", unit="bits")
    read: int = number("tokens read", digits=0)
    bits: float = curve("I(domain; expert)", unit="bits", against="read")


@dataclass(slots=True)
class Tally:
    """Choices counted: of each kind in the layer looked at (kind -> (e,)), of each domain by layer, of each word."""

    kinds: dict[str, Tensor] = field(default_factory=dict)
    domains: dict[str, Tensor] = field(default_factory=dict)
    words: dict[int, Tensor] = field(default_factory=dict)

    def add(self, table: dict[str, Tensor], name: str, counts: Tensor) -> None:
        table[name] = table[name] + counts if name in table else counts


@torch.inference_mode()
def words(model: LanguageModel, options: WordsOptions, *, seed: int) -> Iterator[WordsStep]:
    """A frame for each further stretch of every domain. Nothing is random."""
    if options.layer > layers_of(model):
        raise DemoError(f"layer is {options.layer}; this model has {layers_of(model)}, choose 1 to {layers_of(model)}")
    held, tally, experts = stretches(model, options.stretches, LENGTH), Tally(), experts_of(model)
    for i in range(options.stretches):
        for domain, rows in held.items():
            count(model, tally, domain, rows[i], options.layer - 1, experts)
        yield frame(i, model, tally, options, experts)


def count(model: LanguageModel, tally: Tally, domain: str, ids: Tensor, layer: int, experts: int) -> None:
    """A stretch (n,) of a domain."""
    _, passed = through(model, ids[None])
    chosen = torch.stack([torch.nn.functional.one_hot(at.index, experts).sum(1) for at in passed])  # (layers, n, e)
    tally.add(tally.domains, domain, chosen.sum(1))
    here, row = chosen[layer], ids.tolist()
    for token, its in zip(row, here):
        tally.words[token] = tally.words[token] + its if token in tally.words else its.clone()
    pieces = [model.piece(token).decode("utf-8", "replace") for token in row]
    if domain == "python":
        inside = torch.tensor(commented(pieces))
        tally.add(tally.kinds, CODE, here[~inside].sum(0))
        tally.add(tally.kinds, TOLD, here[inside].sum(0))
        return
    begins = torch.tensor([piece[:1].isspace() for piece in pieces])
    within = torch.tensor([piece[:1].isalpha() for piece in pieces])
    tally.add(tally.kinds, START, here[begins].sum(0))
    tally.add(tally.kinds, PIECE, here[within].sum(0))


def commented(pieces: list[str]) -> list[bool]:
    """Which pieces of Python begin in a comment or a docstring; one that began before the stretch is taken for code."""
    text, at, found = "".join(pieces), 0, []
    spans = [found.span() for found in SAID.finditer(text)]
    for one in pieces:
        found.append(any(start <= at < end for start, end in spans))
        at += len(one)
    return found


def frame(i: int, model: LanguageModel, tally: Tally, options: WordsOptions, experts: int) -> WordsStep:
    """What has been counted."""
    layer, domains = options.layer - 1, tuple(tally.domains)
    counts = torch.stack([tally.domains[name] for name in domains])  # (domains, layers, e)
    bits = [mutual_information(counts[:, k]) for k in range(counts.shape[1])]
    shares = counts[:, layer] / counts[:, layer].sum(1, keepdim=True)
    listed = sorted(apart_of(tally, layer).items(), key=lambda one: -one[1])
    return WordsStep(
        i,
        options.stretches,
        domains,
        names(experts),
        told(listed, bits[layer], options.layer),
        favourites(model, tally, options, experts),
        shares.float().cpu().numpy(),
        tuple(Tok(name, value, value=value) for name, value in listed),
        tuple(Tok(f"layer {k + 1}", value / np.log2(len(domains)), value=value) for k, value in enumerate(bits)),
        (i + 1) * LENGTH * len(domains),
        bits[layer],
    )


def apart_of(tally: Tally, layer: int) -> dict[str, float]:
    """Bits of at most 1 that the expert says of which of two it is: pairs of domains, and two finer pairs."""
    found = {
        f"{a.capitalize()} / {b.capitalize()}": mutual_information(
            torch.stack([tally.domains[a][layer], tally.domains[b][layer]])
        )
        for a, b in combinations(tally.domains, 2)
    }
    for a, b in ((CODE, TOLD), (START, PIECE)):
        pair = torch.stack([tally.kinds[a], tally.kinds[b]])
        found[f"{a} / {b}"] = mutual_information(pair) if pair.sum(1).min() else 0.0
    return found


def favourites(model: LanguageModel, tally: Tally, options: WordsOptions, experts: int) -> tuple[Stage, ...]:
    """For each expert the words, read often enough, that go to it at the largest share of their places."""
    tokens = [token for token, its in tally.words.items() if int(its.sum()) >= options.seen * top_k(model)]
    if not tokens:
        return ()
    counts = torch.stack([tally.words[token] for token in tokens]).float()
    shares = top_k(model) * counts / counts.sum(1, keepdim=True)  # of its places; they go to so many experts each
    found = []
    for expert in range(min(experts, COLUMNS)):
        score = shares[:, expert] * counts[:, expert].log1p()
        best = score.argsort(descending=True, stable=True)[: options.listed].tolist()
        items = tuple(
            Tok(label(piece(model, tokens[k])), float(shares[k, expert]), id=tokens[k], group=expert)
            for k in best
            if counts[k, expert]
        )
        found.append(Stage(f"expert {expert + 1}", "", items))
    return tuple(found)


def told(listed: list[tuple[str, float]], bits: float, layer: int) -> str:
    """What a frame shows."""
    (most, high), (least, low) = listed[0], listed[-1]
    return (
        f"In layer {layer} the expert alone says {bits:.2f} bits of which of the five domains a token is from. Best "
        f"told apart: {most} ({high:.2f}); hardly: {least} ({low:.2f})."
    )
