"""Muon (Jordan et al. 2024): an optimiser whose steps turn and stretch in all directions alike.

Every matrix inside a network moves along its mean gradient with all singular values brought to about 1, so that what
few examples ask for counts as much as what all of them do. All else is left to AdamW (Loshchilov & Hutter 2017).
PyTorch's own takes linear layers only, no convolutions, and computes in bfloat16, which most processors do by detours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

import torch
from torch import Tensor, nn

Name = Literal["Muon", "AdamW"]
TURNS = 5  # of the iteration that brings singular values to about 1
QUINTIC = (3.4445, -4.7750, 2.0315)  # its polynomial, of Jordan's post
MOMENTUM = 0.95
AS_ADAM = 0.2  # the root mean square of an AdamW step at a learning rate of 1, about (Liu et al. 2025)


def optimiser(
    name: Name, network: nn.Module, ends: tuple[str, ...], others: Iterable[nn.Parameter] = (), **settings: Any
) -> torch.optim.AdamW:
    """The one of that name, its arguments those of Muon."""
    if name == "Muon":
        return Muon(network, ends, others, **settings)
    return torch.optim.AdamW([*network.parameters(), *others], **settings)


class Muon(torch.optim.AdamW):
    """AdamW, but for matrices and convolutions inside `network`, which move by Muon at the same learning rate.

    ends: the beginnings of the names of the first and last layers, which AdamW takes too; others: parameters beside the
    network's, for AdamW; settings: AdamW's.
    """

    def __init__(
        self, network: nn.Module, ends: tuple[str, ...], others: Iterable[nn.Parameter] = (), **settings: Any
    ) -> None:
        inside = [
            part.weight
            for name, part in network.named_modules()
            if isinstance(part, (nn.Linear, nn.Conv2d)) and part.weight.requires_grad and not name.startswith(ends)
        ]
        known = {id(weight) for weight in inside}
        rest = [weight for weight in network.parameters() if weight.requires_grad and id(weight) not in known]
        groups = [{"params": inside, "turned": True}, {"params": [*rest, *others], "turned": False}]
        super().__init__(groups, **settings)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        """One step of all weights; afterwards those that Muon moved have no gradient."""
        for group in self.param_groups:
            for weight in group["params"] if group["turned"] else ():
                if weight.grad is not None:
                    self._move(weight, group["lr"], group["weight_decay"])
                    weight.grad = None  # so that AdamW passes it over
        return super().step(closure)

    def _move(self, weight: Tensor, rate: float, decay: float) -> None:
        assert weight.grad is not None
        state = self.state[weight]
        if not state:
            state.update(step=torch.tensor(0.0), mean=torch.zeros_like(weight))  # AdamW wants a step of every state
        mean = state["mean"].lerp_(weight.grad, 1 - MOMENTUM)
        along = orthogonal(weight.grad.lerp(mean, MOMENTUM).flatten(1))
        weight.mul_(1 - rate * decay)
        weight.add_(along.reshape(weight.shape), alpha=-rate * AS_ADAM * max(along.shape) ** 0.5)


def orthogonal(x: Tensor) -> Tensor:
    """x (m, n) -> the same with singular values from about 0.7 to 1.2, by a Newton-Schulz iteration; 0 stays 0."""
    if len(x) > x.shape[1]:
        return orthogonal(x.T).T
    a, b, c = QUINTIC
    x = x / x.norm().clamp_min(1e-7)
    for _ in range(TURNS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x
