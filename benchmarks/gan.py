"""The GAN on points through run(recipe), with its frames, against the same training without any; and a branch.

Both on one thread, as the run has it: split over two, a step is a tenth faster on an idle machine and half as fast
again on one that also draws the page.
"""

from __future__ import annotations

import itertools
import time

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks import Row, alternate, seconds
from genai_demo.core.device import threads
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.gan.points import MOMENTS
from genai_demo.gan.points_options import PointsOptions
from genai_demo.quality import laboratory

TRUNK = Recipe("gan/points")
OPTIONS = PointsOptions.parse(TRUNK.options)
STEPS, FORK = OPTIONS.steps, 1590


def rows() -> list[Row]:
    """Seconds for the default training with its frames, and for the first new frame of a branch; taken in turn."""
    learnt, _, _ = laboratory.task(OPTIONS.data, "", OPTIONS.samples, 0)
    trained = alternate(lambda: forgotten(TRUNK), lambda: bare_loop(learnt, STEPS), 5)
    new = OPTIONS.every * (FORK // OPTIONS.every + 1) - FORK
    rates = itertools.count()
    list(run(TRUNK))
    branched = alternate(lambda: branch(3e-3 + 1e-6 * next(rates)), lambda: bare_loop(learnt, new), 9)
    return [
        seconds(f"gan: {STEPS} steps on points, a frame every {OPTIONS.every}, run(recipe) (at most 1.15)", *trained),
        seconds(
            f"gan: a branch after {FORK} steps until its first new frame (at most 0.200 s); bare: {new} steps",
            *branched,
        ),
        ("gan: the known frames of a training, each", f"{known():.2f} ms", "-", None),
    ]


def forgotten(recipe: Recipe) -> None:
    """The whole run, nothing of it known beforehand."""
    MOMENTS.clear()
    for _ in run(recipe):
        pass


def branch(rate: float) -> None:
    """From the recipe with one more change to its first frame past the fork."""
    frames = run(Recipe("gan/points", {"steps": STEPS, "changes": f"{FORK}: lr_d={rate:.6f}"}))
    next(frame for frame in frames if frame.step > FORK)
    frames.close()


def known() -> float:
    """Milliseconds a frame that was computed before."""
    start = time.perf_counter()
    count = sum(1 for _ in run(TRUNK))
    return 1000 * (time.perf_counter() - start) / count


@threads(1)
def bare_loop(data: torch.Tensor, steps: int) -> None:
    """The same networks, batches and updates in plain PyTorch."""
    torch.manual_seed(0)
    n, width = OPTIONS.batch_size, OPTIONS.width

    def mlp(inputs: int, outputs: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Linear(inputs, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, outputs),
        )

    g, d = mlp(OPTIONS.latent, 2), mlp(2, 1)
    opt_g = torch.optim.Adam(g.parameters(), OPTIONS.lr_g, (OPTIONS.momentum, 0.99), fused=True)
    opt_d = torch.optim.Adam(d.parameters(), OPTIONS.lr_d, (OPTIONS.momentum, 0.99), fused=True)
    for _ in range(steps):
        real = data[torch.randint(len(data), (n,))]
        with torch.no_grad():
            fake = g(torch.randn(n, OPTIONS.latent))
        on_real, on_fake = d(torch.cat([real, fake]))[:, 0].split(n)
        loss = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        opt_d.zero_grad()
        loss.backward()
        opt_d.step()
        d.requires_grad_(False)
        loss = F.softplus(-d(g(torch.randn(n, OPTIONS.latent)))[:, 0]).mean()
        opt_g.zero_grad()
        loss.backward()
        opt_g.step()
        d.requires_grad_(True)
