"""Translate, piece by piece: what the decoder looks at in the text as it writes each one (Bahdanau et al. 2015)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import Tok, curve, matrix, number, prose, ranked, tokens
from genai_demo.seq2seq.decode import END_ID, PAD_ID, Decoding, ranking, unlike
from genai_demo.seq2seq.model import Translator
from genai_demo.seq2seq.options import TranslateOptions


@dataclass(frozen=True, slots=True, eq=False)
class TranslateStep:
    """One piece. attention (layers, t, s): of each piece so far to what was read, mean over the heads."""

    index: int
    total: int
    pieces: tuple[str, ...]
    source: tuple[str, ...]
    layers: tuple[str, ...]
    written: tuple[Tok, ...] = tokens("what is written", grows=True)
    read: tuple[Tok, ...] = tokens("what is read, shaded where the new piece looks", unit="of the look", shade="share")
    choices: tuple[Tok, ...] = ranked("next piece", unit="probability")
    attention: np.ndarray = matrix("each piece looks at the text", rows="pieces", columns="source", names="layers")
    said: str = prose("what happens")
    surprise: float = curve("surprise", unit="nats")
    encoder: float = number("encoder, once", unit="ms", digits=1, measured=True)
    decoder: float = number("decoder, this piece", unit="ms", digits=1, measured=True)


@torch.inference_mode()
def translate(model: Translator, options: TranslateOptions, *, seed: int) -> Iterator[TranslateStep]:
    """A frame a piece, until the end is written or `most` pieces are. Chance has a say only if it is asked."""
    ids, random = model.encode(options.task, options.text), generator(seed)
    odd, started = unlike(options.task, options.text, ids), time.perf_counter()
    decoding = Decoding(model, ids)
    encoder, piece = 1000 * (time.perf_counter() - started), PAD_ID
    source, looks, names = tuple(model.name(i) for i in ids), [], []
    for i in range(options.most):
        started = time.perf_counter()
        chances, look = decoding.step([piece])
        piece = picked(chances[0], options, random)
        decoder = 1000 * (time.perf_counter() - started)
        looks.append(look[:, 0].cpu().numpy())
        names.append(model.name(piece))
        newest, ended = looks[-1][-1], piece == END_ID
        yield TranslateStep(
            i,
            i + 1 if ended else options.most,
            tuple(names),
            source,
            tuple(f"layer {k + 1}" for k in range(len(look))),
            () if ended else (Tok(model.piece(piece), float(chances[0, piece].exp()), "", piece),),
            tuple(Tok(model.piece(n), float(share), id=n) for n, share in zip(ids, newest)),
            ranking(model, chances[0], options.top, piece),
            np.stack(looks, 1),
            odd or said(i, ended, i + 1 == options.most),
            -float(chances[0, piece]),
            encoder,
            decoder,
        )
        if ended:
            return


def picked(chances: Tensor, options: TranslateOptions, random: torch.Generator) -> int:
    """The next piece by log-probabilities (v,)."""
    if options.choose == "likeliest":
        return int(chances.argmax())
    shares = (chances / options.temperature).softmax(0).cpu()
    return int(torch.multinomial(shares, 1, generator=random))


def said(index: int, ended: bool, full: bool) -> str:
    """What a frame shows."""
    if ended:
        return "It wrote its sign for the end: the translation is done."
    if full:
        return "So many pieces were allowed, and it has not come to an end; More has the limit."
    if not index:
        return "The encoder has read the whole text, both ways, once. From now on only the decoder works."
    return "The decoder reads what it has written, looks at the encoder's vectors, and names the next piece."
