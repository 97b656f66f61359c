"""An energy over pictures of clothes: chains that run downhill from noise, and how strange a picture is.

x: (n, 1, 28, 28) in [-1, 1]; V: the energy (n,), of which p(x) is proportional to exp(-V / HEAT).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import curve, number, pictures
from genai_demo.ebm.options import PicturesOptions
from genai_demo.ebm.pictures_model import HEAT, PicturesEnergy, slope
from genai_demo.inputs.pictures import decode_picture

QUIET = 1.0  # of the way that is gone without noise: from there on the chain is one of Langevin's
FRAMES = 60


@dataclass(frozen=True, slots=True, eq=False)
class PicturesStep:
    """The chains after `step` steps; pictures (n, 28, 28) uint8.

    downhill: where each pixel is to go, grey is nowhere. energy: mean V of the chains; yours: that of the picture;
    stranger: test pictures of lower energy, %.
    """

    index: int
    total: int
    made: np.ndarray = pictures("the chains")
    downhill: np.ndarray = pictures("downhill: darker, brighter")
    yours: np.ndarray = pictures("your picture")
    step: int = number("step", digits=0)
    noisy: str = number("noise")
    energy: float = curve("chains", digits=1, chart="energy V", against="step")
    given: float = curve("your picture", digits=1, chart="energy V", against="step")
    median: float = curve("median of test pictures", digits=1, chart="energy V", against="step")
    stranger: float = number("test pictures that score lower than yours", unit="%", digits=0)


@torch.no_grad()
def run_pictures(model: PicturesEnergy, options: PicturesOptions, *, seed: int) -> Iterator[PicturesStep]:
    """Downhill without noise for a time of 1, as in training, then Langevin steps (Balcerak et al. 2025, algorithm 2).

    Raises DemoError where the picture can't be read.
    """
    random = generator(seed)
    weight = next(model.parameters())
    yours = decode_picture(options.picture)[None]
    own = tensor(yours).to(weight)
    x = torch.randn(options.chains, 1, *yours.shape[1:], generator=random)
    if options.start == "picture":
        x = own.float().cpu().expand(options.chains, -1, -1, -1).clone()
    given = float(model(own))
    every = math.ceil(options.steps / FRAMES)
    wanted = sorted({0, options.steps, *range(0, options.steps, every)})
    calm = options.start == "noise"
    for step in range(options.steps + 1):
        way = slope(model, x.to(weight)).float().cpu()
        quiet = calm and step * options.step < QUIET
        if step in wanted:
            yield PicturesStep(
                wanted.index(step),
                len(wanted),
                shown(x),
                shown(-way),
                yours,
                step,
                "off, on the way" if quiet else "on" if options.noise else "off",
                float(model(x.to(weight)).mean()),
                given,
                float(model.scores.median()),
                100 * float((model.scores < given).float().mean()),
            )
        noise = 0 if quiet else options.noise * math.sqrt(2 * options.step * HEAT)
        x = x - options.step * way + noise * torch.randn(x.shape, generator=random)


def tensor(images: np.ndarray) -> Tensor:
    """(n, 28, 28) uint8 -> (n, 1, 28, 28) in [-1, 1]."""
    return torch.from_numpy(images.copy()).float().div(127.5).sub(1)[:, None]


def shown(x: Tensor) -> np.ndarray:
    """(n, 1, 28, 28), -1 black and 1 white -> (n, 28, 28) uint8."""
    found: np.ndarray = torch.nan_to_num(x[:, 0]).clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8).numpy()
    return found
