"""What a trained class-conditional GAN can do: sample, walk, add and subtract classes, judge; and its training.

z: latent (n, k), N(0, 1); y: class, or weights over classes. Pictures are (n, 28, 28) uint8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import curve, number, pictures
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.gan import bundle
from genai_demo.gan.model import Gan, Generator
from genai_demo.gan.options import ArithmeticOptions, CheckpointOptions, SampleOptions, WalkOptions

LEAST_TRUNCATION = 0.1
COLUMNS = 10


def to_pictures(x: Tensor) -> np.ndarray:
    """(n, 1, 28, 28) in [-1, 1] -> (n, 28, 28) uint8."""
    grey: np.ndarray = ((x.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
    return grey[:, 0]


@torch.inference_mode()
def draw(model: Generator, z: Tensor, y: Tensor) -> np.ndarray:
    """z (n, k), y (n,) int64 or (n, classes) float -> pictures."""
    weight = next(model.parameters())
    y = y.to(weight.device) if y.dim() == 1 else y.to(weight.device, weight.dtype)
    return to_pictures(model(z.to(weight.device, weight.dtype), y))


def labels_of(name: str, n: int) -> Tensor:
    """(n,) int64: one class, or each in turn."""
    return torch.arange(n) % len(CLASSES) if name == "each class" else torch.full((n,), CLASSES.index(name))


def one_hot(name: str) -> Tensor:
    """(1, classes) float."""
    return torch.eye(len(CLASSES))[CLASSES.index(name)][None]


def truncated(uniform: Tensor, limit: float) -> Tensor:
    """N(0, 1) kept within -limit..limit by its inverse distribution function: the same uniform numbers, any limit.

    The same distribution as drawing anew what falls outside (Brock et al. 2019, section 3.1), but a film of rising
    limits changes smoothly. uniform in (0, 1).
    """
    normal = torch.distributions.Normal(0.0, 1.0)
    low, high = normal.cdf(torch.tensor(-limit)), normal.cdf(torch.tensor(limit))
    found: Tensor = normal.icdf((low + uniform.double() * (high - low)).clamp(1e-7, 1 - 1e-7)).float()
    return found


def spread(drawn: np.ndarray, labels: np.ndarray) -> float:
    """Mean standard deviation of a pixel among pictures of one class, grey levels; 0 where each class has one."""
    groups = [drawn[labels == label] for label in np.unique(labels)]
    wide = [group.std(0).mean() for group in groups if len(group) > 1]
    return float(np.mean(wide)) if wide else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class SampleStep:
    """The same draws at one truncation. drawn (n, 28, 28); opinion: D's mean logit for the class asked for."""

    index: int
    total: int
    drawn: np.ndarray = pictures("generated", columns=COLUMNS)
    truncation: float = number("latent numbers within", digits=2)
    opinion: float = curve("D's mean logit", digits=2)
    variety: float = curve("difference within a class", unit="grey levels", digits=1)


@torch.inference_mode()
def logits_of(model: Gan, drawn: np.ndarray, y: Tensor) -> Tensor:
    """D's logits (n,) of pictures (n, 28, 28) uint8 as classes y (n,)."""
    weight = next(model.parameters())
    x = torch.from_numpy(np.array(drawn)).to(weight.device, weight.dtype).div(127.5).sub(1).unsqueeze(1)
    logits: Tensor = model.discriminator(x, y.to(weight.device))
    return logits.float().cpu()


def sample(model: Gan, options: SampleOptions, *, seed: int) -> Iterator[SampleStep]:
    """Pictures at rising truncation; the last frame is at the one asked for. Little truncation: more variety."""
    uniform = torch.rand(options.samples, model.config.latent, generator=generator(seed), dtype=torch.float64)
    y = labels_of(options.label, options.samples)
    for i, limit in enumerate(
        np.geomspace(min(LEAST_TRUNCATION, options.truncation), options.truncation, options.steps + 1)[1:]
    ):
        drawn = draw(model.generator, truncated(uniform, float(limit)), y)
        opinion = float(logits_of(model, drawn, y).mean())
        yield SampleStep(i, options.steps, drawn, float(limit), opinion, spread(drawn, y.numpy()))


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


@dataclass(frozen=True, slots=True, eq=False)
class CheckpointStep:
    """A moment of the recorded training. drawn (n, 28, 28), by the generator kept at `shown`, the last one before.

    Losses and probabilities are means over the 50 steps before, as the training wrote them down.
    """

    index: int
    total: int
    drawn: np.ndarray = pictures("fixed latents", columns=COLUMNS)
    step: int = number("step", digits=0)
    shown: int = number("weights of step", digits=0)
    loss_g: float = curve("generator", chart="hinge loss", against="step")
    loss_d: float = curve("discriminator", chart="hinge loss", against="step")
    real: float = curve("real pictures", chart="D's mean s(logit)", against="step")
    fake: float = curve("generated", chart="D's mean s(logit)", against="step")


def checkpoints(model: Gan, options: CheckpointOptions, *, seed: int) -> Iterator[CheckpointStep]:
    """The training of the shipped model once more: its curves, and the same latents drawn by every kept generator."""
    history = bundle.history(model.path).numpy()  # (rows, 5): step, losses of G and D, real, fake
    kept = bundle.steps(model.path)
    z = torch.randn(options.samples, model.config.latent, generator=generator(seed))
    y = labels_of(options.label, options.samples)
    wanted = np.unique(np.geomspace(1, len(history), options.steps).round().astype(int)) - 1
    shown, drawn = -1, np.zeros(0)
    for i, row in enumerate(history[wanted]):
        latest = max(step for step in kept if step <= row[0])
        if latest != shown:
            shown, drawn = latest, draw(bundle.checkpoint(model.path, latest), z, y)
        yield CheckpointStep(i, len(wanted), drawn, int(row[0]), shown, *(float(v) for v in row[1:]))
