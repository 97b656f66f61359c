"""Writing one text piece by piece, with what each moment of it holds. looks (layers, t, s): mean over the heads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from genai_demo.core.frames import Tok
from genai_demo.language.rows import padded
from genai_demo.seq2seq.decode import Decoding
from genai_demo.seq2seq.model import Translator

BATCH = 50  # texts that are written at once
LOOKED = 3  # pieces of the text that are named of those a piece looked at


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One piece. pieces: all so far, this one last; chances (v,): log-probabilities it was picked by; times in ms.

    limit: how many are written at most.
    """

    index: int
    pieces: tuple[int, ...]
    chances: Tensor
    looks: np.ndarray
    ended: bool
    limit: int
    encoder: float
    decoder: float

    @property
    def piece(self) -> int:
        return self.pieces[-1]

    @property
    def total(self) -> int:
        """How many there are, or may be."""
        return len(self.pieces) if self.ended else self.limit

    @property
    def cut(self) -> bool:
        """Whether it is the last one, and not the end."""
        return not self.ended and len(self.pieces) == self.limit

    @property
    def chance(self) -> float:
        """Log-probability of the piece."""
        return float(self.chances[self.piece])


def moments(model: Translator, ids: Sequence[int], most: int, pick: Callable[[Tensor], int]) -> Iterator[Moment]:
    """Until the end is written, or `most` pieces are. pick: log-probabilities (v,) -> the next piece."""
    started = time.perf_counter()
    decoding = Decoding(model, ids)
    encoder = 1000 * (time.perf_counter() - started)
    looks: list[np.ndarray] = []
    pieces: list[int] = []
    limit = min(most, model.longest - 2)
    for i in range(limit):
        started = time.perf_counter()
        chances, look = decoding.step(pieces[-1:] or [decoding.first])
        pieces.append(pick(chances[0]))
        decoder = 1000 * (time.perf_counter() - started)
        looks.append(look[:, 0].cpu().numpy())
        ended = pieces[-1] == model.end
        yield Moment(i, tuple(pieces), chances[0], np.stack(looks, 1), ended, limit, encoder, decoder)
        if ended:
            return


def likeliest(chances: Tensor) -> int:
    """The likeliest piece by log-probabilities (v,)."""
    return int(chances.argmax())


def of_layer(looks: np.ndarray, layer: int) -> np.ndarray:
    """looks (layers, t, s) -> those of one layer (t, s), counted from 1; 0, or more than there are: the last."""
    found: np.ndarray = looks[min(layer or len(looks), len(looks)) - 1]
    return found


def shaded(model: Translator, ids: Sequence[int], look: np.ndarray) -> tuple[Tok, ...]:
    """What is read, shaded where the newest piece looks; look (t, s)."""
    return tuple(Tok(model.piece(n), float(share), id=n) for n, share in zip(ids, look[-1]))


def put(model: Translator, moment: Moment, ids: Sequence[int], look: np.ndarray) -> tuple[Tok, ...]:
    """The piece that is written, with where it looked as its note; none where it is the end. look (t, s)."""
    if moment.ended:
        return ()
    most = np.argsort(look[-1])[::-1][:LOOKED]
    note = "looked at " + ", ".join(f"“{model.name(ids[i])}” {100 * look[-1][i]:.0f} %" for i in most)
    return (Tok(model.piece(moment.piece), min(1.0, np.exp(moment.chance)), "", moment.piece, note),)


def written(model: Translator, read: Sequence[list[int]], beams: int) -> list[str]:
    """What it writes for each text, those of about one length together."""
    return [model.text(ids) for ids in pieces_written(model, read, beams)]


def pieces_written(model: Translator, read: Sequence[list[int]], beams: int = 1) -> list[list[int]]:
    """The pieces it writes for each text, END left out."""
    order = sorted(range(len(read)), key=lambda i: len(read[i]))
    found: dict[int, list[int]] = {}
    for at in range(0, len(order), BATCH):
        rows = order[at : at + BATCH]
        ids = padded([read[i] for i in rows])
        out = model.network.generate(
            input_ids=ids,
            attention_mask=(ids != 0).long(),
            num_beams=beams,
            do_sample=False,
            max_new_tokens=model.longest - 2,
            bad_words_ids=[[piece] for piece in model.silent],
        )
        for i, row in zip(rows, out.tolist(), strict=True):
            found[i] = [piece for piece in row[len(model.begun) :] if piece not in (*model.silent, model.end)]
    return [found[i] for i in range(len(read))]
