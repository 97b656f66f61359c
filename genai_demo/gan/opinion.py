"""What the discriminator thinks of a picture, and how it would change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import NO_SCALE, bars, curve, number, pictures, plane
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.gan.drawing import to_pictures
from genai_demo.gan.model import Gan
from genai_demo.gan.options import OpinionOptions
from genai_demo.inputs.pictures import decode_picture


@dataclass(frozen=True, slots=True, eq=False)
class OpinionStep:
    """The picture (1, 28, 28) after some moves along D's gradient. slope (28, 28): what D would brighten or darken.

    each: D's logit for each class. The hinge loss leaves real pictures alone from 1 up, generated ones from -1 down.
    """

    index: int
    total: int
    picture: np.ndarray = pictures("the picture")
    slope: np.ndarray = plane("what D would change", "heat", axes=NO_SCALE)
    logit: float = curve("D's logit", digits=2)
    label: str = number("judged as")
    moved: float = number("changed so far", unit="grey levels", digits=1)
    each: np.ndarray = bars(
        "D's logit for each class",
        note=f"1 to 10: {', '.join(CLASSES)}. D learnt each class on its own pictures: the others mean little.",
    )


def opinion(model: Gan, options: OpinionOptions, *, seed: int) -> Iterator[OpinionStep]:
    """D's logit for the picture, then for what becomes of it when each step follows D's gradient; nothing is random.

    Steps are of equal length: the largest change of a pixel is options.rate * 10 grey levels.
    """
    d = model.discriminator
    weight = next(d.parameters())
    start = torch.from_numpy(decode_picture(options.picture).copy()).to(weight.device)
    start = start.to(torch.float32).div(127.5).sub(1)[None, None]
    x, label = start.clone(), CLASSES.index(options.label)
    for i in range(options.steps + 1):
        each, slope = _slope(d, x.to(weight.dtype), label)
        yield OpinionStep(
            i,
            options.steps + 1,
            to_pictures(x),
            slope.numpy(),
            float(each[label]),
            options.label,
            float((x - start).abs().mean() * 127.5),
            each.numpy(),
        )
        step = slope.to(x) / slope.abs().max().clamp(min=1e-12) * (options.rate * 10 / 127.5)
        x = (x + step).clamp(-1, 1)


@torch.enable_grad()
def _slope(d: torch.nn.Module, x: Tensor, label: int) -> tuple[Tensor, Tensor]:
    """D's logit for every class (classes,), and the gradient (28, 28) of that of `label` in the picture x."""
    many = x.detach().expand(len(CLASSES), -1, -1, -1).clone().requires_grad_(True)
    each = d(many, torch.arange(len(CLASSES), device=x.device))
    (slope,) = torch.autograd.grad(each.sum(), many)
    return each.detach().float().cpu(), slope[label, 0].float().cpu()
