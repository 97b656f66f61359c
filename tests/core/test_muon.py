"""The optimiser of the denoisers."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from genai_demo.core.muon import Muon, orthogonal


class Net(nn.Module):
    """A first and a last layer, and between them a convolution and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.last = nn.Conv2d(2, 6, 3, padding=1), nn.Linear(8, 1)
        self.inner, self.flat = nn.Conv2d(6, 4, 3, padding=1), nn.Linear(4, 8)
        self.table = nn.Parameter(torch.ones(2, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.inner(torch.relu(self.first(x))).mean((2, 3))
        h: torch.Tensor = self.last(torch.relu(self.flat(y) * self.table[0] + self.table[1]))
        return h


def a_step(net: Net, optimiser: torch.optim.Optimizer, x: torch.Tensor) -> float:
    loss = (net(x) - x.mean((1, 2, 3), keepdim=True)[..., 0, 0]).square().mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return float(loss.detach())


def test_singular_values_come_to_about_one() -> None:
    for shape in ((5, 40), (40, 5), (12, 12)):
        x = torch.randn(shape, generator=torch.Generator().manual_seed(1)) * torch.linspace(0.2, 3, shape[1])
        values = torch.linalg.svdvals(orthogonal(x))
        assert values.min() > 0.5
        assert values.max() < 1.3
    assert not orthogonal(torch.zeros(3, 4)).any()


def test_only_layers_inside_are_turned() -> None:
    """By their first step: all directions of the inner ones move alike, those of the others as AdamW has it."""
    net, x = Net(), torch.randn(16, 2, 5, 5, generator=torch.Generator().manual_seed(2))
    plain = Net()
    settings: dict[str, Any] = {"lr": 0.01, "weight_decay": 0.0}
    before = {name: weight.detach().clone() for name, weight in net.named_parameters()}
    a_step(net, Muon(net, ("first", "last"), **settings), x)
    a_step(plain, torch.optim.AdamW(plain.parameters(), **settings), x)
    as_adam = dict(plain.named_parameters())
    for name, weight in net.named_parameters():
        moved = weight.detach() - before[name]
        if name in ("inner.weight", "flat.weight"):
            flat = moved.flatten(1)
            along = 0.01 * 0.2 * max(flat.shape) ** 0.5
            values = torch.linalg.svdvals(flat) / along
            assert values[values > 0.01].max() < 1.3, name
        else:
            assert torch.allclose(weight, as_adam[name]), name


def test_linear_layers_move_as_by_pytorchs_own() -> None:
    """Which computes in bfloat16; so they agree to a few hundredths of the way."""
    torch.manual_seed(4)
    ours = nn.Sequential(nn.Linear(6, 10, bias=False), nn.Linear(10, 3, bias=False))
    theirs, begun = copy.deepcopy(ours), copy.deepcopy(ours)
    settings: dict[str, Any] = {"lr": 0.05, "weight_decay": 2.0}
    muons = (
        Muon(ours, ("none",), **settings),
        torch.optim.Muon(theirs.parameters(), momentum=0.95, adjust_lr_fn="match_rms_adamw", **settings),
    )
    for _ in range(6):
        x, wanted = torch.randn(2, 1, 6), torch.randn(1, 3)  # so that the mean gradient is not the last one
        for net, muon in zip((ours, theirs), muons, strict=True):
            net.zero_grad()
            (net(x) - wanted).square().mean().backward()
            muon.step()
    for a, b, before in zip(ours.parameters(), theirs.parameters(), begun.parameters(), strict=True):
        assert float((a - b).detach().norm() / (b - before).detach().norm()) < 0.05


def test_it_learns_and_goes_on_from_its_state() -> None:
    x = torch.randn(64, 2, 5, 5, generator=torch.Generator().manual_seed(3))
    net = Net()
    optimiser = Muon(net, ("first", "last"), lr=0.01)
    losses = [a_step(net, optimiser, x) for _ in range(60)]
    assert losses[-1] < 0.2 * losses[0]
    other = Net()
    other.load_state_dict(net.state_dict())
    again = Muon(other, ("first", "last"), lr=0.01)
    again.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    assert [a_step(other, again, x) for _ in range(5)] == [a_step(net, optimiser, x) for _ in range(5)]


def test_layers_that_stay_and_layers_without_gradient_are_passed_over() -> None:
    net = Net()
    net.inner.requires_grad_(False)
    kept = net.inner.weight.clone()
    optimiser = Muon(net, ("first", "last"), [beside := nn.Parameter(torch.ones(3))], lr=0.01)
    beside.grad = torch.ones(3)
    optimiser.step()
    assert torch.equal(net.inner.weight, kept)
    assert (beside < 1).all()
