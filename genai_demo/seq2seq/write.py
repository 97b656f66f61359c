"""Writing one text piece by piece, with what each moment of it holds. looks (layers, t, s): mean over the heads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from genai_demo.core.frames import Tok
from genai_demo.seq2seq.decode import Decoding
from genai_demo.seq2seq.model import Translator


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


def put(model: Translator, moment: Moment) -> tuple[Tok, ...]:
    """The piece that is written, none where it is the end."""
    return () if moment.ended else (Tok(model.piece(moment.piece), min(1.0, np.exp(moment.chance)), "", moment.piece),)
