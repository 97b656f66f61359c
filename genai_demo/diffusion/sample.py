"""Runs that make pictures from noise: one sampler watched, one run forked, two samplers compared.

x: (b, c, h, w) float32; frames hold (b, h, w) uint8. x_t, x0 and eps of a frame belong together: the network saw
x_t and guessed x0 and eps from it; the last frame is the finished picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import colours, curve, number, pictures
from genai_demo.diffusion.guide import Guide, Network, Noise, labels, pictures_of, place, rms, shown
from genai_demo.diffusion.options import CompareOptions, DenoiseOptions, ForkOptions, SamplingOptions
from genai_demo.diffusion.samplers import SAMPLERS, Sampler, Step, ddim
from genai_demo.diffusion.schedules import Grid, grid

NOISE_RANGE = 3.0  # standard deviations between black and white where noise is drawn


@dataclass(frozen=True, slots=True, eq=False)
class DenoiseStep:
    """One look of the network. Pictures (n, h, w) uint8; the planes are clean guesses and their signed difference."""

    index: int
    total: int
    x: np.ndarray = pictures("noisy, x_t")
    x0: np.ndarray = pictures("best guess, x0")
    eps: np.ndarray = pictures("predicted noise")
    given: np.ndarray | None = pictures("guess with the class")
    free: np.ndarray | None = pictures("guess without it")
    gap: np.ndarray | None = pictures("difference, added blue")
    step: int = number("step", digits=0)
    sigma: float = number("noise left, sigma")
    decibels: float | None = number("signal to noise", unit="dB", digits=1)
    evaluations: int = number("evaluations a picture", digits=0)
    change: float | None = curve("change of the guess since the last step")


@torch.inference_mode()
def denoise(model: Network, options: DenoiseOptions, *, seed: int) -> Iterator[DenoiseStep]:
    """From pure noise to pictures, with everything in between. Frames are thinned; the computation is not.

    Raises DemoError where the network knows no classes and one is asked for.
    """
    classes = labels(model, options.label, options.samples)
    noise = Noise(seed, options.samples, model.shape, place(model)[0])
    levels = grid(options.schedule, options.steps, options.spacing)
    guide = Guide(model, classes, options.guidance_scale, clip=options.clip, planes=options.planes)
    sampler: Sampler = partial(ddim, eta=options.eta) if options.sampler == "ddim" else SAMPLERS[options.sampler]
    wanted = shown(options.steps + 1)
    last: Step | None = None
    index = 0
    for step in sampler(guide, noise(), levels, noise):
        if step.i in wanted:
            yield _frame(index, len(wanted), step, step.i, levels, guide, last)
            index += 1
        last = step
    assert last is not None
    yield _frame(index, len(wanted), last, options.steps, levels, guide, last)


def _frame(index: int, total: int, step: Step, i: int, levels: Grid, guide: Guide, last: Step | None) -> DenoiseStep:
    """The frame of level i; the last level shows what the last step made."""
    done = i == levels.steps
    x, x0 = (step.after, step.after) if done else (step.x, step.x0)
    change = None if last is None else rms(x0 - last.x0)
    return DenoiseStep(
        index,
        total,
        pictures_of(x),
        pictures_of(x0),
        pictures_of(step.eps, NOISE_RANGE),
        *_planes(guide),
        i,
        levels.sigma[i],
        levels.decibels(i),
        guide.evaluations,
        change,
    )


def _planes(guide: Guide) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]:
    if guide.halves is None:
        return None, None, None
    given, free = guide.halves
    gaps = (given - free).mean(1).cpu().numpy()  # (n, h, w)
    return pictures_of(given), pictures_of(free), np.stack([colours(gap) for gap in gaps])


@dataclass(frozen=True, slots=True, eq=False)
class ForkStep:
    """Both branches at one level; before the fork they are one."""

    index: int
    total: int
    a: np.ndarray = pictures("A: noisy")
    b: np.ndarray = pictures("B: noisy")
    a_x0: np.ndarray = pictures("A: best guess")
    b_x0: np.ndarray = pictures("B: best guess")
    step: int = number("step", digits=0)
    sigma: float = number("noise left, sigma")
    evaluations: int = number("evaluations, both branches", digits=0)
    apart: float = curve("distance between the branches")


@torch.inference_mode()
def fork(model: Network, options: ForkOptions, *, seed: int) -> Iterator[ForkStep]:
    """The same run up to step `fork`; from there branch B follows another class, guidance or noise.

    With another seed, B keeps the clean guess of the fork and puts new noise on it, as much as there was.
    Raises DemoError where the fork lies past the last step.
    """
    if options.fork > options.steps:
        raise DemoError(f"fork is {options.fork}; this run has {options.steps} steps, choose 0 to {options.steps}")
    levels = grid(options.schedule, options.steps, options.spacing)
    noise = Noise(seed, options.samples, model.shape, place(model)[0])
    ask_a = Guide(model, labels(model, options.label, options.samples), options.guidance_scale, clip=options.clip)
    other = labels(model, options.other_label, options.samples)
    ask_b = Guide(model, other, options.other_guidance, clip=options.clip)
    sampler, wanted = SAMPLERS[options.sampler], shown(options.steps + 1)
    x, before = noise(), None
    index = 0
    for step in _first(sampler(ask_a, x, levels, noise), options.fork):
        if step.i in wanted:
            yield _both(index, len(wanted), step, step, step.i, levels, ask_a.evaluations)
            index += 1
        x, before = step.after, step.x0
    noise_b = Noise(options.other_seed, options.samples, model.shape, x.device) if options.other_seed else noise.copy()
    x_b = x if not options.other_seed else _noised(before, levels, options.fork, noise_b)
    way_a = sampler(ask_a, x, levels, noise, begin=options.fork, before=before)
    way_b = sampler(ask_b, x_b, levels, noise_b, begin=options.fork, before=before)
    end_a, end_b = _still(x, before, options.fork), _still(x_b, before, options.fork)
    for end_a, end_b in zip(way_a, way_b, strict=True):
        if end_a.i in wanted:
            yield _both(index, len(wanted), end_a, end_b, end_a.i, levels, ask_a.evaluations + ask_b.evaluations)
            index += 1
    yield _both(index, len(wanted), end_a, end_b, options.steps, levels, ask_a.evaluations + ask_b.evaluations)


def _first(steps: Iterator[Step], count: int) -> Iterator[Step]:
    """The first `count` steps and not one evaluation more."""
    for _ in range(count):
        yield next(steps)


def _noised(x0: Tensor | None, levels: Grid, i: int, noise: Noise) -> Tensor:
    """Fresh noise on the clean guess, as much as level i has; noise alone before there is a guess."""
    return noise() if x0 is None else levels.alpha[i] * x0 + levels.sigma[i] * noise()


def _still(x: Tensor, x0: Tensor | None, i: int) -> Step:
    """A step that does nothing, for a fork at the very end."""
    return Step(i, x, x if x0 is None else x0, x, x)


def _both(index: int, total: int, a: Step, b: Step, i: int, levels: Grid, evaluations: int) -> ForkStep:
    done = i == levels.steps
    x_a, x_b = (step.after if done else step.x for step in (a, b))
    x0_a, x0_b = (step.after if done else step.x0 for step in (a, b))
    return ForkStep(
        index,
        total,
        pictures_of(x_a),
        pictures_of(x_b),
        pictures_of(x0_a),
        pictures_of(x0_b),
        i,
        levels.sigma[i],
        evaluations,
        rms(x_a - x_b),
    )


@dataclass(frozen=True, slots=True, eq=False)
class CompareStep:
    """Two samplers on the same noise, equally far along."""

    index: int
    total: int
    a: np.ndarray = pictures("A: noisy")
    b: np.ndarray = pictures("B: noisy")
    a_x0: np.ndarray = pictures("A: best guess")
    b_x0: np.ndarray = pictures("B: best guess")
    a_sigma: float = curve("A", unit="sigma", chart="noise left")
    b_sigma: float = curve("B", unit="sigma", chart="noise left")
    a_evaluations: int = number("A: evaluations", digits=0)
    b_evaluations: int = number("B: evaluations", digits=0)
    apart: float = curve("distance between the guesses")


@torch.inference_mode()
def compare(model: Network, options: CompareOptions, *, seed: int) -> Iterator[CompareStep]:
    """Samplers A and B from identical noise; what each draws on its way comes from the same stream, too."""
    noise = Noise(seed, options.samples, model.shape, place(model)[0])
    x = noise()
    classes = labels(model, options.label, options.samples)
    a, b = (
        _Lane(model, options, classes, name, steps, x, noise.copy())
        for name, steps in ((options.sampler, options.steps), (options.other, options.other_steps))
    )
    longest = max(options.steps, options.other_steps)
    wanted = sorted(shown(longest + 1))
    for index, moment in enumerate(wanted):
        a.go(moment / longest)
        b.go(moment / longest)
        yield CompareStep(
            index,
            len(wanted),
            pictures_of(a.x),
            pictures_of(b.x),
            pictures_of(a.x0),
            pictures_of(b.x0),
            a.sigma,
            b.sigma,
            a.guide.evaluations,
            b.guide.evaluations,
            rms(a.x0 - b.x0),
        )


class _Lane:
    """One sampler of a comparison, advanced to a share of its way."""

    def __init__(
        self,
        model: Network,
        options: SamplingOptions,
        classes: list[int],
        name: str,
        steps: int,
        x: Tensor,
        noise: Noise,
    ) -> None:
        self.levels = grid(options.schedule, steps, options.spacing)
        self.guide = Guide(model, classes, options.guidance_scale, clip=options.clip)
        self.steps = SAMPLERS[name](self.guide, x, self.levels, noise)
        self.at = -1
        self.x, self.x0, self.sigma = x, x, 1.0
        self.last: Step | None = None

    def go(self, share: float) -> None:
        """Take steps until `share` of them is done; what is seen then is the level arrived at."""
        goal = int(share * self.levels.steps + 1e-9)
        while self.at < min(goal, self.levels.steps - 1):
            self.last = next(self.steps)
            self.at = self.last.i
            self.x, self.x0, self.sigma = self.last.x, self.last.x0, self.levels.sigma[self.at]
        if goal == self.levels.steps and self.last is not None:
            self.x = self.x0 = self.last.after
            self.sigma = 0.0
