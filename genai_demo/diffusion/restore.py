"""Runs that answer to something given: paint a masked part anew, enlarge a small picture, take noise off one.

x: (b, 1, 28, 28) float32 in [-1, 1]; hole: 1 where the picture is to be made anew, 0 where it is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import curve, number, pictures
from genai_demo.diffusion.guide import Guide, Network, Noise, labels, pictures_of, rms, shown, tensor_of
from genai_demo.diffusion.options import InpaintOptions, RepairOptions, RestoreOptions, SuperresOptions
from genai_demo.diffusion.samplers import SAMPLERS, Step, ddpm_step
from genai_demo.diffusion.schedules import Grid, below, grid
from genai_demo.inputs.pictures import decode_picture


def _start(model: Network, options: RestoreOptions, seed: int) -> tuple[Tensor, Noise, Guide]:
    """The picture (1, 1, 28, 28), a stream of noise and the guided network. Raises DemoError for bad pictures."""
    clean = tensor_of(decode_picture(options.picture), model)
    noise = Noise(seed, options.samples, model.shape, clean.device)
    classes = labels(model, options.label, options.samples)
    return clean, noise, Guide(model, classes, options.guidance_scale)


@dataclass(frozen=True, slots=True, eq=False)
class InpaintStep:
    """One noise level. given (1, 28, 28) with the hole in grey."""

    index: int
    total: int
    given: np.ndarray = pictures("given")
    x: np.ndarray = pictures("noisy, x_t")
    x0: np.ndarray = pictures("best guess, x0")
    step: int = number("step", digits=0)
    sigma: float = number("noise left, sigma")
    evaluations: int = number("evaluations a picture", digits=0)
    seam: float = curve("known part: guess against picture")


@torch.inference_mode()
def inpaint(model: Network, options: InpaintOptions, *, seed: int) -> Iterator[InpaintStep]:
    """RePaint (Lugmayr et al. 2022, algorithm 1): the known part is noised to each level and put in place.

    With resample above 1, each step is undone (noise added again) and repeated, so that what is made anew gets to
    know what it has to fit. The known part of the result is the given picture, exactly.
    Raises DemoError where picture or mask are none, or the mask leaves nothing to do.
    """
    clean, noise, guide = _start(model, options, seed)
    hole = _hole(options.mask).to(clean.device)
    levels = grid(options.schedule, options.steps)
    wanted = shown(options.steps + 1)
    given = pictures_of(torch.where(hole > 0, torch.zeros_like(clean), clean))
    x, index = noise(), 0
    for i in range(options.steps):
        for turn in range(options.resample):
            x0, _ = guide(x, levels.angle(i))
            if turn == 0 and i in wanted:
                seam = _over(x0 - clean, 1 - hole)
                yield InpaintStep(
                    index,
                    len(wanted),
                    given,
                    pictures_of(x),
                    pictures_of(x0),
                    i,
                    levels.sigma[i],
                    guide.evaluations,
                    seam,
                )
                index += 1
            known = levels.alpha[i + 1] * clean + levels.sigma[i + 1] * noise()
            unknown = ddpm_step(x, x0, levels, i, noise)
            x = torch.where(hole > 0, unknown, known)
            if turn + 1 < options.resample and i + 1 < options.steps:
                x = _back(x, levels, i, noise)
    yield InpaintStep(
        index,
        len(wanted),
        given,
        pictures_of(x),
        pictures_of(x),
        options.steps,
        0.0,
        guide.evaluations,
        _over(x - clean, 1 - hole),
    )


def _back(x: Tensor, levels: Grid, i: int, noise: Noise) -> Tensor:
    """From level i + 1 back to the noisier level i: a draw from q(x_t | x_s)."""
    alpha = levels.alpha[i] / levels.alpha[i + 1]
    return alpha * x + math.sqrt(1 - alpha**2) * noise()


def _hole(mask: str) -> Tensor:
    """(1, 1, 28, 28) of 0 and 1. Raises DemoError where nothing is to be painted."""
    if mask:
        hole = torch.from_numpy(decode_picture(mask) > 127)
    else:
        hole = torch.zeros(28, 28, dtype=torch.bool)
        hole[:, 14:] = True
    if not hole.any():
        raise DemoError("mask has no white pixel, so there is nothing to paint; draw one, or leave it empty")
    return hole.float()[None, None]


def _over(x: Tensor, part: Tensor) -> float:
    """Root mean square over the part where `part` is 1; 0 where there is none."""
    part = part.expand_as(x)
    return float((x.square() * part).sum().div(part.sum().clamp(min=1)).sqrt())


@dataclass(frozen=True, slots=True, eq=False)
class SuperresStep:
    """One noise level. small (1, s, s) is all that is known; original is shown for comparison only."""

    index: int
    total: int
    small: np.ndarray = pictures("given, small")
    x: np.ndarray = pictures("noisy, x_t")
    x0: np.ndarray = pictures("best guess, x0")
    blocks: np.ndarray = pictures("only enlarged")
    original: np.ndarray = pictures("original, not shown to it")
    step: int = number("step", digits=0)
    sigma: float = number("noise left, sigma")
    mismatch: float = number("small picture missed by", unit="rms", digits=4)
    error: float = curve("distance to the original", unit="rms")


@torch.inference_mode()
def superres(model: Network, options: SuperresOptions, *, seed: int) -> Iterator[SuperresStep]:
    """DDNM (Wang, Yu & Zhang 2023, algorithm 1) with A = mean over blocks: x0 <- x0 - A+ (A x0 - y).

    y: the small picture; A+ repeats each of its pixels over a block. Where that would leave black and white,
    `consistent` shifts further instead. So every guess, and the result, shrinks to y.
    Raises DemoError where the picture is none.
    """
    clean, noise, guide = _start(model, options, seed)
    y = F.interpolate(clean, options.size, mode="area")
    blocks = F.interpolate(y, 28, mode="nearest")
    levels = grid(options.schedule, options.steps)
    wanted = shown(options.steps + 1)
    still = (pictures_of(blocks), pictures_of(clean))
    x, index = noise(), 0
    for i in range(options.steps):
        x0, _ = guide(x, levels.angle(i))
        x0 = consistent(x0, y)
        if i in wanted:
            yield SuperresStep(
                index,
                len(wanted),
                pictures_of(y),
                pictures_of(x),
                pictures_of(x0),
                *still,
                i,
                levels.sigma[i],
                _mismatch(x0, y),
                rms(x0 - clean),
            )
            index += 1
        x = ddpm_step(x, x0, levels, i, noise)
    yield SuperresStep(
        index,
        len(wanted),
        pictures_of(y),
        pictures_of(x),
        pictures_of(x),
        *still,
        options.steps,
        0.0,
        _mismatch(x, y),
        rms(x - clean),
    )


def consistent(x0: Tensor, y: Tensor) -> Tensor:
    """The nearest picture within black and white whose blocks have the means y (b or 1, 1, s, s).

    Each block is shifted, then clipped; how far is found by halving an interval, as the mean rises with the shift.
    """
    high = (1 + x0.abs().max()).expand(len(x0), *y.shape[1:])
    low = -high
    for _ in range(24):
        middle = (low + high) / 2
        short = F.interpolate(_shifted(x0, middle), y.shape[-1], mode="area") < y
        low, high = torch.where(short, middle, low), torch.where(short, high, middle)
    return _shifted(x0, high)


def _shifted(x0: Tensor, blocks: Tensor) -> Tensor:
    return (x0 + F.interpolate(blocks, x0.shape[-1], mode="nearest")).clamp(-1, 1)


def _mismatch(x: Tensor, y: Tensor) -> float:
    return rms(F.interpolate(x, y.shape[-1], mode="area") - y)


@dataclass(frozen=True, slots=True, eq=False)
class RepairStep:
    """One noise level. noised (1, 28, 28) is what the run starts from."""

    index: int
    total: int
    noised: np.ndarray = pictures("given, with noise on it")
    x: np.ndarray = pictures("noisy, x_t")
    x0: np.ndarray = pictures("best guess, x0")
    given: np.ndarray = pictures("before the noise")
    step: int = number("step", digits=0)
    ratio: float = number("noise left", unit="of white to grey", digits=2)
    evaluations: int = number("evaluations a picture", digits=0)
    error: float = curve("distance to the picture before the noise", unit="rms")
    spread: float = curve("distance between the answers", unit="rms")


@torch.inference_mode()
def repair(model: Network, options: RepairOptions, *, seed: int) -> Iterator[RepairStep]:
    """Noise is put on a picture, and the sampler starts at that noise level (SDEdit, Meng et al. 2022).

    All answers start from the same noised picture. Little noise: the picture comes back. Much: a drawing becomes a
    picture of its class. Raises DemoError where the picture is none.
    """
    clean, noise, guide = _start(model, options, seed)
    levels = below(options.schedule, options.noise, options.steps)
    noised = clean + options.noise * Noise(seed, 1, model.shape, clean.device)()
    x = (levels.alpha[0] * noised).expand(options.samples, -1, -1, -1)
    still = pictures_of(noised.clamp(-1, 1))
    wanted = shown(options.steps + 1)
    index = 0
    noise()  # the first draw of each stream is the noise that is in the picture
    for step in SAMPLERS[options.sampler](guide, x, levels, noise):
        if step.i in wanted:
            yield _repaired(index, len(wanted), still, clean, step, step.i, levels, guide)
            index += 1
    yield _repaired(index, len(wanted), still, clean, step, options.steps, levels, guide)


def _repaired(
    index: int, total: int, noised: np.ndarray, clean: Tensor, step: Step, i: int, levels: Grid, guide: Guide
) -> RepairStep:
    x, x0 = (step.after, step.after) if i == levels.steps else (step.x, step.x0)
    return RepairStep(
        index,
        total,
        noised,
        pictures_of(x),
        pictures_of(x0),
        pictures_of(clean),
        i,
        levels.ratio(i),
        guide.evaluations,
        rms(x0 - clean),
        rms(x0 - x0.mean(0, keepdim=True)),
    )
