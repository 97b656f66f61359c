"""A GAN on 2-D points (Goodfellow et al. 2014), trained in front of the visitor, with rewind and branches.

z: latent (n, k); g(z): points (n, 2); d(x): (n,) logits, or the critic's value. The training follows from the recipe
alone. What was computed is kept for a while (MOMENTS), so that a recipe that begins as another did gets there at
once: it yields the frames that are known and trains on from the nearest state.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.caches import Cache, weigh
from genai_demo.core.changes import Plan
from genai_demo.core.device import generator
from genai_demo.core.frames import Paced, curve, number, plane
from genai_demo.core.rewound import Line, digests, moments, placed
from genai_demo.gan.duel import Duel, latents
from genai_demo.gan.objectives import LOSSES
from genai_demo.gan.points_options import PointsOptions, Settings
from genai_demo.quality import laboratory

LIMIT = laboratory.LIMIT
CELLS = 48  # a side of the heat
COUNTED, BINS = 2000, 24  # points in each histogram, and its cells a side, for the divergences
PULLED, LONGEST, HALF = 60, 0.4, 0.5  # fakes with an arrow; its longest; the gradient that makes half of it
LINES, ALONG = 11, 31  # lines of the lattice of latents each way, points along each
APART = 2**31  # added to the seed: latents that are shown come from another stream than those learnt with

MOMENTS = Cache[tuple[Any, ...], Any]("trainings of GANs", 64_000_000, weigh)  # frames, states; nobody changes them
SAMPLES, MANIFOLD, WITHOUT = "samples", "generator's manifold", "without the change"
DIVERGENCE = "divergence from the data"


@dataclass(frozen=True, slots=True, eq=False)
class DuelStep:
    """The training after `step` steps. Points (n, 2) float32; losses are means over the steps since the last frame,
    before the first step those on the points that are shown.

    opinion (48, 48), row 0 at the top, 0 on the border between fake (below) and real: s(d) - 1/2 for both
    cross-entropies, d for hinge, d - 1/2 for least squares, for Wasserstein d less the middle between its means on
    real and on made points. pull (60, 4): minus the gradient g of the generator's loss at a fake, drawn
    0.4 |g| / (|g| + 1/2) long, so a gradient that vanishes is seen to vanish; pull_size is the mean |g| of all fakes.
    manifold (lines, t, 2): where a lattice of latents is sent; of more than two numbers the others are 0.
    kl = KL(data || generated) and js in nats, from 2,000 points each, counted in 24 x 24 cells, one added to each.
    loss_d is without the penalty of WGAN-GP. other_*: the same training without the last change, with `beside`.
    """

    index: int
    total: int
    opinion: np.ndarray = plane(SAMPLES, "heat", limit=LIMIT)
    real: np.ndarray | None = plane(SAMPLES, "real", limit=LIMIT)
    made: np.ndarray = plane(SAMPLES, "generated", limit=LIMIT, axes=laboratory.AXES)
    pull: np.ndarray = plane(SAMPLES, "vectors", limit=LIMIT)
    behind: np.ndarray | None = plane(MANIFOLD, "real", limit=LIMIT)
    manifold: np.ndarray = plane(MANIFOLD, "paths", limit=LIMIT, axes=laboratory.AXES)
    other_opinion: np.ndarray | None = plane(WITHOUT, "heat", limit=LIMIT)
    other_real: np.ndarray | None = plane(WITHOUT, "real", limit=LIMIT)
    other_made: np.ndarray | None = plane(WITHOUT, "generated", limit=LIMIT)
    step: int = number("step", digits=0)
    setting: str = number("trains")
    loss_d: float | None = curve("discriminator", chart="losses", against="step")
    loss_g: float | None = curve("generator", chart="losses", against="step")
    kl: float = curve("KL", unit="nats", chart=DIVERGENCE, against="step")
    js: float = curve("JS", unit="nats", chart=DIVERGENCE, against="step")
    other_js: float | None = curve("JS without the change", unit="nats", chart=DIVERGENCE, against="step")
    distance: float = curve("distance", unit="MMD", chart=laboratory.DISTANCE, against="step")
    floor: float = curve("floor", unit="MMD", chart=laboratory.DISTANCE, against="step")
    precision: float = curve("precision", unit="%", digits=1, chart=laboratory.SHARES, against="step")
    coverage: float = curve("coverage", unit="%", digits=1, chart=laboratory.SHARES, against="step")
    other_coverage: float | None = curve(
        "coverage without the change", unit="%", digits=1, chart=laboratory.SHARES, against="step"
    )
    pull_size: float = curve("pull on a fake", unit="|gradient|", against="step")
    modes: str | None = number("Gaussians reached")
    other_modes: str | None = number("reached without the change")
    on_real: float = number("D's logit on real points, mean")
    on_fake: float = number("D's logit on made points, mean")


class KnownStep(DuelStep, Paced):
    """One that was computed before: a page need not let it wait for the eye."""

    __slots__ = ()
    seen_before = True


def points(options: PointsOptions, *, seed: int) -> Iterator[DuelStep]:
    """Generator and discriminator in turns for `steps` steps; a frame before, every `every`, at changes and at the end.

    Raises DemoError where the drawn points are none, or where the training runs away: it names the step.
    """
    task = task_of(options, seed)

    def line(plan: Plan) -> Line[Duel, DuelStep]:
        return Line(
            MOMENTS,
            plan,
            digests(options, plan, seed, FIXED),
            options.samples,
            task.learnt,
            lambda: Duel(options, seed),
            lambda duel, now, before: look(duel, now, task, before),
        )

    shown = task.held[: laboratory.SHOWN].numpy()
    first_beside = True
    for index, total, frame, other, known, _ in moments(options, line):
        place: dict[str, Any] = {"index": index, "total": total}
        if index == 0:
            place |= {"real": shown, "behind": shown}
        if other is not None:
            place |= beside(other, shown if first_beside else None)
            first_beside = False
        yield placed(frame, KnownStep if known else DuelStep, **place)


def beside(frame: DuelStep, real: np.ndarray | None) -> dict[str, Any]:
    """The fields of a frame that show another training."""
    return {
        "other_opinion": frame.opinion,
        "other_real": real,
        "other_made": frame.made,
        "other_js": frame.js,
        "other_coverage": frame.coverage,
        "other_modes": frame.modes,
    }


FIXED = ("data", "points", "optimiser", "momentum", "latent", "prior", "width", "depth", "batch_size")


@dataclass(frozen=True, slots=True)
class Task:
    """What a training is held against. z (COUNTED, k) makes the points that are shown; lattice (lines, along, k)."""

    learnt: Tensor
    held: Tensor
    meter: laboratory.Meter
    samples: int
    z: Tensor
    lattice: Tensor
    counts: Tensor


def task_of(options: PointsOptions, seed: int) -> Task:
    """The task of these options, from MOMENTS where it is known. Raises DemoError where no points are drawn."""
    key = ("task", seed, options.data, options.points, options.samples, options.latent, options.prior)
    found = MOMENTS.get(key)
    if found is None:
        learnt, held, meter = laboratory.task(options.data, options.points, options.samples, seed)
        z = latents(COUNTED, options, generator(seed + APART))
        found = Task(learnt, held, meter, options.samples, z, lattice(options), counted(learnt[:COUNTED]))
        MOMENTS.put(key, found)
    assert isinstance(found, Task)
    return found


def lattice(options: PointsOptions) -> Tensor:
    """Latents on lines, (lines, ALONG, k): two sets of LINES that cross, or one line where the latent is one number.

    Even in probability, from 1 % to 99 %, so that each mesh holds as many samples.
    """
    share = torch.linspace(0.01, 0.99, ALONG)
    if options.latent == 1:
        share = torch.linspace(0.01, 0.99, LINES * ALONG)
    even = 2 * share - 1
    line = even if options.prior == "uniform" else math.sqrt(2) * torch.erfinv(even)
    if options.latent == 1:
        return line[None, :, None]
    z = torch.zeros(2, LINES, ALONG, options.latent)
    across = line[:: (ALONG - 1) // (LINES - 1)]
    z[0, :, :, 0], z[0, :, :, 1] = line, across[:, None]
    z[1, :, :, 1], z[1, :, :, 0] = line, across[:, None]
    return z.flatten(0, 1)


def counted(x: Tensor) -> Tensor:
    """Histogram of points (n, 2), (BINS ** 2,): shares, one added to each cell; what lies outside is at the rim."""
    cell = ((x + LIMIT) * (BINS / (2 * LIMIT))).long().clamp(0, BINS - 1)
    counts = torch.bincount(cell[:, 0] * BINS + cell[:, 1], minlength=BINS**2) + 1.0
    return counts / counts.sum()


def divergences(p: Tensor, q: Tensor) -> tuple[float, float]:
    """KL(p || q) and Jensen-Shannon divergence of two histograms without empty cells, in nats."""
    middle = (p + q) / 2
    js = (p * (p / middle).log() + q * (q / middle).log()).sum() / 2
    return float((p * (p / q).log()).sum()), float(js)


@functools.cache
def cells() -> Tensor:
    """Centres of the heat's cells, (CELLS ** 2, 2), row 0 with the largest y."""
    line = (torch.arange(CELLS) + 0.5) * (2 * LIMIT / CELLS) - LIMIT
    return torch.stack(torch.meshgrid(line, line.flip(0), indexing="xy"), -1).reshape(-1, 2)


def look(duel: Duel, now: Settings, task: Task, before: int) -> DuelStep:
    """The frame of a training as it stands, index and total left open."""
    with torch.no_grad():
        made = duel.g(task.z)
        manifold = duel.g(task.lattice)
    shown = made[: task.samples]
    opinion, on_real, on_fake = opinions(duel, now, task.held[: task.samples], shown)
    arrows, pull_size = pulls(duel, now, shown)
    scores = task.meter(shown)
    kl, js = divergences(task.counts, counted(made))
    loss_d, loss_g = means(duel, before) if duel.step else at_first(duel, now, task)
    frame = DuelStep(
        index=0,
        total=0,
        opinion=opinion,
        real=None,
        made=shown.clone().numpy(),
        pull=arrows,
        behind=None,
        manifold=manifold.numpy(),
        other_opinion=None,
        other_real=None,
        other_made=None,
        step=duel.step,
        setting=told(now),
        loss_d=loss_d,
        loss_g=loss_g,
        kl=kl,
        js=js,
        other_js=None,
        coverage=scores.coverage,
        precision=scores.precision,
        other_coverage=None,
        distance=scores.distance,
        pull_size=pull_size,
        floor=scores.floor,
        modes=scores.reached,
        other_modes=None,
        on_real=on_real,
        on_fake=on_fake,
    )
    for name in ("opinion", "made", "pull", "manifold"):
        getattr(frame, name).flags.writeable = False  # several visitors are shown the same arrays
    return frame


@torch.no_grad()
def opinions(duel: Duel, now: Settings, real: Tensor, fake: Tensor) -> tuple[np.ndarray, float, float]:
    """The heat (CELLS, CELLS), and the mean of d on real and on made points; probabilities where d gives any."""
    value = duel.d(torch.cat([cells(), real, fake]))
    if now.objective in ("original", "non-saturating"):
        value = value.sigmoid()
    heat, on_real, on_fake = value.split([CELLS**2, len(real), len(fake)])
    a, b = float(on_real.mean()), float(on_fake.mean())
    border = {"hinge": 0.0, "wasserstein": (a + b) / 2, "wgan-gp": (a + b) / 2}.get(now.objective, 0.5)
    return (heat - border).reshape(CELLS, CELLS).numpy(), a, b


def pulls(duel: Duel, now: Settings, fake: Tensor) -> tuple[np.ndarray, float]:
    """Arrows (PULLED, 4) along minus the gradient of the generator's loss at each fake, and its mean size."""
    x = fake.detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(LOSSES[now.objective].generator(duel.d(x)) * len(x), x)  # the loss is a mean
    size = slope.norm(dim=1, keepdim=True)
    arrows = torch.cat([fake, -slope * (LONGEST / (size + HALF))], 1)[:PULLED]
    return arrows.numpy(), float(size.mean())


@torch.no_grad()
def at_first(duel: Duel, now: Settings, task: Task) -> tuple[float, float]:
    """Losses of both before the first step, on the points that are shown."""
    real, fake = duel.d(task.held[: task.samples]), duel.d(duel.g(task.z[: task.samples]))
    losses = LOSSES[now.objective]
    return float(losses.discriminator(real, fake)), float(losses.generator(fake))


def means(duel: Duel, before: int) -> tuple[float | None, float | None]:
    """Mean losses of discriminator and generator over the steps since `before`; None where one made no step."""
    since = list(duel.losses)[max(0, len(duel.losses) - (duel.step - before)) :]
    sides = [[loss[side] for loss in since if not math.isnan(loss[side])] for side in (0, 1)]
    loss_d, loss_g = (math.fsum(side) / len(side) if side else None for side in sides)
    return loss_d, loss_g


def told(now: Settings) -> str:
    """Who trains, on what: "both, non-saturating"."""
    who = {"both": "both", "d": "discriminator only", "g": "generator only"}[now.only]
    return f"{who}, {now.objective}"
