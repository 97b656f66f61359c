"""An energy over pictures of clothes: chains that run downhill from noise, and how strange a picture is.

x: (n, 1, 28, 28) in [-1, 1]; V: the energy (n,), of which p(x) is proportional to exp(-V / HEAT).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import bars, curve, number, pictures
from genai_demo.data import others
from genai_demo.ebm.options import PicturesOptions
from genai_demo.ebm.pictures_model import HEAT, PicturesEnergy, energies, slope, tensor
from genai_demo.inputs.pictures import SAMPLES, decode_picture, sample_picture
from genai_demo.quality.measures import auroc

WAY = 1.0  # the time from noise to data, gone without noise as in training; then the chain is one of Langevin's
FRAMES = 60
SHOWN = 10  # pictures of another kind
BINS, SPREAD = 32, 4.0  # of the histograms, which reach so many spreads of the test pictures to either side
ENERGY = "energy V"


@dataclass(frozen=True, slots=True, eq=False)
class PicturesStep:
    """The chains after `step` steps; pictures (n, 28, 28) uint8.

    downhill: where each pixel is to go, grey is nowhere. strange: some of the others. test, other: share of the test
    pictures, and of the others, in each bin of energies. energy: mean V of the chains; given: of the picture; median:
    of 1,000 test pictures. likelier: test pictures of lower energy than the picture, %. apart: AUROC, the chance that
    one of 100 others has a higher energy than one of 100 test pictures; by_slope: that its slope is longer, for where
    data lies the landscape is flat (Grathwohl et al. 2020, section 5.3).
    """

    index: int
    total: int
    made: np.ndarray = pictures("the chains")
    downhill: np.ndarray = pictures("downhill: darker, brighter")
    yours: np.ndarray = pictures("your picture")
    strange: np.ndarray = pictures("the others", columns=SHOWN // 2)
    test: np.ndarray = bars("test pictures, by energy from low to high")
    other: np.ndarray = bars("the others, by energy from low to high")
    step: int = number("step", digits=0)
    part: str = number("part", phase=True)
    energy: float = curve("chains", digits=0, chart=ENERGY, against="step")
    given: float = curve("your picture", digits=0, chart=ENERGY, against="step")
    median: float = curve("median of test pictures", digits=0, chart=ENERGY, against="step")
    likelier: float = number("test pictures of lower energy than yours", unit="%", digits=0)
    apart: float = number("told apart by energy, AUROC", digits=2)
    by_slope: float = number("by slope, AUROC", digits=2)


@torch.no_grad()
def walked(model: PicturesEnergy, options: PicturesOptions, *, seed: int) -> Iterator[PicturesStep]:
    """Downhill without noise for a time of 1, as in training, then Langevin steps (Balcerak et al. 2025, algorithm 2).

    Chains that begin at the picture are Langevin's from the first step on. Raises DemoError for bad pictures.
    """
    random = generator(seed)
    weight = next(model.parameters())
    yours = decode_picture(options.picture)[None]
    told = judged(model, options, yours, seed)
    calm = options.start == "noise"
    if calm:
        x = torch.randn(options.chains, 1, *yours.shape[1:], generator=random)
    else:
        x = tensor(yours).repeat(options.chains, 1, 1, 1)
    every = math.ceil(options.steps / FRAMES)
    wanted = sorted({options.steps, *range(0, options.steps, every)})
    for step in range(options.steps + 1):
        way = slope(model, x.to(weight)).float().cpu()
        quiet = calm and (step + 0.5) * options.step < WAY
        if step in wanted:
            yield PicturesStep(
                wanted.index(step),
                len(wanted),
                grey(x),
                grey(-way),
                yours,
                step=step,
                part="downhill" if quiet else "Langevin",
                energy=float(model(x.to(weight)).mean()),
                **told,
            )
        noise = 0 if quiet else options.noise * math.sqrt(2 * options.step * HEAT)
        x = x - options.step * way + noise * torch.randn(x.shape, generator=random)


def judged(model: PicturesEnergy, options: PicturesOptions, yours: np.ndarray, seed: int) -> dict[str, Any]:
    """The fields of a frame that no step changes: energies of the picture, of test pictures and of the others."""
    known = np.stack([sample_picture(i) for i in range(SAMPLES)])
    strange = others.load(options.others, known, seed)
    usual, far = energies(model, known).numpy(), energies(model, strange).numpy()
    given, scores = float(energies(model, yours)[0]), model.scores.numpy()
    median = float(np.median(scores))
    return {
        "strange": strange[:: len(strange) // SHOWN][:SHOWN],
        "test": histogram(scores, scores),
        "other": histogram(far, scores),
        "given": given,
        "median": median,
        "likelier": 100 * float((scores < given).mean()),
        "apart": auroc(usual, far),
        "by_slope": auroc(slopes(model, known), slopes(model, strange)),
    }


def slopes(model: PicturesEnergy, images: np.ndarray) -> np.ndarray:
    """Length of grad V at pictures (n, 28, 28) uint8, (n,)."""
    weight = next(model.parameters())
    parts = [slope(model, x.to(weight)).flatten(1).norm(dim=1) for x in tensor(images).split(250)]
    found: np.ndarray = torch.cat(parts).float().cpu().numpy()
    return found


def histogram(found: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Share of energies (n,) in each of BINS, those beyond in the first and the last; their scale is that of scores."""
    low, high = scores.mean() - SPREAD * scores.std(), scores.mean() + SPREAD * scores.std()
    where = np.clip(((found - low) / (high - low) * BINS).astype(int), 0, BINS - 1)
    return np.bincount(where, minlength=BINS) / len(found)


def grey(x: Tensor) -> np.ndarray:
    """(n, 1, 28, 28), -1 black and 1 white -> (n, 28, 28) uint8."""
    found: np.ndarray = torch.nan_to_num(x[:, 0]).clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8).numpy()
    return found
