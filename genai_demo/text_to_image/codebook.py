"""Run: one picture through two codebooks, VQ's and FSQ's, and how much of each many pictures use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import curve, number, pictures
from genai_demo.data.world import draw
from genai_demo.data.world_splits import training_scene
from genai_demo.text_to_image import quantized
from genai_demo.text_to_image.autoencoder import as_input, as_pictures
from genai_demo.text_to_image.codes import shades
from genai_demo.text_to_image.edit import given
from genai_demo.text_to_image.options import CodebookOptions
from genai_demo.text_to_image.quantized import CODES, WAYS, Way
from genai_demo.text_to_image.writer import Codes

FRAMES = 16
MOST = 5  # things in a scene
METER = (25, 40, 2)  # rows and columns of the codebook as it is drawn, and pixels of a cell
UNUSED, USED = np.array([225, 225, 225]), np.array([0, 114, 178])
USE, EVEN = "codes used so far", "as many codes, evenly used"


@dataclass(frozen=True, slots=True, eq=False)
class CodebookStep:
    """The picture's own way through both, and the use of codes in the scenes counted so far."""

    index: int
    total: int
    original: np.ndarray = pictures("original")
    vq_back: np.ndarray = pictures("through VQ", soft=True)
    fsq_back: np.ndarray = pictures("through FSQ", soft=True)
    vq_lost: np.ndarray = pictures("lost by VQ", soft=True)
    fsq_lost: np.ndarray = pictures("lost by FSQ", soft=True)
    vq_meter: np.ndarray = pictures("VQ's book, used blue")
    fsq_meter: np.ndarray = pictures("FSQ's book, used blue")
    scenes: int = number("scenes counted", digits=0)
    codes: int = number("codes in each book", digits=0)
    bits: float = number("bits of a picture in codes", digits=0)
    fewer: float = number("fewer than its pixels have", unit="times", digits=0)
    vq_decibels: float = number("through VQ", unit="dB", digits=1)
    fsq_decibels: float = number("through FSQ", unit="dB", digits=1)
    vq_used: int = curve("VQ", chart=USE, digits=0, against="scenes")
    fsq_used: int = curve("FSQ", chart=USE, digits=0, against="scenes")
    vq_even: float = curve("VQ", chart=EVEN, digits=0, against="scenes")
    fsq_even: float = curve("FSQ", chart=EVEN, digits=0, against="scenes")


@torch.inference_mode()
def codebook(model: Codes, options: CodebookOptions, *, seed: int) -> Iterator[CodebookStep]:
    """The seed draws the scenes. Raises DemoError where the picture is none."""
    pixels = given(model.latent, options.picture)
    ways = {way: _Way(model, way, pixels[None]) for way in WAYS}
    total = min(FRAMES, options.scenes)
    rng = np.random.default_rng((seed, 11))
    done = 0
    for index in range(total):
        count = options.scenes * (index + 1) // total - done
        z = model.latent.encode(np.stack([draw(training_scene(rng, MOST)) for _ in range(count)]))
        done += count
        for way in ways.values():
            way.count(z)
        yield _frame(index, total, pixels, ways, done)


class _Way:
    """One tokenizer: what it makes of the picture, and how often it used each code."""

    def __init__(self, model: Codes, way: Way, pixels: np.ndarray) -> None:
        self.net, self.uses = getattr(model, way), torch.zeros(CODES)
        codes = quantized.codes_of(self.net, model.latent.encode(pixels))
        x, back = as_input(pixels), model.latent.decode(quantized.latents_of(self.net, codes)).cpu()
        self.back, self.lost = as_pictures(back), shades((back - x).mean(1).numpy())
        wrong = (back - x).div(2).square().mean().clamp(min=1e-10)
        self.decibels = -10 * float(wrong.log10())

    def count(self, z: Tensor) -> None:
        """Latents of more pictures."""
        self.uses += quantized.codes_of(self.net, z).flatten().bincount(minlength=CODES).cpu()

    @property
    def used(self) -> int:
        return int((self.uses > 0).sum())

    @property
    def even(self) -> float:
        """Perplexity: e to the entropy of the use."""
        share = self.uses[self.uses > 0] / self.uses.sum()
        return float(torch.exp(-(share * share.log()).sum()))

    def meter(self) -> np.ndarray:
        """(1, 50, 80, 3): a cell for each code, the bluer the more often it was used."""
        rows, columns, cell = METER
        shade = (self.uses.log1p() / self.uses.log1p().max().clamp(min=1)).view(rows, columns, 1).numpy()
        low = np.where(shade > 0, 0.25, 0.0) + 0.75 * shade
        small = (UNUSED + low * (USED - UNUSED)).round().astype(np.uint8)
        return np.asarray(small.repeat(cell, 0).repeat(cell, 1)[None])


def _frame(index: int, total: int, pixels: np.ndarray, ways: dict[Way, _Way], done: int) -> CodebookStep:
    vq, fsq = ways["vq"], ways["fsq"]
    bits = quantized.GRID**2 * np.log2(CODES)
    return CodebookStep(
        index,
        total,
        pixels[None],
        vq.back,
        fsq.back,
        vq.lost,
        fsq.lost,
        vq.meter(),
        fsq.meter(),
        done,
        CODES,
        bits,
        pixels.size * 8 / bits,
        vq.decibels,
        fsq.decibels,
        vq.used,
        fsq.used,
        vq.even,
        fsq.even,
    )
