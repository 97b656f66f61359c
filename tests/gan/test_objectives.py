"""The objectives against cases worked on paper, the WGAN-GP penalty against slopes that are known."""

from __future__ import annotations

import math
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from genai_demo.core.device import generator
from genai_demo.gan import points_options
from genai_demo.gan.objectives import LOSSES, OBJECTIVES, Objective, clip, gradient_penalty
from genai_demo.quality import laboratory

# Logits whose probabilities are simple: s(ln 3) = 3/4, s(0) = 1/2, s(-ln 3) = 1/4.
LN3, LN2 = math.log(3), math.log(2)
REAL, FAKE = [LN3, 0.0], [0.0, -LN3]

# loss of d = (-ln 3/4 - ln 1/2) / 2 + (-ln 1/2 - ln 3/4) / 2 = ln 8/3; slopes (s(real) - 1) / 2 and s(fake) / 2
ENTROPY = (math.log(8 / 3), [-1 / 8, -1 / 4], [1 / 4, 1 / 8])
PAPER_D: dict[str, tuple[float, list[float], list[float]]] = {
    "original": ENTROPY,
    "non-saturating": ENTROPY,
    # ((ln 3 - 1)^2 + 1) / 4 + (0 + ln(3)^2) / 4; slopes (real - 1) / 2, fake / 2
    "least squares": (((LN3 - 1) ** 2 + 1 + LN3**2) / 4, [(LN3 - 1) / 2, -1 / 2], [0.0, -LN3 / 2]),
    # max(0, 1 - ln 3) = 0, max(0, 1) = 1; max(0, 1 + 0) = 1, max(0, 1 - ln 3) = 0
    "hinge": (1.0, [0.0, -1 / 2], [1 / 2, 0.0]),
    "wasserstein": (-LN3, [-1 / 2, -1 / 2], [1 / 2, 1 / 2]),
    "wgan-gp": (-LN3, [-1 / 2, -1 / 2], [1 / 2, 1 / 2]),
}
PAPER_G: dict[str, tuple[float, list[float]]] = {
    "original": ((-LN2 + math.log(3 / 4)) / 2, [-1 / 4, -1 / 8]),  # ln(1 - s(fake)); slope -s(fake) / 2
    "non-saturating": ((LN2 + math.log(4)) / 2, [-1 / 4, -3 / 8]),  # -ln s(fake); slope (s(fake) - 1) / 2
    "least squares": ((1 + (1 + LN3) ** 2) / 4, [-1 / 2, -(1 + LN3) / 2]),
    "hinge": (LN3 / 2, [-1 / 2, -1 / 2]),
    "wasserstein": (LN3 / 2, [-1 / 2, -1 / 2]),
    "wgan-gp": (LN3 / 2, [-1 / 2, -1 / 2]),
}

each = pytest.mark.parametrize("objective", OBJECTIVES)


def leaf(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


@each
def test_the_discriminators_loss_and_slope_are_those_on_paper(objective: Objective) -> None:
    real, fake = leaf(REAL), leaf(FAKE)
    loss = LOSSES[objective].discriminator(real, fake)
    loss.backward()
    wanted, on_real, on_fake = PAPER_D[objective]
    assert loss.item() == pytest.approx(wanted, abs=1e-12)
    assert real.grad.tolist() == pytest.approx(on_real, abs=1e-12)
    assert fake.grad.tolist() == pytest.approx(on_fake, abs=1e-12)


@each
def test_the_generators_loss_and_slope_are_those_on_paper(objective: Objective) -> None:
    fake = leaf(FAKE)
    loss = LOSSES[objective].generator(fake)
    loss.backward()
    wanted, slope = PAPER_G[objective]
    assert loss.item() == pytest.approx(wanted, abs=1e-12)
    assert fake.grad.tolist() == pytest.approx(slope, abs=1e-12)


@each
def test_one_raises_the_real_and_lowers_the_fake_and_the_other_raises_it(objective: Objective) -> None:
    real, fake, made = leaf([0.2]), leaf([0.3]), leaf([0.3])
    LOSSES[objective].discriminator(real, fake).backward()
    LOSSES[objective].generator(made).backward()
    assert real.grad < 0 < fake.grad
    assert made.grad < 0


def test_where_the_discriminator_is_sure_the_original_generator_learns_nothing() -> None:
    """At logit -20: slope -s(-20) = -2e-9 against s(-20) - 1 = -1 (Goodfellow et al. 2014, section 3)."""
    slopes = {}
    for objective in ("original", "non-saturating"):
        fake = leaf([-20.0])
        LOSSES[objective].generator(fake).backward()
        slopes[objective] = fake.grad.item()
    assert slopes["original"] == pytest.approx(-math.exp(-20), rel=1e-6)
    assert slopes["non-saturating"] == pytest.approx(-1, rel=1e-6)


@each
def test_large_logits_give_finite_losses(objective: Objective) -> None:
    real, fake = torch.tensor([-1e4, 1e4]), torch.tensor([1e4, -1e4])
    assert math.isfinite(LOSSES[objective].discriminator(real, fake))
    assert math.isfinite(LOSSES[objective].generator(fake))


def batch(seed: int, n: int = 7) -> tuple[Tensor, Tensor, Tensor]:
    random = generator(seed)
    real, fake = (torch.randn(n, 2, generator=random, dtype=torch.float64) for _ in range(2))
    return real, fake, torch.rand(n, generator=random, dtype=torch.float64)


def test_the_penalty_of_a_linear_critic_is_how_far_its_slope_is_from_one() -> None:
    weight = torch.tensor([3.0, 4.0], dtype=torch.float64)  # |w| = 5, wherever one looks
    assert gradient_penalty(lambda x: x @ weight, *batch(0)).item() == pytest.approx(16)
    assert gradient_penalty(lambda x: x @ weight / 5, *batch(0)).item() == pytest.approx(0, abs=1e-12)


def test_the_penalty_of_a_square_critic_is_taken_between_real_and_fake() -> None:
    """d(x) = |x|^2 / 2 has the gradient x, so the penalty is the mean of (|x| - 1)^2 at the mixtures."""
    real, fake, mix = batch(1)
    x = mix[:, None] * real + (1 - mix[:, None]) * fake
    found = gradient_penalty(lambda x: x.square().sum(1) / 2, real, fake, mix)
    assert found.item() == pytest.approx((x.norm(dim=1) - 1).square().mean().item())
    at_real = gradient_penalty(lambda x: x.square().sum(1) / 2, real, fake, torch.ones_like(mix))
    assert at_real.item() == pytest.approx((real.norm(dim=1) - 1).square().mean().item())


def test_the_penalty_teaches_the_weights_of_a_linear_critic() -> None:
    """d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w|: with w = (3, 4) that is (4.8, 6.4)."""
    weight = leaf([3.0, 4.0])
    gradient_penalty(lambda x: x @ weight, *batch(2)).backward()
    assert weight.grad.tolist() == pytest.approx([4.8, 6.4])


def test_the_penalty_of_a_network_has_the_slope_that_small_differences_show() -> None:
    random = generator(3)
    critic = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1)).double()
    with torch.no_grad():
        for weight in critic.parameters():
            weight.copy_(torch.randn(weight.shape, generator=random, dtype=torch.float64))
    given = batch(3)

    def penalty() -> Tensor:
        return gradient_penalty(lambda x: critic(x)[:, 0], *given)

    first = critic[0].weight
    (slope,) = torch.autograd.grad(penalty(), first)
    for place in ((0, 0), (2, 1), (4, 0)):
        sides = []
        for shift in (1e-5, -1e-5):
            with torch.no_grad():
                first[place] += shift
            sides.append(penalty().item())
            with torch.no_grad():
                first[place] -= shift
        assert slope[place].item() == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-5)


def test_the_penalty_asks_nothing_of_the_generator() -> None:
    real, fake, mix = batch(4)
    fake.requires_grad_(True)
    weight = leaf([3.0, 4.0])
    gradient_penalty(lambda x: (x @ weight).square(), real, fake, mix).backward()
    assert fake.grad is None
    assert weight.grad.abs().sum() > 0


def test_the_penalty_takes_pictures_too() -> None:
    real, fake = torch.ones(3, 1, 4, 4), torch.zeros(3, 1, 4, 4)
    found = gradient_penalty(lambda x: x.flatten(1).sum(1), real, fake, torch.tensor([0.0, 0.5, 1.0]))
    assert found.item() == pytest.approx(9)  # the gradient is 1 in each of 16 pixels: length 4


def test_clipping_keeps_every_weight_within_the_limit_and_leaves_small_ones() -> None:
    critic = nn.Linear(3, 1)
    with torch.no_grad():
        critic.weight.copy_(torch.tensor([[-2.0, 0.005, 0.3]]))
        critic.bias.fill_(-0.5)
    clip(critic, 0.01)
    assert critic.weight.tolist()[0] == pytest.approx([-0.01, 0.005, 0.01])
    assert critic.bias.tolist() == pytest.approx([-0.01])


def test_the_options_name_all_objectives_and_all_sets() -> None:
    assert get_args(points_options.Objective) == OBJECTIVES
    assert get_args(points_options.PointSet) == laboratory.DATA
