"""From some pictures of the class-conditional GAN to others, through its latents and classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import curve, number, pictures
from genai_demo.gan.drawing import draw, labels_of, logits_of, one_hot
from genai_demo.gan.model import Gan
from genai_demo.gan.options import WalkOptions


@dataclass(frozen=True, slots=True, eq=False)
class WalkStep:
    """One place on every walk. drawn (walks, 28, 28)."""

    index: int
    total: int
    drawn: np.ndarray = pictures("on the way")
    share: float = number("way", unit="%", digits=0)
    opinion: float = curve("D's mean logit", digits=2)
    speed: float | None = curve("change from frame to frame", unit="grey levels", digits=2)


def between(a: Tensor, b: Tensor, share: float, path: str) -> Tensor:
    """A place between a and b (n, k): straight, or along the sphere from direction to direction (Shoemake 1985)."""
    if path == "straight":
        return a + share * (b - a)
    u, v = (x / x.norm(dim=1, keepdim=True) for x in (a, b))
    angle = (u * v).sum(1, keepdim=True).clamp(-0.9999, 0.9999).acos()
    turned = (((1 - share) * angle).sin() * u + (share * angle).sin() * v) / angle.sin()
    length = (1 - share) * a.norm(dim=1, keepdim=True) + share * b.norm(dim=1, keepdim=True)
    found: Tensor = turned / turned.norm(dim=1, keepdim=True) * length
    return found


def walk(model: Gan, options: WalkOptions, *, seed: int) -> Iterator[WalkStep]:
    """From the latents of one seed to those of another, and from one class to another."""
    a, b = (torch.randn(options.walks, model.config.latent, generator=generator(s)) for s in (seed, options.other_seed))
    start, end = one_hot(options.start_label), one_hot(options.end_label)
    before = None
    for i in range(options.steps):
        share = i / (options.steps - 1)
        y = ((1 - share) * start + share * end).expand(options.walks, -1)
        drawn = draw(model.generator, between(a, b, share, options.path), y)
        label = labels_of(options.end_label if share >= 0.5 else options.start_label, options.walks)
        speed = None if before is None else float(np.abs(drawn.astype(float) - before).mean())
        before = drawn.astype(float)
        yield WalkStep(i, options.steps, drawn, 100 * share, float(logits_of(model, drawn, label).mean()), speed)
