"""Classes of the class-conditional GAN, added and subtracted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from genai_demo.core.device import generator
from genai_demo.core.frames import curve, number, pictures
from genai_demo.gan.drawing import draw, one_hot
from genai_demo.gan.model import Gan
from genai_demo.gan.options import ArithmeticOptions


@dataclass(frozen=True, slots=True, eq=False)
class ArithmeticStep:
    """Each lane (n, 28, 28), the same latents in all: the classes, and third + amount * (first - second)."""

    index: int
    total: int
    first: np.ndarray = pictures("A", columns=4)
    second: np.ndarray = pictures("B, taken away", columns=4)
    third: np.ndarray = pictures("C", columns=4)
    result: np.ndarray = pictures("C + amount x (A - B)", columns=4)
    amount: float = number("amount", digits=2)
    change: float = curve("difference from C", unit="grey levels", digits=1)


def arithmetic(model: Gan, options: ArithmeticOptions, *, seed: int) -> Iterator[ArithmeticStep]:
    """Sums of what the generator knows of classes, as Radford et al. 2016 (section 6.3.2) did with latents.

    A class is a vector of scales and shifts of the batch normalisations; these are added and subtracted.
    """
    z = torch.randn(options.samples, model.config.latent, generator=generator(seed))
    names = options.first, options.second, options.third
    a, b, c = (one_hot(name).expand(options.samples, -1) for name in names)
    first, second, third = (draw(model.generator, z, y) for y in (a, b, c))
    for i in range(options.steps):
        amount = options.most * i / (options.steps - 1)
        made = draw(model.generator, z, c + amount * (a - b))
        change = float(np.abs(made.astype(float) - third).mean())
        yield ArithmeticStep(i, options.steps, first, second, third, made, amount, change)
