"""An energy in training on points: contrastive divergence with chains that go on, or energy matching; and its state."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

import torch
from torch import Tensor

from genai_demo.core.caches import Cache, weigh
from genai_demo.core.changes import Plan, dense
from genai_demo.core.device import generator
from genai_demo.core.rewound import KEPT_EVERY, Line, Runaway, copied, digests
from genai_demo.core.training import follow
from genai_demo.ebm.energy import Energy, jumped, langevin, slope
from genai_demo.ebm.options import Settings, TrainedOptions
from genai_demo.quality import laboratory

CHAINS = 1000  # that are kept from step to step: the replay buffer (Du & Mordatch 2019)
DECAY = 0.99  # of the weights' running average, whose energy is shown
CLIP = 5.0  # the longest gradient that is followed
MATCHED = 0.1  # temperature at which energy matching's potential is an energy: V = MATCHED E
HELD = 0.05  # weight of the squared energies, which keeps them from drifting (Du & Mordatch 2019)
WEIGHT = 1.0  # of the contrastive part of energy matching, beside the other
SOFT, ROUNDS, TINY = 0.05, 30, 1e-30  # of the pairing: its entropy, its iterations, what counts as nothing
CALM, ALARM = 3.0, 50.0  # mean energies of data and chains this far apart: a good moment; the alarm
ASTRAY = 20.0  # a chain this far from the middle sets off the alarm
REMEMBERED = 200  # steps whose numbers a state keeps: the longest way between two frames
FIXED = ("method", "data", "points", "walk", "jumps", "warm", "width", "batch_size")

MOMENTS = Cache[tuple[Any, ...], Any]("trainings of energies", 48_000_000, weigh)  # frames, states; nobody changes them


class Learner:
    """Energy, its average, optimiser, chains, random stream and the last numbers: all that a training goes on from."""

    def __init__(self, options: TrainedOptions, seed: int) -> None:
        self.options = options
        self.random = generator(seed)
        self.energy = Energy(options.width, self.random)
        self.average = Energy(options.width, generator(0)).requires_grad_(False)
        self.average.load_state_dict(self.energy.state_dict())
        self.optimiser = torch.optim.Adam(self.energy.parameters(), betas=(0.5, 0.99), fused=True)
        self.chains = torch.randn(CHAINS, 2, generator=self.random)
        self.step = self.good = 0
        self.gaps: deque[float] = deque(maxlen=REMEMBERED)

    def advance(self, data: Tensor, now: Settings) -> None:
        """One step of Adam. Raises Runaway."""
        options = self.options
        x = data[torch.randint(len(data), (options.batch_size,), generator=self.random)]
        warm = options.method == "energy matching" and self.step < options.warm
        away = x if warm else self.walked(now)
        near, far = self.energy(torch.cat([x, away])).split(len(x))
        gap = far.mean() - near.mean()
        loss = -gap + HELD * (near.square().mean() + far.square().mean())
        if options.method == "energy matching":
            loss = self.matched(x) + (0 if warm else WEIGHT * loss)
        self.judge(float(gap.detach()), float(away.abs().max()), now)
        self.optimiser.param_groups[0]["lr"] = now.learning_rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.energy.parameters(), CLIP, foreach=True)
        self.optimiser.step()
        follow(self.average, self.energy, DECAY, self.step)
        self.step += 1

    def walked(self, now: Settings) -> Tensor:
        """A batch of the chains, each `walk` Langevin steps further, and perhaps a jump (Tieleman 2008)."""
        pick = torch.randperm(CHAINS, generator=self.random)[: self.options.batch_size]
        x = self.chains[pick]
        if self.options.jumps:
            x = jumped(self.energy, x, self.random)
        for _ in range(self.options.walk):
            x = langevin(self.energy, x, now.step, now.noise, 1.0, self.random)
        self.chains = self.chains.index_copy(0, pick, x)
        return x

    def matched(self, x: Tensor) -> Tensor:
        """Energy matching (Balcerak et al. 2025): downhill is the straight way from noise to the data paired with it.

        The mean squared error of -grad V, V = MATCHED E.
        """
        z = torch.randn(x.shape, generator=self.random)
        x = x[torch.multinomial(paired(z, x), 1, generator=self.random)[:, 0]]
        t = torch.rand(len(x), 1, generator=self.random)
        return (MATCHED * slope(self.energy, torch.lerp(z, x, t), keep=True) + x - z).square().sum(1).mean()

    def judge(self, gap: float, reach: float, now: Settings) -> None:
        """The alarm. Raises Runaway where energies of data and chains have parted, or a chain has gone astray."""
        parted, astray = not abs(gap) < ALARM, not reach < ASTRAY  # nor is nan
        if parted or astray:
            why = (
                f"the energies of data and chains are {abs(gap):.3g} apart"
                if parted
                else f"a chain is {reach:.3g} from the middle"
            )
            remedy = f"lower learning_rate from {now.learning_rate:g}, or step from {now.step:g}"
            raise Runaway(self.step + 1, self.good, why, remedy)
        if self.step % KEPT_EVERY == 0 and abs(gap) < CALM:
            self.good = self.step
        self.gaps.append(gap)

    def state(self) -> dict[str, Any]:
        """A copy of everything that decides how the training goes on."""
        parts = {name: copied(getattr(self, name).state_dict()) for name in ("energy", "average", "optimiser")}
        numbers = {"step": self.step, "good": self.good, "gaps": tuple(self.gaps)}
        return parts | numbers | {"chains": self.chains.clone(), "random": self.random.get_state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state, which stays as it is."""
        for name in ("energy", "average", "optimiser"):
            getattr(self, name).load_state_dict(copied(state[name]))
        self.random.set_state(state["random"])
        self.chains = state["chains"].clone()
        self.step, self.good, self.gaps = state["step"], state["good"], deque(state["gaps"], REMEMBERED)


def paired(z: Tensor, x: Tensor) -> Tensor:
    """How much of each z goes to each x (n, n), so that the way is short in all and every x gets its share.

    Entropic optimal transport of squared distances, by Sinkhorn's iterations (Cuturi 2013, algorithm 1).
    """
    apart = torch.cdist(z, x).square()
    kernel = ((apart.amin(1, keepdim=True) - apart) / (SOFT * apart.mean())).exp()
    right = torch.ones(len(x))
    for _ in range(ROUNDS):
        left = 1 / (kernel @ right).clamp(min=TINY)
        right = 1 / (kernel.T @ left).clamp(min=TINY)
    return kernel * right


def size(options: TrainedOptions) -> int:
    """How many numbers it learns."""
    return sum(part.numel() for part in Energy(options.width, generator(0)).parameters())


def line(options: TrainedOptions, seed: int, learnt: Tensor, plan: Plan, shown: Any, look: Any) -> Line[Learner, Any]:
    """The training of these options; what it comes to is shared by all runs that look at it."""
    names = digests(options, plan, seed, FIXED)
    begin = partial(Learner, options, seed)
    return Line(MOMENTS, plan, names, shown, learnt, begin, look, partial(dense, options))


def task(options: TrainedOptions, samples: int, seed: int) -> tuple[Tensor, Tensor, laboratory.Meter]:
    """laboratory.task of the options, kept. Raises DemoError where no points are drawn."""
    key = ("task", seed, options.data, options.points, samples)
    found: tuple[Tensor, Tensor, laboratory.Meter]
    found = MOMENTS.made(key, lambda: laboratory.task(options.data, options.points, samples, seed))
    return found
