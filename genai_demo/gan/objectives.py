"""The objectives of GANs: what discriminator and generator each minimise, given the discriminator's logits.

real, fake: logits (n,) of real and of generated samples. Both losses are means over the batch.

original         D: -log s(real) - log(1 - s(fake))    G: log(1 - s(fake))   Goodfellow et al. 2014, eq. 1
non-saturating   D: the same                           G: -log s(fake)       Goodfellow et al. 2014, section 3
least squares    D: ((real - 1)^2 + fake^2) / 2        G: (fake - 1)^2 / 2   Mao et al. 2017, eq. 9
hinge            D: max(0, 1 - real) + max(0, 1 + fake)    G: -fake          Lim & Ye 2017; Miyato et al. 2018
wasserstein      D: fake - real, weights clipped       G: -fake              Arjovsky et al. 2017, algorithm 1
wgan-gp          D: fake - real + weight * penalty     G: -fake              Gulrajani et al. 2017, eq. 3
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Objective = Literal["original", "non-saturating", "least squares", "hinge", "wasserstein", "wgan-gp"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)


class Losses(NamedTuple):
    """discriminator(real, fake) and generator(fake), each a mean over the batch."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


def _cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).mean() + F.softplus(fake).mean()  # -log s(r) = softplus(-r), -log(1 - s(f)) = softplus(f)


def _squares(real: Tensor, fake: Tensor) -> Tensor:
    return ((real - 1).square().mean() + fake.square().mean()) / 2


def _hinge(real: Tensor, fake: Tensor) -> Tensor:
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def _distance(real: Tensor, fake: Tensor) -> Tensor:
    return fake.mean() - real.mean()


def _raise(fake: Tensor) -> Tensor:
    return -fake.mean()


LOSSES: dict[Objective, Losses] = {
    "original": Losses(_cross_entropy, lambda fake: -F.softplus(fake).mean()),
    "non-saturating": Losses(_cross_entropy, lambda fake: F.softplus(-fake).mean()),
    "least squares": Losses(_squares, lambda fake: (fake - 1).square().mean() / 2),
    "hinge": Losses(_hinge, _raise),
    "wasserstein": Losses(_distance, _raise),
    "wgan-gp": Losses(_distance, _raise),
}


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """Mean of (|gradient of the critic at x| - 1)^2, x = mix * real + (1 - mix) * fake; mix (n,) in [0, 1].

    Gulrajani et al. 2017, eq. 3 and algorithm 1. Can be differentiated again.
    """
    share = mix.view(-1, *[1] * (real.dim() - 1))
    x = (share * real + (1 - share) * fake.detach()).requires_grad_(True)
    (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    penalty: Tensor = (slope.flatten(1).norm(dim=1) - 1).square().mean()
    return penalty


@torch.no_grad()
def clip(critic: nn.Module, limit: float) -> None:
    """Every weight into [-limit, limit] (Arjovsky et al. 2017, algorithm 1, line 7)."""
    torch._foreach_clamp_min_(list(critic.parameters()), -limit)
    torch._foreach_clamp_max_(list(critic.parameters()), limit)
