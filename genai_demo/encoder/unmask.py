"""Unmask step by step: the surest gap is filled, then all is read again (Ghazvininejad et al. 2019, "Mask-Predict").

From nothing but masks it writes a sentence: a masked diffusion language model in small (Austin et al. 2021; Sahoo et
al. 2024), whose noise is the mask and whose steps take it away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import Tok, curve, number, prose, ranked, tokens
from genai_demo.encoder.masked import MaskedModel, best, entropy, gaps
from genai_demo.encoder.model import unlike
from genai_demo.encoder.options import MASK, UnmaskOptions


@dataclass(frozen=True, slots=True, eq=False)
class UnmaskStep:
    """After some gaps were filled; the first frame is the text as it was given."""

    index: int
    total: int
    text: tuple[Tok, ...] = tokens("the text so far")
    candidates: tuple[Tok, ...] = ranked("the words for the gap that was just filled", unit="probability")
    said: str = prose("what happens")
    left: int = curve("gaps left", digits=0)
    sure: float | None = curve("probability of what was put in")
    doubt: float | None = curve("doubt over the gaps that are left, mean", unit="nats")
    likely: float = number("log-probability of all that was put in", unit="nats", digits=2)


@torch.inference_mode()
def unmask(model: MaskedModel, options: UnmaskOptions, *, seed: int) -> Iterator[UnmaskStep]:
    """A frame for the text as given, then one for each pass that fills `at_once` gaps."""
    text = " ".join(part for part in (options.text, *[MASK] * options.masks) if part)
    ids = model.encode(text)
    places = gaps(model, ids)
    random, given = generator(seed), list(ids)
    chance: dict[int, float] = {}
    total, likely = 1 + -(-len(places) // options.at_once), 0.0
    yield UnmaskStep(
        0,
        total,
        drawn(model, ids, given, chance, ()),
        (),
        _first(model, text, ids, places),
        len(places),
        None,
        None,
        0.0,
    )
    for i in range(1, total):
        left = model.masked(ids)
        logits = model.at(ids, left)
        if not options.repeats:
            silence_neighbours(logits, ids, left)
        order = chosen(logits, options.order, random)[: options.at_once]
        new = []
        for k in order:
            number, p = pick(logits[k], options.temperature, random)
            ids[left[k]], chance[left[k]] = number, p
            likely += float(torch.tensor(p).log())
            new.append(left[k])
        yield UnmaskStep(
            i,
            total,
            drawn(model, ids, given, chance, new),
            marked(best(model, logits[order[0]], options.top), ids[new[0]]),
            _step(model, ids, new, options),
            len(left) - len(new),
            chance[new[0]],
            float(entropy(logits).mean()),
            likely,
        )


def silence_neighbours(logits: Tensor, ids: Sequence[int], places: Sequence[int]) -> None:
    """Takes from each gap the words that stand right before it and behind it; logits (places, vocabulary)."""
    for k, place in enumerate(places):
        logits[k, [ids[place - 1], ids[place + 1]]] = -torch.inf


def chosen(logits: Tensor, order: str, random: torch.Generator) -> list[int]:
    """The gaps, by their rows in logits (gaps, vocabulary), in the order in which they are filled."""
    if order == "left to right":
        return list(range(len(logits)))
    if order == "by chance":
        return torch.randperm(len(logits), generator=random).tolist()
    sure = logits.softmax(1).amax(1)
    return sure.argsort(descending=True, stable=True).tolist()


def pick(logits: Tensor, temperature: float, random: torch.Generator) -> tuple[int, float]:
    """(a token by logits (vocabulary,), its probability before the temperature)."""
    chances = logits.softmax(0).cpu()
    if temperature == 0:
        number = int(chances.argmax())
    else:
        number = int(torch.multinomial((logits.cpu() / temperature).softmax(0), 1, generator=random))
    return number, float(chances[number])


def drawn(
    model: MaskedModel, ids: Sequence[int], given: Sequence[int], chance: dict[int, float], new: Sequence[int]
) -> tuple[Tok, ...]:
    """The text: what was given, what was put in with its probability as its shade, and the gaps."""
    out = []
    for place, token in enumerate(ids):
        if place in chance:
            out.append(Tok(model.piece(token), chance[place], "picked" if place in new else "", token))
        elif token == model.mask:
            out.append(Tok(model.piece(token), id=token))
        elif given[place] not in model.control:
            out.append(Tok(model.piece(token), kind="prompt", id=token))
    return tuple(out)


def marked(rows: Sequence[Tok], number: int) -> tuple[Tok, ...]:
    """The candidates, the one that was taken marked."""
    return tuple(Tok(row.text, row.share, "picked" if row.id == number else "", row.id) for row in rows)


def _first(model: MaskedModel, text: str, ids: Sequence[int], places: Sequence[int]) -> str:
    if odd := unlike(model, text, ids):
        return odd
    if len(places) == len(ids) - 2:
        return "Nothing but gaps: the noise that a masked diffusion language model begins with."
    return f"{len(places)} gaps. Each pass reads the whole text, both ways."


def _step(model: MaskedModel, ids: Sequence[int], new: Sequence[int], options: UnmaskOptions) -> str:
    words = ", ".join(f"“{model.piece(ids[place]).strip()}”" for place in new[:6])
    how = {
        "surest first": "where it was surest",
        "left to right": "in the first gap",
        "by chance": "in a gap drawn by lot",
    }[options.order]
    if len(new) > 1:
        return f"{words} go in together, without knowing of each other."
    return f"{words} goes in {how}."
