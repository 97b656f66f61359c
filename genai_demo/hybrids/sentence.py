"""A text written from left to right, and the same place filled by masked diffusion: two networks of one size.

What is computed is counted in tokens through the network. The decoder keeps what it has read, so that each token goes
through once; diffusion reads the whole text in every pass, and fills in each pass as many places as it is told to,
those first that it is surest of.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import curve, number, prose, tokens
from genai_demo.core.frames_text import Tok
from genai_demo.core.load import load
from genai_demo.hybrids.masked import HIDDEN, Filler
from genai_demo.hybrids.options import GAP, SentenceOptions

DECODER, READER = "moe/active", "moe/total"  # the one that writes from left to right; the larger one that reads both
MOST = 200  # tokens of a text, its gap included
EMPTY = "▢"


@dataclass(frozen=True, slots=True, eq=False)
class SentenceStep:
    """As far as both have come. A reader's perplexity stands in the last frame."""

    index: int
    total: int
    left: tuple[Tok, ...] = tokens("left to right")
    right: tuple[Tok, ...] = tokens("by masked diffusion")
    said: str = prose("what happens")
    left_done: int = curve("left to right", chart="tokens written", digits=0)
    right_done: int = curve("diffusion", chart="tokens written", digits=0)
    left_cost: int = curve("left to right ", unit="tokens", chart="tokens through the network", digits=0)
    right_cost: int = curve("diffusion ", unit="tokens", chart="tokens through the network", digits=0)
    left_read: float | None = number("perplexity of the left one, to a larger reader", digits=1)
    right_read: float | None = number("perplexity of the right one, to a larger reader", digits=1)


@dataclass(slots=True)
class Written:
    """A text being written: ids (n,), the probability of each written token, tokens that went through the network."""

    ids: list[int]
    shares: dict[int, float]
    cost: int = 0


def sentence(model: Filler, options: SentenceOptions, *, seed: int) -> Iterator[SentenceStep]:
    """A frame a pass of the slower of both, and one with the reader's verdict. Raises DemoError: text too long."""
    before, after = _parts(model.tokenizer, options)
    gap = range(len(before), len(before) + options.length)
    decoder = load(DECODER)
    left = list(_leftwards(decoder, before, options, generator(seed)))
    right = list(_anywhere(model, before, after, options, generator(seed)))
    total = max(len(left), len(right)) + 1
    for index in range(total):
        one, two = left[min(index, len(left) - 1)], right[min(index, len(right) - 1)]
        last = index + 1 == total
        reader = load(READER) if last else None
        yield SentenceStep(
            index,
            total,
            _shown(model.tokenizer, one, gap, after),
            _shown(model.tokenizer, two, gap, []),
            _said(options, bool(after), last=last),
            len(one.shares),
            len(two.shares),
            one.cost,
            two.cost,
            _perplexity(reader, [*one.ids, *after], gap) if reader else None,
            _perplexity(reader, two.ids, gap) if reader else None,
        )


def _parts(tokenizer: Any, options: SentenceOptions) -> tuple[list[int], list[int]]:
    """Tokens before and after the gap, which is at the end where the text marks none."""
    ahead, _, behind = options.text.partition(GAP)
    before = tokenizer(ahead.rstrip()).input_ids
    after = tokenizer(behind).input_ids if behind.strip() else []
    if not before:
        raise DemoError("text begins with the gap; write a few words before it, a decoder needs some to go on from")
    if (count := len(before) + options.length + len(after)) > MOST:
        raise DemoError(f"text and gap make {count} tokens; the limit is {MOST}, shorten one of them")
    return before, after


@torch.inference_mode()
def _leftwards(decoder: Any, before: list[int], options: SentenceOptions, random: torch.Generator) -> Iterator[Written]:
    """One token after the other, each drawn from what the decoder says of the next; what was read is kept."""
    found, kept = Written(list(before), {}), None
    ahead = torch.tensor([before], device=decoder.network.device)
    for _ in range(options.length):
        out = decoder.network(ahead, past_key_values=kept, use_cache=True)
        kept, found.cost = out.past_key_values, found.cost + ahead.shape[1]
        token, share = _drawn(out.logits[0, -1:], options.temperature, random)
        found.shares[len(found.ids)] = float(share[0])
        found.ids.append(int(token[0]))
        ahead = token[None].to(ahead.device)
        yield Written(list(found.ids), dict(found.shares), found.cost)


@torch.inference_mode()
def _anywhere(
    model: Filler, before: list[int], after: list[int], options: SentenceOptions, random: torch.Generator
) -> Iterator[Written]:
    """In each pass the surest places of the gap, as many as lie evenly over the passes."""
    found = Written([*before, *[HIDDEN] * options.length, *after], {})
    for left in range(min(options.passes, options.length), 0, -1):
        open_places = [i for i, token in enumerate(found.ids) if token == HIDDEN]
        ids = torch.tensor([found.ids], device=model.network.device)
        token, share = _drawn(model(ids)[0, open_places], options.temperature, random)
        found.cost += len(found.ids)
        for k in share.argsort(descending=True)[: math.ceil(len(open_places) / left)].tolist():
            found.ids[open_places[k]] = int(token[k])
            found.shares[open_places[k]] = float(share[k])
        yield Written(list(found.ids), dict(found.shares), found.cost)


def _drawn(logits: Tensor, temperature: float, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """logits (n, v) -> a token of each row (n,), and its probability at temperature 1 (n,)."""
    logits = logits.float().cpu()
    chances = logits.softmax(-1)
    if temperature == 0:
        token = chances.argmax(-1)
    else:
        token = torch.multinomial((logits / temperature).softmax(-1), 1, generator=random)[:, 0]
    return token, chances.gather(1, token[:, None])[:, 0]


@torch.inference_mode()
def _perplexity(reader: Any, ids: list[int], gap: range) -> float:
    """Of the tokens in the gap, to a decoder that read neither writer's mind."""
    logits = reader.network(torch.tensor([ids], device=reader.network.device), use_cache=False).logits[0].float()
    places = torch.tensor(list(gap))
    nats = torch.nn.functional.cross_entropy(logits.cpu()[places - 1], torch.tensor(ids)[places])
    return math.exp(min(float(nats), 20.0))


def _shown(tokenizer: Any, found: Written, gap: range, after: list[int]) -> tuple[Tok, ...]:
    """The text as tokens: what was given is quiet, what was written has its probability, what is hidden a sign."""
    shown = []
    for place, token in enumerate([*found.ids, *after]):
        text = EMPTY if token == HIDDEN else tokenizer.decode([token])
        shown.append(Tok(text, found.shares.get(place), "" if place in gap else "prompt"))
    return tuple(shown)


def _said(options: SentenceOptions, both: bool, *, last: bool) -> str:
    if last:
        return "A larger decoder reads both. It tells fluent from broken; it does not know what you meant."
    if both:
        return "Diffusion sees what comes after the gap; the decoder writes on as if nothing came."
    return "The decoder writes one token after the other; diffusion fills the surest places first, several in a pass."
