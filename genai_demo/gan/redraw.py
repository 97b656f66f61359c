"""Picture to picture in use: lines become garments (pix2pix), sneakers boots and back (CycleGAN)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import curve, number, pictures
from genai_demo.gan.bundle import Cycle
from genai_demo.gan.drawing import to_pictures
from genai_demo.gan.edges import edges
from genai_demo.gan.options import CycleOptions, EdgesOptions
from genai_demo.gan.train_fashion import scaled
from genai_demo.gan.translate import UNet
from genai_demo.inputs.pictures import decode_picture, sample_picture

EXAMPLE = 99  # the test picture whose lines stand in where nothing is drawn
FIRST = {"sneaker to boot": 70, "boot to sneaker": 90}  # test pictures of the class that is given
SEEN = 20  # grey level from which a pixel counts as drawn


def _on(model: torch.nn.Module, pictures: np.ndarray) -> Tensor:
    """(n, 28, 28) uint8 -> (n, 1, 28, 28) in [-1, 1], where the model is."""
    weight = next(model.parameters())
    return scaled(torch.from_numpy(np.array(pictures))).to(weight.device, weight.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class EdgesStep:
    """Some more of the lines. lines (1, 28, 28); made (n, 28, 28), the same lines with another dropout each."""

    index: int
    total: int
    lines: np.ndarray = pictures("lines")
    made: np.ndarray = pictures("garments", columns=3)
    drawn: float = number("lines so far", unit="% of the height", digits=0)
    variety: float | None = curve("difference between the garments", unit="grey levels", digits=1)


@torch.inference_mode()
def garments(model: UNet, options: EdgesOptions, *, seed: int) -> Iterator[EdgesStep]:
    """The lines come in from the top; each frame redraws everything. The dropout stays the same for all frames."""
    lines = lines_of(options)
    height = np.flatnonzero(lines.max(1) > SEEN)
    top, bottom = (int(height[0]), int(height[-1]) + 1) if len(height) else (0, 28)
    ends = np.linspace(top, bottom, options.steps + 1).round().astype(int)[1:]
    for i, end in enumerate(ends):
        shown = np.where(np.arange(28)[:, None] < end, lines, 0).astype(np.uint8)
        x = _on(model, shown[None]).expand(options.samples, -1, -1, -1)
        made = to_pictures(model(x, generator(seed)))
        share = 100 * (end - top) / max(1, bottom - top)
        variety = float(made.std(0).mean()) if len(made) > 1 else None  # one differs from nothing
        yield EdgesStep(i, len(ends), shown[None], made, share, variety)


def lines_of(options: EdgesOptions) -> np.ndarray:
    """The visitor's lines, lines found in the visitor's picture, or those of an example: (28, 28) uint8."""
    given = decode_picture(options.picture) if options.picture else np.zeros((28, 28), np.uint8)
    if given.max() > SEEN and options.lines == "as drawn" and not options.picture.startswith("sample:"):
        return given
    if given.max() <= SEEN:
        given = sample_picture(EXAMPLE)
    return edges(torch.from_numpy(given[None].copy()))[0].numpy()


@dataclass(frozen=True, slots=True, eq=False)
class CycleStep:
    """One more way there and back. All (n, 28, 28); error: mean absolute difference of `back` and the first ones."""

    index: int
    total: int
    given: np.ndarray = pictures("given", columns=4)
    there: np.ndarray = pictures("translated", columns=4)
    back: np.ndarray = pictures("and back", columns=4)
    cycle: int = number("cycle", digits=0)
    error: float = curve("lost since the start", unit="grey levels", digits=1)
    changed: float = curve("changed by the translation", unit="grey levels", digits=1)


@torch.inference_mode()
def cycle(model: Cycle, options: CycleOptions, *, seed: int) -> Iterator[CycleStep]:
    """G(a) and F(G(a)), then again from where it came back to. Nothing is random."""
    if options.picture:
        start = decode_picture(options.picture)[None]
    else:
        first = FIRST[options.way]
        start = np.stack([sample_picture(first + i) for i in range(options.samples)])
    there_by, back_by = (model.ab, model.ba) if options.way == "sneaker to boot" else (model.ba, model.ab)
    given = start
    for i in range(options.cycles):
        there = to_pictures(there_by(_on(model, given)))
        back = to_pictures(back_by(_on(model, there)))
        error, changed = (float(np.abs(a.astype(float) - b).mean()) for a, b in ((back, start), (there, given)))
        yield CycleStep(i, options.cycles, given, there, back, i + 1, error, changed)
        given = back
