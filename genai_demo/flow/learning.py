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
from genai_demo.core.changes import Plan
from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.rewound import Line, copied, digests
from genai_demo.flow.couplings import Flow
from genai_demo.flow.options import Settings, TrainedOptions
from genai_demo.quality import laboratory

REMEMBERED = 200  # steps whose losses a state keeps: the longest way between two frames
SECOND = 0.99  # Adam's beta 2
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
        self.step = 0
        self.losses: deque[float] = deque(maxlen=REMEMBERED)

    def advance(self, data: Tensor, now: Settings) -> None:
        """One step of Adam on minus the mean log-likelihood of a batch. Raises DemoError on a runaway."""
        x = data[torch.randint(len(data), (self.options.batch_size,), generator=self.random)]
        loss = -self.flow.log_prob(x).mean()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise DemoError(
                f"training ran away at step {self.step + 1}: the loss is {value}; lower learning_rate from "
                f"{now.learning_rate:g}, or clip from {now.clip:g}"
            )
        self.optimiser.param_groups[0]["lr"] = now.learning_rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        clip_grad_norm_(self.flow.parameters(), now.clip, foreach=True)
        self.optimiser.step()
        self.step += 1
        self.losses.append(value)

    def state(self) -> dict[str, Any]:
        """A copy of everything that decides how the training goes on."""
        parts = {"flow": copied(self.flow.state_dict()), "optimiser": copied(self.optimiser.state_dict())}
        return parts | {"random": self.random.get_state(), "step": self.step, "losses": tuple(self.losses)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state, which stays as it is."""
        self.flow.load_state_dict(copied(state["flow"]))
        self.optimiser.load_state_dict(copied(state["optimiser"]))
        self.random.set_state(state["random"])
        self.step, self.losses = state["step"], deque(state["losses"], REMEMBERED)


def line(options: TrainedOptions, seed: int, learnt: Tensor, plan: Plan, shown: Any, look: Any) -> Line[Learner, Any]:
    """The training of these options; what it comes to is shared by all runs that look at it."""
    names = digests(options, plan, seed, FIXED)
    return Line(MOMENTS, plan, names, shown, learnt, partial(Learner, options, learnt, seed), look)


def task(options: TrainedOptions, samples: int, seed: int) -> tuple[Tensor, Tensor, laboratory.Meter]:
    """laboratory.task of the options, kept. Raises DemoError where no points are drawn."""
    key = ("task", seed, options.data, options.points, samples)
    found: tuple[Tensor, Tensor, laboratory.Meter]
    found = MOMENTS.made(key, lambda: laboratory.task(options.data, options.points, samples, seed))
    return found
