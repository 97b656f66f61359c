"""Translate, piece by piece: what the decoder looks at in the text as it writes each one (Bahdanau et al. 2015)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import Tok, curve, matrix, number, prose, ranked, tokens
from genai_demo.seq2seq.decode import guessed, ranking, unlike
from genai_demo.seq2seq.model import Translator
from genai_demo.seq2seq.options import TranslateOptions
from genai_demo.seq2seq.parts import parts
from genai_demo.seq2seq.write import Moment, likeliest, moments, of_layer, put, shaded


@dataclass(frozen=True, slots=True, eq=False)
class TranslateStep:
    """One piece. attention (t, s): of each piece so far to what was read, in one layer, mean over the heads."""

    index: int
    total: int
    pieces: tuple[str, ...]
    source: tuple[str, ...]
    said: str = prose("what happens")
    written: tuple[Tok, ...] = tokens("what is written", grows=True)
    read: tuple[Tok, ...] = tokens("what is read, shaded where the new piece looks", unit="of the look", shade="share")
    choices: tuple[Tok, ...] = ranked("next piece", unit="probability")
    attention: np.ndarray = matrix("each piece looks at the text", rows="pieces", columns="source")
    surprise: float = curve("surprise", unit="nats")
    encoder: float = number("encoder, once", unit="ms", digits=1, measured=True)
    decoder: float = number("decoder, this piece", unit="ms", digits=1, measured=True)


@torch.inference_mode()
def translate(model: Translator, options: TranslateOptions, *, seed: int) -> Iterator[TranslateStep]:
    """A frame a piece, until the end is written or `most` pieces are; a long text in parts. Chance has a say only if
    it is asked."""
    texts = parts(model, options.task, options.text)
    read = [model.encode(options.task, text) for text in texts]
    pick = picker(options.choose == "by chance", options.temperature, seed)
    before = 0
    for k, (text, ids) in enumerate(zip(texts, read, strict=True)):
        odd, source, cost = unlike(model, text, ids), tuple(map(model.name, ids)), 0.0
        for at in moments(model, ids, options.most, pick):
            look, cost = of_layer(at.looks, options.layer), cost - at.chance
            yield TranslateStep(
                before + at.index,
                before + at.total + at.limit * (len(read) - k - 1),
                tuple(map(model.name, at.pieces)),
                source,
                odd or of_parts(at, k, len(read)) or said(model, at, cost),
                put(model, at, ids, look),
                shaded(model, ids, look),
                ranking(model, at.chances, options.top, at.piece),
                look,
                -at.chance,
                at.encoder,
                at.decoder,
            )
        before += len(at.pieces)


def picker(by_chance: bool, temperature: float, seed: int) -> Callable[[Tensor], int]:
    """How the next piece is taken by log-probabilities (v,)."""
    if not by_chance:
        return likeliest
    random = generator(seed)
    return lambda chances: int(torch.multinomial((chances / temperature).softmax(0).cpu(), 1, generator=random))


def of_parts(at: Moment, part: int, count: int) -> str:
    """What is said of a text in several parts, at their beginning and end; "" elsewhere."""
    if count > 1 and not at.index:
        return f"Too long to be read at once: part {part + 1} of {count}, read without the others."
    if part + 1 < count and (at.ended or at.cut):
        return f"Part {part + 1} of {count} is done; the encoder reads the next one."
    return ""


def said(model: Translator, at: Moment, cost: float) -> str:
    """What a frame shows; cost: of all its pieces, in nats."""
    if at.ended:
        return guessed(model, cost / (at.index + 1)) or "It wrote its sign for the end: the translation is done."
    if at.cut:
        return "So many pieces were allowed, and it has not come to an end; More has the limit."
    if not at.index:
        return "The encoder has read the whole text, both ways, once. From now on only the decoder works."
    return "The decoder reads what it has written, looks at the encoder's vectors, and names the next piece."
