"""A machine so small that Z can be summed exactly, trained live on bars and stripes: what estimates of Z are worth.

v: 4 x 4 pixels of which whole rows, or whole columns, are on (MacKay 2003, section 43): 30 pictures of 65,536.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import curve, number, pictures
from genai_demo.ebm.machine import Machine, annealed, drawn, log_z
from genai_demo.ebm.options import PartitionOptions

SIDE = 4
FRAMES = 30
CHAINS = 100  # of persistent contrastive divergence
SHOWN = 48  # pictures of the chains
LIKELIHOOD, SUM = "log-likelihood of the data, nats", "log Z, nats"


@dataclass(frozen=True, slots=True, eq=False)
class PartitionStep:
    """The machine after `step` steps of training. Pictures (n, 4, 4).

    exact, estimated: log Z, summed and by annealed importance sampling; error: standard error of the latter. learnt:
    exact mean log-likelihood of the data; best: what it is where all mass is on the data, -log 30. mass: probability
    of bars and stripes, %. filters: weights of the hidden units.
    """

    index: int
    total: int
    made: np.ndarray = pictures("chains")
    data: np.ndarray = pictures("bars and stripes")
    filters: np.ndarray = pictures("weights of hidden units")
    step: int = number("step", digits=0)
    learnt: float = curve("exact", chart=LIKELIHOOD, against="step")
    told: float = curve("by the estimate", chart=LIKELIHOOD, against="step")
    best: float = curve("best there can be", chart=LIKELIHOOD, against="step")
    exact: float = curve("exact, summed", chart=SUM, against="step")
    estimated: float = curve("estimated", chart=SUM, against="step")
    error: float = number("standard error of the estimate", unit="nats")
    off: float = curve("estimate minus exact", unit="nats", against="step")
    mass: float = curve("probability of bars and stripes", unit="%", digits=1, against="step")


def patterns() -> Tensor:
    """All bars and stripes, (30, 16) of 0 and 1, none twice."""
    rows = [torch.tensor(row)[:, None].expand(SIDE, SIDE) for row in itertools.product([0.0, 1.0], repeat=SIDE)]
    both = torch.stack([*rows, *(row.T for row in rows)]).reshape(-1, SIDE * SIDE)
    found: Tensor = both.unique(dim=0)
    return found


def partition(options: PartitionOptions, *, seed: int) -> Iterator[PartitionStep]:
    """Train, and at each frame sum Z exactly and estimate it."""
    random, data = generator(seed), patterns()
    machine = Machine(SIDE * SIDE, options.hidden, random, spread=0.1)
    optimiser = torch.optim.Adam(machine.parameters(), lr=options.learning_rate, betas=(0.5, 0.99))
    chains = drawn(torch.full((CHAINS, SIDE * SIDE), 0.5), random)
    every = math.ceil(options.steps / FRAMES)
    wanted = sorted({0, options.steps, *range(0, options.steps, every)})
    for step in range(options.steps + 1):
        if step in wanted:
            yield _frame(wanted.index(step), len(wanted), machine, chains, data, options, step, seed)
        if step == options.steps:
            return
        x = data if options.method == "cd" else chains
        for _ in range(options.k):
            x, _ = machine.gibbs(x, random)
        if options.method == "pcd":
            chains = x
        loss = machine.free_energy(data).mean() - machine.free_energy(x).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()


@torch.no_grad()
def _frame(
    index: int,
    total: int,
    machine: Machine,
    chains: Tensor,
    data: Tensor,
    options: PartitionOptions,
    step: int,
    seed: int,
) -> PartitionStep:
    random = generator(seed + 2**31)
    exact = log_z(machine)
    estimate = annealed(machine, data.mean(0), options.temperatures, options.runs, random)
    mean = float(machine.free_energy(data).mean())
    if options.method == "cd":  # it keeps no chains: these begin at the data, and walk for a while
        chains = data[torch.randint(len(data), (CHAINS,), generator=random)]
        for _ in range(CHAINS):
            chains, _ = machine.gibbs(chains, random)
    w = machine.W.T / machine.W.abs().max().clamp(min=1e-6)
    mass = 100 * float((-machine.free_energy(data).double() - exact).exp().sum())
    return PartitionStep(
        index,
        total,
        _drawn(chains[:SHOWN]),
        _drawn(data),
        _drawn(0.5 + w / 2),
        step,
        -mean - exact,
        -mean - estimate.log_z,
        -math.log(len(data)),
        exact,
        estimate.log_z,
        estimate.error,
        estimate.log_z - exact,
        mass,
    )


def _drawn(x: Tensor) -> np.ndarray:
    found: np.ndarray = (255 * x).round().to(torch.uint8).reshape(-1, SIDE, SIDE).numpy()
    return found
