"""A flow in training on points: one step towards a higher likelihood, and its state."""

from __future__ import annotations

import math
from collections import deque
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from genai_demo.core.caches import Cache, weigh
from genai_demo.core.changes import Plan, dense
from genai_demo.core.device import generator
from genai_demo.core.rewound import KEPT_EVERY, Line, Runaway, copied, digests
from genai_demo.flow.couplings import Flow
from genai_demo.flow.options import Settings, TrainedOptions
from genai_demo.quality import laboratory

REMEMBERED = 200  # steps whose losses a state keeps: the longest way between two frames
SECOND = 0.99  # Adam's beta 2
CALM = 1.0  # nats by which a batch may cost more than the cheapest one so far, at a good moment
NUMBERS = ("step", "good", "least")  # of a state
FIXED = ("data", "points", "kind", "layers", "bound", "bins", "width", "batch_size")

MOMENTS = Cache[tuple[Any, ...], Any]("trainings of flows", 48_000_000, weigh)  # frames, states; nobody changes them


class Learner:
    """Flow, optimiser, random stream and the last losses: all that a training needs to go on."""

    def __init__(self, options: TrainedOptions, data: Tensor, seed: int) -> None:
        self.options = options
        self.random = generator(seed)
        shape = options.kind, options.layers, options.width, options.bins, options.bound
        self.flow = Flow(*shape, data, self.random)
        self.optimiser = torch.optim.Adam(self.flow.parameters(), betas=(0.9, SECOND), fused=True)
        self.step = self.good = 0
        self.least = math.inf  # the smallest loss so far
        self.losses: deque[float] = deque(maxlen=REMEMBERED)

    def advance(self, data: Tensor, now: Settings) -> None:
        """One step of Adam on minus the mean log-likelihood of a batch. Raises Runaway."""
        x = data[torch.randint(len(data), (self.options.batch_size,), generator=self.random)]
        loss = -self.flow.log_prob(x).mean()
        value = float(loss.detach())
        self.judge(value, now)
        self.optimiser.param_groups[0]["lr"] = now.learning_rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        clip_grad_norm_(self.flow.parameters(), now.clip, foreach=True)
        self.optimiser.step()
        self.step += 1
        self.losses.append(value)

    def judge(self, loss: float, now: Settings) -> None:
        """The alarm. Raises Runaway where the loss is no number any more."""
        if not math.isfinite(loss):
            remedy = f"lower learning_rate from {now.learning_rate:g}, or clip from {now.clip:g}"
            raise Runaway(self.step + 1, self.good, f"the loss is {loss}", remedy)
        self.least = min(self.least, loss)
        if self.step % KEPT_EVERY == 0 and loss < self.least + CALM:
            self.good = self.step

    def state(self) -> dict[str, Any]:
        """A copy of everything that decides how the training goes on."""
        parts = {"flow": copied(self.flow.state_dict()), "optimiser": copied(self.optimiser.state_dict())}
        numbers = {name: getattr(self, name) for name in NUMBERS}
        return parts | numbers | {"random": self.random.get_state(), "losses": tuple(self.losses)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state, which stays as it is."""
        self.flow.load_state_dict(copied(state["flow"]))
        self.optimiser.load_state_dict(copied(state["optimiser"]))
        self.random.set_state(state["random"])
        self.losses = deque(state["losses"], REMEMBERED)
        for name in NUMBERS:
            setattr(self, name, state[name])


def size(options: TrainedOptions) -> int:
    """How many numbers it learns."""
    data = torch.zeros(2, 2)
    return sum(part.numel() for part in Learner(options, data, 0).flow.parameters())


def line(options: TrainedOptions, seed: int, learnt: Tensor, plan: Plan, shown: Any, look: Any) -> Line[Learner, Any]:
    """The training of these options; what it comes to is shared by all runs that look at it."""
    names = digests(options, plan, seed, FIXED)
    begin = partial(Learner, options, learnt, seed)
    return Line(MOMENTS, plan, names, shown, learnt, begin, look, partial(dense, options))


def task(options: TrainedOptions, samples: int, seed: int) -> tuple[Tensor, Tensor, laboratory.Meter]:
    """laboratory.task of the options, kept. Raises DemoError where no points are drawn."""
    key = ("task", seed, options.data, options.points, samples)
    found: tuple[Tensor, Tensor, laboratory.Meter]
    found = MOMENTS.made(key, lambda: laboratory.task(options.data, options.points, samples, seed))
    return found
