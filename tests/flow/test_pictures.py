"""Glow and TarFlow: both can be undone, and their log-determinants are those that autograd finds."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from genai_demo.core.device import generator, seeded
from genai_demo.core.errors import DemoError
from genai_demo.flow import pictures
from genai_demo.flow.glow import Step
from genai_demo.flow.grey import Grey, dequantised
from genai_demo.flow.pictures import PictureFlow
from genai_demo.flow.tarflow import Block, TarflowConfig
from genai_demo.flow.train import TrainConfig, Training

TINY: dict[str, dict[str, Any]] = {
    "glow": {"fine_steps": 2, "fine_width": 8, "coarse_steps": 2, "coarse_width": 8},
    "tarflow": {"patches": (4, 4, 7), "layers": 1, "width": 16, "heads": 2},
}
COUNTS = torch.arange(256.0).flip(0).square()  # many dark pixels, few bright ones
each = pytest.mark.parametrize("kind", TINY)


def greys(n: int, seed: int = 0) -> Tensor:
    """Pictures with many equal pixels, dequantised, in double precision."""
    random = generator(seed)
    found = torch.randint(0, 256, (n, 28, 28), generator=random)
    return dequantised(torch.where(torch.rand(found.shape, generator=random) < 0.5, 0, found), random).double()


def flow(kind: str, shaken: float = 0.05) -> PictureFlow:
    """One whose weights are anything but the identity, in double precision."""
    with seeded(1):
        made = pictures.make(kind, TINY[kind], COUNTS).double()
        made.encode(greys(8), labels(8))  # actnorm finds its first values
        with torch.no_grad():
            for part in made.parameters():
                part.add_(shaken * torch.randn_like(part))
    return made.requires_grad_(False)


def labels(n: int) -> Tensor:
    return torch.arange(n) % 10


@each
def test_the_inverse_is_exact(kind: str) -> None:
    made, x, y = flow(kind), greys(4), labels(4)
    z, _ = made.encode(x, y)
    assert (made.decode(z, y) - x).abs().max() < 1e-5
    single = made.float()
    z, _ = single.encode(x.float(), y)
    assert (single.decode(z, y) - x).abs().max() < 1 / 256, "not even in single precision is a grey lost"


@each
def test_every_state_on_the_way_back_is_seen(kind: str) -> None:
    made, y = flow(kind), labels(2)
    states = list(made.undo(torch.zeros(2, 1, 28, 28, dtype=torch.double), y))
    assert len(states) == made.stops
    assert torch.equal(made.grey.inverse(states[-1][1]), made.decode(torch.zeros(2, 1, 28, 28).double(), y))


def determinant(found: Any, x: Tensor) -> Tensor:
    """log |det| of the derivatives of found at x, by autograd."""
    jacobian = torch.autograd.functional.jacobian(lambda one: found(one), x).reshape(x.numel(), x.numel())
    return torch.linalg.slogdet(jacobian)[1]


@each
def test_the_log_determinant_is_that_of_autograds_jacobian(kind: str) -> None:
    made, x, y = flow(kind), greys(1), labels(1)
    _, log_det = made.encode(x, y)
    assert torch.allclose(log_det, determinant(lambda one: made.encode(one, y)[0], x), atol=1e-6)


def test_a_step_of_glow_mixes_as_its_matrix_says() -> None:
    with seeded(0):
        step = Step(4, 8).double()
        h = torch.randn(3, 4, 6, 6, dtype=torch.double)
    step.requires_grad_(False)
    out, log_det = step(h)
    assert out.mean((0, 2, 3)).abs().max() < 1e-8, "actnorm, and a rotation"
    matrix, _ = step.mixing()
    assert torch.allclose(log_det, 36 * torch.linalg.slogdet(matrix)[1].expand(3))
    assert (step.inverse(out) - h).abs().max() < 1e-9


def test_a_block_reads_only_what_came_before() -> None:
    with seeded(0):
        block = Block(TarflowConfig(**TINY["tarflow"]), 7, 3, back=True)
        torch.nn.init.normal_(block.out.weight)
        x = torch.randn(1, 1, 28, 28)
    block.requires_grad_(False)
    tokens = block.tokens(x)
    assert torch.equal(block.picture(tokens), x)
    changed = tokens.clone()
    changed[:, 9] += 1
    one, other = (block.tokens(block(block.picture(each), labels(1))[0]) for each in (tokens, changed))
    assert torch.equal(one[:, :9], other[:, :9])
    assert (one[:, 10:] - other[:, 10:]).abs().min(2).values.min() > 0


def test_a_class_changes_tarflow_and_all_classes_are_asked_at_once() -> None:
    made, x = flow("tarflow"), greys(2)
    every = pictures.all_classes(made, x)
    assert every.shape == (2, 10)
    assert torch.allclose(every[1, 3], pictures.log_prob(made, x[1:], torch.tensor([3]))[0])
    assert every.std(1).min() > 0
    free = pictures.free_log_prob(made, x)
    assert torch.allclose(free, (every.exp().mean(1).log()).where(every.exp().mean(1) > 0, free))


def test_greys_become_normal_numbers_and_come_back() -> None:
    grey, x = Grey(COUNTS).double(), greys(3)
    z, log_det = grey(x)
    assert (grey.inverse(z) - x).abs().max() < 1e-9
    assert torch.allclose(log_det.sum(), determinant(lambda one: grey(one)[0], x[:1]) + log_det[1:].sum(), atol=1e-6)
    ramp = ((torch.arange(256 * 50, dtype=torch.double) + 0.5) / (256 * 50)).view(-1, 1, 1, 1)
    z, log_det = grey(ramp)
    assert (z.flatten().diff() > 0).all()
    shares = (COUNTS.double() + 1) / (COUNTS.double() + 1).sum()
    hills = [torch.distributions.Normal(*hill) for hill in ((-1.5, 0.5), (1.5, 1.0))]
    black, rest = (hill.log_prob(z.flatten()) - math.log(0.9772) for hill in hills)
    density = (torch.where(z.flatten() < -0.5, black + shares[0].log(), rest + (1 - shares[0]).log()) + log_det).exp()
    assert torch.allclose(density.view(256, 50).mean(1) / 256, shares, rtol=1e-3, atol=1e-7), (
        "two hills, as the histogram says"
    )
    assert pictures.bits(torch.zeros(1)) == 8, "even over all 256 greys is 8 bits"


def test_dequantised_greys_are_rounded_back_to_themselves() -> None:
    found = torch.randint(0, 256, (5, 28, 28), generator=generator(0), dtype=torch.uint8)
    assert (pictures.pixels(dequantised(found, generator(1))) == found.numpy()).all()


@each
def test_a_training_learns_and_goes_on_where_it_was(kind: str) -> None:
    images = torch.zeros(40, 28, 28, dtype=torch.uint8)
    images[:, 8:20, 8:20] = 200
    cfg = TrainConfig(kind, TINY[kind], steps=30, batch_size=8, warmup=5, learning_rate=3e-3)
    training, other = Training(cfg, COUNTS), Training(cfg, COUNTS)
    first = [training.advance(images, labels(40)) for _ in range(12)]
    state = copy.deepcopy(training.state())
    last = [training.advance(images, labels(40)) for _ in range(6)]
    assert last[-1] < first[0] - 0.3
    other.restore(state)
    assert [other.advance(images, labels(40)) for _ in range(6)] == pytest.approx(last, abs=1e-6)
    assert all(math.isfinite(value) for value in last)


def test_an_unknown_flow_is_refused() -> None:
    with pytest.raises(DemoError, match="choose one of glow, tarflow"):
        pictures.make("realnvp", {})
