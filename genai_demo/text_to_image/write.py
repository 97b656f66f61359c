"""Run: a picture written code by code, like a text; one code exchanged, and what follows from it.

Codes (b, 64) are those of quantized.py, row by row; a place that is not written yet is grey.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import Tok, curve, number, pictures, prose, ranked
from genai_demo.text_to_image import quantized, reading
from genai_demo.text_to_image.autoencoder import SIDE, as_pictures
from genai_demo.text_to_image.guide import features_of
from genai_demo.text_to_image.options import WriteOptions
from genai_demo.text_to_image.quantized import CODES, GRID
from genai_demo.text_to_image.reading import Prompt
from genai_demo.text_to_image.verdict import NOTHING, Seen, seen
from genai_demo.text_to_image.writer import Asking, Codes, choose

NEXT = 6  # of the likeliest codes that are shown
CELL = SIDE // GRID  # pixels along a side of a code
GREY = 150  # where nothing is written yet


@dataclass(frozen=True, slots=True, eq=False)
class WriteStep:
    """One code more of every picture. choices, looks: of the first picture's next code, or the last one, at the end."""

    index: int
    total: int
    picture: np.ndarray = pictures("pictures so far", names="captions", soft=True)
    exchanged: np.ndarray | None = pictures("first picture, a code exchanged", names="exchanged_captions", soft=True)
    codes: np.ndarray = pictures("its codes, as colours")
    choices: tuple[Tok, ...] = ranked("next code of the first picture", unit="probability")
    looks: np.ndarray = pictures("how these codes look", columns=NEXT)
    said: str = prose("said of it", keeps=True)
    code: int = number("codes written", digits=0)
    passes: int = number("passes of the network", digits=0)
    right: int | None = number("all as asked", unit="pictures", digits=0)
    openness: float = curve("how open the next code is", unit="bits")
    apart: int | None = curve("codes that differ, exchanged or not", digits=0)
    captions: tuple[str, ...] = ()
    exchanged_captions: tuple[str, ...] = ()


@torch.inference_mode()
def write(model: Codes, options: WriteOptions, *, seed: int) -> Iterator[WriteStep]:
    """All pictures take each code by random numbers of their own, the exchanged one by those of the first picture.

    Raises DemoError where no word of the prompt is known.
    """
    prompt = reading.asked(model.latent, options.prompt)
    given, free = features_of(model.latent, prompt), features_of(model.latent, reading.read(model.latent, ""))
    rows = options.samples + bool(options.rank)
    ask = Asking(model.writer, given.expand(rows, -1, -1), free, options.guidance_scale)
    random = [torch.Generator().manual_seed(seed * 1000 + i) for i in range(options.samples)]
    film = _Film(model, prompt, options, ask)
    written = torch.zeros(rows, 0, dtype=torch.long)
    while True:
        chances = ask.chances(written, options.temperature)
        yield film.frame(written, chances)
        luck = torch.stack([torch.rand(CODES, generator=one) for one in random])
        taken = choose(chances, torch.cat([luck, luck[:1]]) if options.rank else luck, options.temperature)
        if options.rank and written.shape[1] == options.exchange:
            taken[-1] = _instead(chances[-1], int(taken[-1]), options.rank)
        written = torch.cat([written, taken[:, None]], 1)
        if written.shape[1] == GRID * GRID:
            break
    yield film.end(written, chances)


def _instead(chances: Tensor, taken: int, rank: int) -> int:
    """The code of that rank; where it is the one taken already, the next one."""
    order = chances.argsort(descending=True).tolist()
    return int(order[rank - 1] if order[rank - 1] != taken else order[rank])


class _Film:
    """Makes the frames of one run."""

    def __init__(self, model: Codes, prompt: Prompt, options: WriteOptions, ask: Asking) -> None:
        self.model, self.prompt, self.options, self.ask = model, prompt, options, ask
        self.watched = [0, -1] if options.rank else [0]
        self.x = torch.zeros(0)

    def frame(self, written: Tensor, chances: Tensor) -> WriteStep:
        """Before a code is taken. The first picture, and its other way, grow code by code, the others row by row."""
        if written.shape[1] % GRID == 0:
            self.x = decoded(self.model, written)
        else:
            self.x[self.watched] = decoded(self.model, written[self.watched])
        return self._frame(written, chances, self.x)

    def end(self, written: Tensor, chances: Tensor) -> WriteStep:
        """All is written; with what the detector sees."""
        x = decoded(self.model, written)
        words = " ".join(self.prompt.words)
        n = self.options.samples
        found = seen(self.model.latent, words, x[:n])
        other = seen(self.model.latent, words, x[n:]) if self.options.rank else NOTHING
        return self._frame(written, chances, x, found, other)

    def _frame(
        self, written: Tensor, chances: Tensor, x: Tensor, found: Seen = NOTHING, other: Seen = NOTHING
    ) -> WriteStep:
        n, samples = written.shape[1], self.options.samples
        drawn = masked(as_pictures(x), n // GRID * GRID)
        drawn[self.watched] = masked(as_pictures(x[self.watched]), n)
        share, best = chances[0].topk(NEXT)
        ended = int(written[0, -1]) if n == GRID * GRID else None
        choices = tuple(
            Tok(f"code {i}", p, "picked" if i == ended else "", i) for i, p in zip(best.tolist(), share.tolist())
        )
        exchange = bool(self.options.rank)
        return WriteStep(
            n,
            GRID * GRID + 1,
            drawn[:samples],
            drawn[samples:] if exchange else None,
            masked(shades(written[:1]), n),
            choices,
            self.model.looks[best],
            found.said or (self.prompt.notice if n == 0 else ""),
            n,
            self.ask.passes,
            found.right,
            float(-(chances[0] * chances[0].clamp(min=1e-12).log2()).sum()),
            int((written[0] != written[-1]).sum()) if exchange else None,
            found.captions,
            other.captions,
        )


def decoded(model: Codes, written: Tensor) -> Tensor:
    """Codes (b, n), n up to 64 -> pictures; what is missing continues the last code, and is covered later."""
    rest = GRID * GRID - written.shape[1]
    fill = written[:, -1:] if written.shape[1] else torch.zeros(len(written), 1, dtype=torch.long)
    whole = torch.cat([written, fill.expand(-1, rest)], 1)
    return model.picture(whole)


def masked(drawn: np.ndarray, written: int) -> np.ndarray:
    """Pictures (b, 64, 64, 3) with grey where codes are not written yet."""
    cells = (np.arange(GRID * GRID) >= written).reshape(GRID, GRID).repeat(CELL, 0).repeat(CELL, 1)
    found = drawn.copy()
    found[:, cells] = GREY
    return found


def shades(codes: Tensor) -> np.ndarray:
    """Codes (b, n) of FSQ's lattice -> (b, 64, 64, 3): its first levels as red, green and blue; 0 where none is."""
    steps = [math.prod(quantized.LEVELS[:i]) for i in range(3)]
    whole = torch.nn.functional.pad(codes, (0, GRID * GRID - codes.shape[1]))
    parts = [whole // step % count * 255 // (count - 1) for step, count in zip(steps, quantized.LEVELS)]
    small = torch.stack(parts, -1).view(len(codes), GRID, GRID, 3).byte().numpy()
    return np.asarray(small.repeat(CELL, 1).repeat(CELL, 2))
