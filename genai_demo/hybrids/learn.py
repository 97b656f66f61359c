"""A VAE and a VAE-GAN learn the same drawn shapes in front of the visitor, from the same weights and pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import curve, number, pictures
from genai_demo.data import shapes
from genai_demo.hybrids import likeness
from genai_demo.hybrids.options import LearnOptions
from genai_demo.hybrids.train_vaegan import TrainConfig, Training
from genai_demo.hybrids.vaegan import VaeGan

LEARNT, SHOWN = 4000, 12  # shapes that are learnt, and others that are drawn again
FRAMES = 40  # at most
SHARP, PIXELS = "sharpness", "error of pixels"


@dataclass(frozen=True, slots=True, eq=False)
class LearnStep:
    """Some steps later: shapes that were never seen, drawn again by both, and shapes that both invent."""

    index: int
    total: int
    given: np.ndarray = pictures("shapes", columns=4)
    plain: np.ndarray = pictures("by the VAE", columns=4)
    hybrid: np.ndarray = pictures("by the VAE-GAN", columns=4)
    plain_own: np.ndarray = pictures("invented by the VAE", columns=4)
    hybrid_own: np.ndarray = pictures("invented by the VAE-GAN", columns=4)
    plain_error: float = curve("VAE", unit="grey levels", chart=PIXELS, digits=1)
    hybrid_error: float = curve("VAE-GAN", unit="grey levels", chart=PIXELS, digits=1)
    plain_sharp: float = curve("VAE ", unit="grey levels", chart=SHARP, digits=1)
    hybrid_sharp: float = curve("VAE-GAN ", unit="grey levels", chart=SHARP, digits=1)
    real_sharp: float = curve("real", unit="grey levels", chart=SHARP, digits=1)
    step: int = number("step", digits=0)


def learn(options: LearnOptions, *, seed: int) -> Iterator[LearnStep]:
    """A frame every few steps. Raises DemoError where a loss is no number any more."""
    drawn, _ = shapes.load(LEARNT + SHOWN, seed)
    given, images = drawn[:SHOWN], torch.from_numpy(drawn[SHOWN:])
    cfg = replace(
        TrainConfig(), learning_rate=options.learning_rate, rising=max(1, options.steps // 4), batch_size=32, seed=seed
    )
    both = [Training(cfg, images, weight, options.steps) for weight in (0.0, options.weight)]
    stops = [*range(0, options.steps, every(options.steps)), options.steps]
    for index, stop in enumerate(stops):
        for each in both:
            while each.step < stop:
                if not math.isfinite(each.advance()):
                    raise DemoError(
                        f"learning_rate is {options.learning_rate:g}, and the loss was no number any more at step "
                        f"{each.step}; choose a smaller one"
                    )
        yield _frame(index, len(stops), given, [each.model for each in both], stop, seed)


def every(steps: int) -> int:
    """How many steps are between two frames."""
    return math.ceil(steps / FRAMES)


def _frame(index: int, total: int, given: np.ndarray, models: list[VaeGan], step: int, seed: int) -> LearnStep:
    plain, hybrid = (likeness.again(model, given) for model in models)
    plain_own, hybrid_own = (likeness.invented(model, SHOWN, seed) for model in models)
    return LearnStep(
        index,
        total,
        given,
        plain,
        hybrid,
        plain_own,
        hybrid_own,
        likeness.pixel_error(given, plain),
        likeness.pixel_error(given, hybrid),
        likeness.sharpness(plain),
        likeness.sharpness(hybrid),
        likeness.sharpness(given),
        step,
    )
