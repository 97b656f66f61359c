"""What energies and machines must be: Langevin's own variance, sums over all states, attention, the alarm."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.ebm import hopfield
from genai_demo.ebm.chains import rhat
from genai_demo.ebm.energy import Energy, cells, jumped, landscape, langevin, slope
from genai_demo.ebm.learning import paired
from genai_demo.ebm.machine import Machine, annealed, log_z, states


class Bowl(torch.nn.Module):
    """E = |x|^2 / (2 s^2), a Gaussian of variance s^2."""

    def __init__(self, variance: float) -> None:
        super().__init__()
        self.variance = variance

    def forward(self, x: Tensor) -> Tensor:
        return x.square().sum(1) / (2 * self.variance)


@pytest.mark.parametrize(("step", "noise", "temperature"), [(0.02, 1, 1), (0.3, 1, 1), (0.05, 0.5, 1), (0.05, 1, 3)])
def test_langevins_variance_on_a_gaussian_is_that_of_its_recursion(
    step: float, noise: float, temperature: float
) -> None:
    variance, random = 0.25, generator(0)
    x = math.sqrt(variance) * torch.randn(20_000, 2, generator=random)
    for _ in range(200 if step < 0.1 else 30):
        x = langevin(Bowl(variance), x, step, noise, temperature, random)
    keeps = 1 - step / variance  # x' = keeps x + noise sqrt(2 step T) xi
    wanted = 2 * step * temperature * noise**2 / (1 - keeps**2)
    assert float(x.var()) == pytest.approx(wanted, rel=0.03)
    if noise == temperature == 1:
        assert wanted == pytest.approx(variance / (1 - step / (2 * variance))), "as the docstring of langevin says"


def test_jumps_keep_the_distribution_and_cross_between_hollows() -> None:
    """From one of two far hollows, of which the second is twice as likely, to their true shares."""

    class Two(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            each = torch.stack([-20 * (x - at).square().sum(1) for at in (-1.0, 1.0)])
            return -(each + torch.tensor([[0.0], [math.log(2)]])).logsumexp(0)

    x, random = torch.full((3000, 2), -1.0), generator(0)
    for _ in range(150):
        x = langevin(Two(), jumped(Two(), x, random), 0.01, 1, 1, random)
    assert float((x[:, 0] > 0).float().mean()) == pytest.approx(2 / 3, abs=0.04)


def test_without_noise_chains_roll_to_the_bottom() -> None:
    x = torch.ones(5, 2)
    for _ in range(200):
        x = langevin(Bowl(1.0), x, 0.1, 0, 1, generator(0))
    assert x.abs().max() < 1e-6


def test_the_slope_is_autograds_and_the_density_adds_up_to_one() -> None:
    energy = Energy(16, generator(1)).double()
    x = torch.randn(20, 2, generator=generator(2), dtype=torch.double)
    jacobian = torch.func.vmap(torch.func.jacrev(lambda one: energy(one[None])[0]))(x)
    assert torch.allclose(slope(energy, x), jacobian)
    assert torch.allclose(energy.slope(x), jacobian), "written out"
    fine = cells(400, 6.0).double()
    with torch.no_grad():
        exact = float((-energy(fine)).logsumexp(0)) + 2 * math.log(12 / 400)
    assert landscape(Energy(16, generator(1)))[1] == pytest.approx(exact, abs=0.01)


def test_rhat_is_near_one_where_chains_agree_and_large_where_not() -> None:
    random = generator(0)
    alike = torch.randn(200, 30, 2, generator=random)
    assert rhat(alike) == pytest.approx(1, abs=0.02)
    assert rhat(alike + 5 * torch.randn(1, 30, 2, generator=random)) > 2
    assert rhat(alike + torch.linspace(0, 5, 200)[:, None, None]) > 1.3, "chains that drift disagree with themselves"
    assert rhat(alike[:3]) is None


def test_every_point_is_paired_and_pairs_are_near() -> None:
    random = generator(0)
    z, x = torch.randn(60, 2, generator=random), torch.randn(60, 2, generator=random)
    plan = paired(z, x)
    plan = plan / plan.sum(1, keepdim=True)
    assert plan.sum(0) == pytest.approx(1, abs=0.3), "each of them gets its share"
    apart = torch.cdist(z, x).square()
    assert (plan * apart).sum(1).mean() < 0.3 * apart.mean()


@pytest.fixture(scope="module")
def tiny() -> Machine:
    machine = Machine(6, 4, generator(0), spread=1.0).double()
    with torch.no_grad():
        machine.b.add_(torch.randn(6, generator=generator(1)))
        machine.c.add_(torch.randn(4, generator=generator(2)))
    return machine.requires_grad_(False)


def test_a_machine_by_brute_force(tiny: Machine) -> None:
    """Conditionals, free energy, log Z and likelihood, from E(v, h) over all 2^10 states."""
    v, h = states(6).double(), states(4).double()
    energy = -(v @ tiny.b)[:, None] - (h @ tiny.c)[None] - v @ tiny.W @ h.T  # (64, 16)
    joint = (-energy).exp()
    z = joint.sum()
    assert log_z(tiny) == pytest.approx(float(z.log()))
    assert torch.allclose(tiny.free_energy(v), -joint.sum(1).log())
    assert float((-tiny.free_energy(v) - log_z(tiny)).exp().sum()) == pytest.approx(1)
    given_v = joint / joint.sum(1, keepdim=True)
    assert torch.allclose(tiny.hidden(v), given_v @ h)
    given_h = (joint / joint.sum(0)).T
    assert torch.allclose(tiny.visible(h), given_h @ v)


def test_the_gradient_of_the_free_energies_is_that_of_the_likelihood(tiny: Machine) -> None:
    """F(data) - F(states, each by its probability) pulls as the exact negative log-likelihood does."""
    machine = Machine(6, 4, generator(0)).double()
    machine.load_state_dict(tiny.state_dict())
    data, v = states(6).double()[[3, 17, 42]], states(6).double()
    h = states(4).double()
    z = (h @ machine.c + torch.nn.functional.softplus(h @ machine.W.T + machine.b).sum(1)).logsumexp(0)
    exact = torch.autograd.grad(machine.free_energy(data).mean() + z, machine.W)[0]
    p = (-machine.free_energy(v) - log_z(machine)).exp().detach()
    ours = torch.autograd.grad(machine.free_energy(data).mean() - (p * machine.free_energy(v)).sum(), machine.W)[0]
    assert torch.allclose(exact, ours)


def test_annealing_finds_the_sum_and_knows_its_error(tiny: Machine) -> None:
    estimate = annealed(tiny, torch.full((6,), 0.5).double(), 300, 400, generator(3))
    assert abs(estimate.log_z - log_z(tiny)) < 4 * estimate.error
    assert estimate.error < 0.05
    rough = annealed(tiny, torch.full((6,), 0.5).double(), 2, 400, generator(3))
    assert rough.error > 2 * estimate.error


def test_gibbs_comes_to_the_machines_own_distribution(tiny: Machine) -> None:
    random = generator(4)
    v = torch.zeros(6000, 6, dtype=torch.double)
    for _ in range(60):
        v, _ = tiny.gibbs(v, random)
    all_ = states(6).double()
    p = (-tiny.free_energy(all_) - log_z(tiny)).exp()
    assert v.mean(0).numpy() == pytest.approx((p @ all_).numpy(), abs=0.03)


@pytest.mark.parametrize("beta", [0.001, 0.05, 1.0])
def test_the_modern_update_is_attention(beta: float) -> None:
    patterns = torch.randint(2, (12, 784), generator=generator(0)).float() * 2 - 1
    s = torch.randn(5, 784, generator=generator(1))
    assert torch.allclose(hopfield.recalled(patterns, s, beta), hopfield.attended(patterns, s, beta), atol=1e-5)


def test_both_updates_go_downhill() -> None:
    patterns = torch.randint(2, (8, 784), generator=generator(0)).float() * 2 - 1
    weights = hopfield.hebbian(patterns)
    s = torch.randn(784, generator=generator(1)).sign()
    classic, modern = [hopfield.energy_classic(weights, s)], [hopfield.energy_modern(patterns, s, 0.02)]
    soft = s
    for group in torch.randperm(784, generator=generator(2)).tensor_split(8):
        s = hopfield.asked(weights, s, group)
        classic.append(hopfield.energy_classic(weights, s))
        soft = hopfield.recalled(patterns, soft[None], 0.02)[0]
        modern.append(hopfield.energy_modern(patterns, soft, 0.02))
    for energies in (classic, modern):
        assert all(after <= before + 1e-6 for before, after in itertools.pairwise(energies))
        assert energies[-1] < energies[0]
