"""Translate, piece by piece: what the decoder looks at in the text as it writes each one (Bahdanau et al. 2015)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import Tok, curve, matrix, number, prose, ranked, tokens
from genai_demo.seq2seq.decode import ranking, unlike
from genai_demo.seq2seq.model import Translator
from genai_demo.seq2seq.options import TranslateOptions
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
    """A frame a piece, until the end is written or `most` pieces are. Chance has a say only if it is asked."""
    ids = model.encode(options.task, options.text)
    odd, source = unlike(model, options.text, ids), tuple(map(model.name, ids))
    for at in moments(model, ids, options.most, picker(options.choose == "by chance", options.temperature, seed)):
        look = of_layer(at.looks, options.layer)
        yield TranslateStep(
            at.index,
            at.total,
            tuple(map(model.name, at.pieces)),
            source,
            odd or said(at),
            put(model, at, ids, look),
            shaded(model, ids, look),
            ranking(model, at.chances, options.top, at.piece),
            look,
            -at.chance,
            at.encoder,
            at.decoder,
        )


def picker(by_chance: bool, temperature: float, seed: int) -> Callable[[Tensor], int]:
    """How the next piece is taken by log-probabilities (v,)."""
    if not by_chance:
        return likeliest
    random = generator(seed)
    return lambda chances: int(torch.multinomial((chances / temperature).softmax(0).cpu(), 1, generator=random))


def said(at: Moment) -> str:
    """What a frame shows."""
    if at.ended:
        return "It wrote its sign for the end: the translation is done."
    if at.cut:
        return "So many pieces were allowed, and it has not come to an end; More has the limit."
    if not at.index:
        return "The encoder has read the whole text, both ways, once. From now on only the decoder works."
    return "The decoder reads what it has written, looks at the encoder's vectors, and names the next piece."
