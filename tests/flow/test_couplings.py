"""Coupling layers: what they do can be undone, and their log-determinants are those that autograd finds."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.flow import couplings
from genai_demo.flow.couplings import Flow
from genai_demo.quality import laboratory

KINDS = ["affine", "spline"]


def flow(kind: str, *, layers: int = 4, bound: float = 2.0, shaken: float = 0.5) -> Flow:
    """One whose weights are anything but the identity, in double precision: with single one, rounding is tested."""
    random = generator(1)
    data = laboratory.sets.load("moons", 500, 0)
    made = Flow(kind, layers, 16, 6, bound, torch.from_numpy(data), random)
    with torch.no_grad():
        for part in made.parameters():
            part.add_(shaken * torch.randn(part.shape, generator=random))
    return made


def somewhere(n: int = 200) -> Tensor:
    return 1.2 * torch.randn(n, 2, generator=generator(2))


@pytest.mark.parametrize("kind", KINDS)
def test_the_inverse_is_exact(kind: str) -> None:
    made, x = flow(kind, shaken=0.2).double(), somewhere().double()
    z, dets = made.encode(x)
    assert not torch.allclose(z, x, atol=0.1)
    assert (made.decode(z) - x).abs().max() < 1e-5
    for k in range(made.depth):
        there, log_det = made.layer(k, x)
        back, undone = made.layer(k, there, inverse=True)
        assert (back - x).abs().max() < 1e-5
        assert torch.allclose(log_det, -undone, atol=1e-4)
    assert dets.shape == (made.depth, len(x))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("inverse", [False, True])
def test_log_determinants_are_those_of_autograds_jacobian(kind: str, inverse: bool) -> None:
    made, x = flow(kind).double(), somewhere(30).double()
    for k in range(made.depth):
        _, log_det = made.layer(k, x, inverse=inverse)
        jacobian = torch.func.vmap(torch.func.jacrev(lambda one: made.layer(k, one[None], inverse=inverse)[0][0]))  # noqa: B023
        assert torch.allclose(log_det, torch.linalg.det(jacobian(x)).abs().log(), atol=1e-8), k


def test_the_slope_of_a_spline_is_that_of_autograd() -> None:
    random = generator(3)
    h = 2 * torch.randn(400, 3 * 7 - 1, generator=random, dtype=torch.double)
    x = torch.linspace(-5, 5, 400, dtype=torch.double).requires_grad_(True)
    for inverse in (False, True):
        y, log_det = couplings.spline(x, h, inverse=inverse)
        (slope,) = torch.autograd.grad(y.sum(), x)
        assert torch.allclose(slope.log(), log_det, atol=1e-8)
    outside = x.abs() > couplings.REACH
    assert torch.equal(y[outside], x[outside])


def test_a_spline_rises() -> None:
    h = 3 * torch.randn(1, 3 * 9 - 1, generator=generator(4), dtype=torch.double).expand(2000, -1)
    y, _ = couplings.spline(torch.linspace(-4.5, 4.5, 2000, dtype=torch.double), h)
    assert (y.diff() > 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_it_begins_as_the_identity(kind: str) -> None:
    data = torch.from_numpy(laboratory.sets.load("spiral", 500, 0))
    made = Flow(kind, 5, 16, 6, 2.0, data, generator(0))
    z, dets = made.encode(data)
    assert torch.allclose(z, (data - data.mean(0)) / data.std(0), atol=1e-5)
    assert dets[1:].abs().max() < 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_the_density_adds_up_to_one(kind: str) -> None:
    line = torch.linspace(-6, 6, 401, dtype=torch.double)
    x = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).reshape(-1, 2)
    with torch.no_grad():
        mass = flow(kind, shaken=0.08).double().log_prob(x).exp().sum() * (line[1] - line[0]) ** 2
    assert float(mass) == pytest.approx(1, abs=0.01)


def test_the_log_scale_is_held_within_its_bound() -> None:
    h = torch.tensor([[100.0, 0.0], [-100.0, 0.0]])
    _, held = couplings.affine(torch.ones(2), h, 2.0)
    _, free = couplings.affine(torch.ones(2), h, 0.0)
    assert held.tolist() == pytest.approx([2, -2])
    assert free.tolist() == [100, -100]
