"""The steps of a transformer on one sentence: from letters to the next token, with the real tensors and the code.

Vaswani et al. 2017; Touvron et al. 2023, "LLaMA". Here are the letters and their merges;
`computed` has what the network computes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from genai_demo.core.frames import Tok
from genai_demo.decoder.attention import parts
from genai_demo.decoder.computed import computed
from genai_demo.decoder.merges import best_pair, first_words, joined, merging, ranks, seen
from genai_demo.decoder.options import StepsOptions
from genai_demo.decoder.step import Step, step
from genai_demo.decoder.switched_off import place
from genai_demo.language.model import LanguageModel
from genai_demo.language.shown import piece, toks
from genai_demo.language.text import clean, refuse_empty, visible

MOST = 24  # tokens of a sentence
MERGES = 24  # frames of merges


@torch.inference_mode()
def steps(model: LanguageModel, options: StepsOptions, *, seed: int) -> Iterator[Step]:
    """The sentence through the whole model, one layer of it step by step. Nothing is random."""
    net = parts(model.network)
    layer, head = place("layer", options.layer, len(net.layers)), place("head", options.head, net.h)
    refuse_empty(options.text)
    text, left_out = shortened(model, options.text)
    ids = model.encode(text)
    made = [*tokenised(model, text, ids, left_out), *computed(model, net, ids, layer, head)]
    for i, one in enumerate(made):
        yield dataclasses.replace(one, index=i, total=len(made))


def shortened(model: LanguageModel, text: str) -> tuple[str, int]:
    """(as much of the text's beginning as makes MOST tokens, how many characters are left out)."""
    text = clean(text)
    ids, short = model.encode(text), text
    if len(ids) > MOST:
        short = text[: len(b"".join(map(model.piece, ids[:MOST])).decode(errors="replace"))]
    while len(model.encode(short)) > MOST:
        short = short[:-1]
    return short, len(text) - len(short)


def spelled(text: str) -> list[tuple[str, bytes]]:
    """Each character with the bytes that UTF-8 writes it in."""
    return [(letter, letter.encode()) for letter in text]


def tokenised(model: LanguageModel, text: str, ids: Sequence[int], left_out: int) -> Iterator[Step]:
    """Characters, bytes, merges and the tokens' numbers."""
    letters = spelled(text)
    said = f"Characters: {len(letters)}. Bytes that write them: {sum(len(b) for _, b in letters)}."
    if left_out:
        said += f" Only the first {MOST} tokens are shown, {left_out} characters are left out."
    shown = tuple(Tok(visible(b), note=f"U+{ord(c):04X}, bytes {b.hex(' ')}") for c, b in letters)
    yield step("text", said, spelled, pieces=shown)
    yield from merged(model, text, ids)
    numbers = tuple(Tok(f"{i} ", id=i, note=piece(model, i)) for i in ids)
    said = f"Tokens: {len(ids)}. Each has a number, its place in a vocabulary of {len(model.tokenizer)}."
    yield step("token numbers", said, LanguageModel.encode, pieces=toks(model, ids), ids=numbers)


def merged(model: LanguageModel, text: str, ids: Sequence[int]) -> Iterator[Step]:
    """The merges, at most MERGES frames of them; one frame that says so where this tokenizer works in another way."""
    words = first_words(model, text)
    found = list(merging(words, ranks(model.tokenizer)))
    last = found[-1][1] if found else words
    if model.tokenizer.convert_tokens_to_ids([symbol for word in last for symbol in word]) != list(ids):
        said = "This model's tokenizer works in another way than by merges of pairs; here is what it makes of the text."
        yield step("tokens", said, pieces=toks(model, ids))
        return
    yield step("bytes", "The text is cut into words, and each word into its bytes.", first_words, pieces=symbols(words))
    before, frames = -1, min(MERGES, len(found))
    for i in np.linspace(0, len(found) - 1, frames).round().astype(int).tolist():
        pair, words = found[i]
        said = f"Merge {i + 1} of {len(found)}: “{seen(pair[0])}” and “{seen(pair[1])}” become one symbol."
        more = i - before - 1
        said += f" {more} more before it {'is' if more == 1 else 'are'} done in this frame, too." if more else ""
        yield step("merge", said, best_pair, joined, pieces=symbols(words, "".join(pair)))
        before = i


def symbols(words: Sequence[Sequence[str]], new: str = "") -> tuple[Tok, ...]:
    """The symbols of words as they are shown; those just joined are marked."""
    return tuple(Tok(seen(one), kind="picked" if one == new else "") for word in words for one in word)
