"""Generator against discriminator on 2-D points: two small networks, one step of their training, and its state.

z: latent (n, k); g(z): points (n, 2); d(x): logits (n,), higher is more real, for Wasserstein the critic's value.
"""

from __future__ import annotations

import math
from collections import deque
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.networks import mlp
from genai_demo.core.rewound import copied
from genai_demo.gan.objectives import LOSSES, clip, gradient_penalty
from genai_demo.gan.points_options import PointsOptions, Settings

REMEMBERED = 200  # steps whose losses a state keeps: the longest way between two frames
RUNAWAY = 1e8  # a loss of this size counts as lost
LEAK = 0.2  # slope of the activation below zero
SECOND = 0.99  # Adam's beta 2, RMSprop's alpha


def network(inputs: int, outputs: int, width: int, depth: int, random: torch.Generator) -> nn.Sequential:
    """`depth` hidden layers of `width` units, with PyTorch's own bounds of the first weights, from `random` alone."""
    return mlp([inputs, *[width] * depth, outputs], partial(nn.LeakyReLU, LEAK), random)


def optimiser(parameters: list[nn.Parameter], options: PointsOptions) -> torch.optim.Optimizer:
    """As the options have it; the learning rate is set at every step."""
    if options.optimiser == "adam":
        return torch.optim.Adam(parameters, betas=(options.momentum, SECOND), fused=True)
    if options.optimiser == "rmsprop":
        return torch.optim.RMSprop(parameters, alpha=SECOND, momentum=options.momentum)
    return torch.optim.SGD(parameters, lr=1.0, momentum=options.momentum, fused=True)


def latents(n: int, options: PointsOptions, random: torch.Generator) -> Tensor:
    """z (n, k) from the prior."""
    if options.prior == "uniform":
        return 2 * torch.rand(n, options.latent, generator=random) - 1
    return torch.randn(n, options.latent, generator=random)


def size(options: PointsOptions) -> int:
    """How many numbers both networks learn."""
    duel = Duel(options, 0)
    return sum(part.numel() for net in (duel.g, duel.critic) for part in net.parameters())


class Duel:
    """Both networks, both optimisers, the random stream and the last losses: all that a training needs to go on."""

    def __init__(self, options: PointsOptions, seed: int) -> None:
        self.options = options
        self.random = generator(seed)
        self.g = network(options.latent, 2, options.width, options.depth, self.random)
        self.critic = network(2, 1, options.width, options.depth, self.random)
        self.opt_g = optimiser(list(self.g.parameters()), options)
        self.opt_d = optimiser(list(self.critic.parameters()), options)
        self.step = 0
        self.losses: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)  # of d and of g; nan where one paused

    def d(self, x: Tensor) -> Tensor:
        """x (n, 2) -> (n,)."""
        value: Tensor = self.critic(x)[:, 0]
        return value

    def advance(self, data: Tensor, now: Settings) -> None:
        """One step: d_steps updates of the discriminator, then one of the generator. Raises DemoError on a runaway."""
        loss_d = loss_g = math.nan
        if now.only != "g":
            for _ in range(now.d_steps):
                loss_d = self.discriminate(data, now)
        if now.only != "d":
            loss_g = self.generate(now)
        self.step += 1
        self.losses.append((loss_d, loss_g))

    def discriminate(self, data: Tensor, now: Settings) -> float:
        """One update of the discriminator, towards telling real from fake -> its loss, without the penalty."""
        n = self.options.batch_size
        real = data[torch.randint(len(data), (n,), generator=self.random)]
        with torch.no_grad():
            fake = self.g(latents(n, self.options, self.random))
        loss = LOSSES[now.objective].discriminator(*self.d(torch.cat([real, fake])).split(n))
        total = loss
        if now.objective == "wgan-gp":
            mix = torch.rand(n, generator=self.random)
            total = loss + now.penalty * gradient_penalty(self.d, real, fake, mix)
        self._follow(total, self.opt_d, now.lr_d, now)
        if now.objective == "wasserstein":
            clip(self.critic, now.clip)
        return float(loss.detach())

    def generate(self, now: Settings) -> float:
        """One update of the generator, towards points that the discriminator takes for real -> its loss."""
        fake = self.g(latents(self.options.batch_size, self.options, self.random))
        loss = LOSSES[now.objective].generator(self.d(fake))
        self._follow(loss, self.opt_g, now.lr_g, now)
        return float(loss.detach())

    def _follow(self, loss: Tensor, optimiser: torch.optim.Optimizer, lr: float, now: Settings) -> None:
        """One step of `optimiser` down the loss; the other network's weights get no gradient."""
        value = float(loss.detach())
        if not abs(value) < RUNAWAY:  # nor is nan
            raise DemoError(
                f"training ran away at step {self.step + 1}: a loss is {value:.3g}; "
                f"lower lr_d from {now.lr_d:g} or lr_g from {now.lr_g:g}"
            )
        group = optimiser.param_groups[0]
        group["lr"] = lr
        optimiser.zero_grad(set_to_none=True)
        loss.backward(inputs=group["params"])
        optimiser.step()

    def state(self) -> dict[str, Any]:
        """A copy of everything that decides how the training goes on."""
        parts = {name: copied(part.state_dict()) for name, part in self._parts().items()}
        return parts | {"random": self.random.get_state(), "step": self.step, "losses": tuple(self.losses)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state, which stays as it is."""
        for name, part in self._parts().items():
            part.load_state_dict(copied(state[name]))
        self.random.set_state(state["random"])
        self.step = state["step"]
        self.losses = deque(state["losses"], REMEMBERED)

    def _parts(self) -> dict[str, Any]:
        return {"g": self.g, "critic": self.critic, "opt_g": self.opt_g, "opt_d": self.opt_d}
