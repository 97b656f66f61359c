"""What a VAE can say of the likelihood that a flow knows: a bound, better the more codes are drawn.

Its grey values are read as a continuous Bernoulli's (Loaiza-Ganem & Cunningham 2019), whose density over [0, 1] is
C(l) p^x (1 - p)^(1 - x) with logit l, p = sigmoid(l) and C(l) = l / tanh(l / 2); so it lies beside the flow's density
of the same dequantised picture, in the same bits per dimension. l: logit (n, 1, 28, 28); z: code (n, k).
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

VAE = "vae/vae-16"  # the model whose bound is taken
SMALL = 1e-3  # logits nearer to 0 count as this: there C is 2


def weights(vae: Any, x: Tensor, draws: int, random: torch.Generator) -> Tensor:
    """log p(x, z) - log q(z | x) of so many codes z of each picture x (n, 1, 28, 28) -> (n, draws), in nats."""
    mean, logvar = vae.encode(x)
    noise = torch.randn(len(x), draws, mean.shape[1], generator=random).to(x.device)
    z = mean[:, None] + (logvar[:, None] / 2).exp() * noise
    logit = vae.decoder(z.flatten(0, 1)).unflatten(0, (len(x), draws))
    near = torch.where(logit.abs() < SMALL, SMALL, logit)
    constant = (near / torch.tanh(near / 2)).log()
    given = (x[:, None] * logit - F.softplus(logit) + constant).flatten(2).sum(2)
    prior = -z.square().sum(2) / 2
    posterior = -(noise.square() + logvar[:, None]).sum(2) / 2
    found: Tensor = given + prior - posterior
    return found


def bound(found: Tensor) -> Tensor:
    """log of the mean weight, (n, draws) -> (n,): the ELBO for one draw, else tighter (Burda et al. 2016, eq. 8)."""
    return found.logsumexp(1) - math.log(found.shape[1])
