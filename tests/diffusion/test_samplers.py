"""The samplers written here against the schedulers of diffusers; guidance against its formula."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
)
from torch import Tensor, nn

from genai_demo.diffusion.guide import Guide, Noise, shown
from genai_demo.diffusion.model import NULL
from genai_demo.diffusion.samplers import SAMPLERS, Step, ddim, evaluations
from genai_demo.diffusion.schedules import CEILING, Grid, T, alphas_cumprod, betas, grid, timesteps

CLOSE = 1e-4  # largest difference in a pixel of about -1..1, single precision


class Toy(nn.Module):
    """(x, angle, label) -> v: two fixed convolutions; it counts how many pictures it was asked about."""

    shape = (1, 6, 6)
    classes = 10

    def __init__(self) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(1)
        self.first = nn.Parameter(0.3 * torch.randn(4, 1, 3, 3, generator=random), requires_grad=False)
        self.second = nn.Parameter(0.3 * torch.randn(1, 4, 3, 3, generator=random), requires_grad=False)
        self.calls: list[int] = []

    def forward(self, x: Tensor, angle: Tensor, label: Tensor) -> Tensor:
        self.calls.append(len(x))
        shift = (torch.cos(angle) + 0.3 * torch.sin(label.float())).view(-1, 1, 1, 1)
        h = torch.tanh(nn.functional.conv2d(x, self.first, padding=1) + shift)
        return nn.functional.conv2d(h, self.second, padding=1) + 0.3 * shift


def guess(clip: bool = False) -> Guide:
    return Guide(Toy(), [3, NULL], 1.0, clip=clip)


def start() -> Tensor:
    return torch.randn(2, *Toy.shape, generator=torch.Generator().manual_seed(7))


def draws(seed: int = 11) -> tuple[torch.Generator, Any]:
    random = torch.Generator().manual_seed(seed)
    return random, lambda: torch.randn(2, *Toy.shape, generator=random)


def last(steps: Any) -> Step:
    return list(steps)[-1]


def settings(schedule: str) -> dict[str, Any]:
    """The schedule as diffusers takes it, without the times that `grid` leaves out."""
    abar = alphas_cumprod(schedule)
    kept = int((((1 - abar) / abar) ** 0.5 <= CEILING).sum())
    return {"num_train_timesteps": kept, "trained_betas": betas(schedule)[:kept], "prediction_type": "v_prediction"}


def velocity(toy: Toy, x: Tensor, angle: float) -> Tensor:
    return toy(x, torch.full((2,), angle), torch.tensor([3, NULL]))


def walk_times(scheduler: Any, steps: int, **extra: Any) -> Tensor:
    """The library's loop for schedulers whose samples are x_t."""
    toy, x = Toy(), start()
    scheduler.set_timesteps(steps)
    for t in scheduler.timesteps:
        abar = float(scheduler.alphas_cumprod[int(t)])
        v = velocity(toy, x, math.atan2(math.sqrt(1 - abar), math.sqrt(abar)))
        x = scheduler.step(v, t, x, **extra).prev_sample
    return x


def walk_sigmas(scheduler: Any, steps: int, shrunk: bool) -> Tensor:
    """The library's loop where noise levels are sigma / alpha; without `shrunk` its samples are x_t / alpha."""
    toy = Toy()
    scheduler.set_timesteps(steps)
    x = start() if shrunk else start() * (1 + scheduler.sigmas[0] ** 2).sqrt()
    for i, t in enumerate(scheduler.timesteps):
        seen = scheduler.scale_model_input(x, t)
        x = scheduler.step(velocity(toy, seen, math.atan(float(scheduler.sigmas[i]))), t, x).prev_sample
    return x


def far(ours: Tensor, theirs: Tensor) -> float:
    """Largest difference; as a share of the largest pixel where two steps of Heun overshoot to hundreds."""
    assert torch.isfinite(ours).all()
    return float((ours - theirs).abs().max() / theirs.abs().max().clamp(min=1))


@pytest.mark.parametrize("schedule", ["linear", "cosine", "scaled_linear"])
@pytest.mark.parametrize("steps", [1, 4, 20, 40])
def test_ddpm_is_the_librarys(schedule: str, steps: int) -> None:
    scheduler = DDPMScheduler(**settings(schedule), clip_sample=False, timestep_spacing="trailing")
    theirs = walk_times(scheduler, steps, generator=draws()[0])
    ours = last(SAMPLERS["ddpm"](guess(), start(), grid(schedule, steps), draws()[1]))
    assert far(ours.after, theirs) < CLOSE


@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
@pytest.mark.parametrize(("schedule", "steps"), [("linear", 4), ("linear", 20), ("scaled_linear", 50)])
def test_ddim_is_the_librarys(schedule: str, steps: int, eta: float) -> None:
    scheduler = DDIMScheduler(**settings(schedule), clip_sample=False, timestep_spacing="trailing")
    theirs = walk_times(scheduler, steps, eta=eta, generator=draws()[0])
    ours = last(ddim(guess(), start(), grid(schedule, steps), draws()[1], eta=eta))
    assert far(ours.after, theirs) < CLOSE


@pytest.mark.parametrize("spacing", ["trailing", "leading", "linspace"])
@pytest.mark.parametrize("steps", [7, 37, 61])
def test_ddim_at_the_librarys_own_times_is_the_librarys(steps: int, spacing: str) -> None:
    """The library's step leads to t - T // n: n is set so that this is the next time listed, which ours goes to."""
    scheduler = DDIMScheduler(beta_schedule="linear", prediction_type="v_prediction", clip_sample=False)
    times = [*timesteps(steps, f"diffusers {spacing}").tolist(), -1]
    toy, x = Toy(), start()
    for t, following in itertools.pairwise(times):
        scheduler.num_inference_steps = Fraction(T, t - following)
        abar = float(scheduler.alphas_cumprod[t])
        v = velocity(toy, x, math.atan2(math.sqrt(1 - abar), math.sqrt(abar)))
        x = scheduler.step(v, t, x).prev_sample
    ours = last(ddim(guess(), start(), grid("linear", steps, f"diffusers {spacing}"), draws()[1]))
    assert far(ours.after, x) < CLOSE


def test_ddim_with_clipped_guesses_is_the_librarys() -> None:
    scheduler = DDIMScheduler(**settings("linear"), clip_sample=True, timestep_spacing="trailing")
    theirs = walk_times(scheduler, 20, eta=0.5, use_clipped_model_output=True, generator=draws()[0])
    ours = last(ddim(guess(clip=True), start(), grid("linear", 20), draws()[1], eta=0.5))
    assert far(ours.after, theirs) < CLOSE
    assert ours.x0.abs().max() <= 1


@pytest.mark.parametrize("schedule", ["linear", "cosine", "scaled_linear"])
@pytest.mark.parametrize("spacing", ["trailing", "karras"])
@pytest.mark.parametrize("steps", [2, 5, 20])
@pytest.mark.parametrize("name", ["euler", "heun", "dpm"])
def test_the_fast_ones_are_the_librarys(name: str, steps: int, spacing: str, schedule: str) -> None:
    common = settings(schedule) | {"timestep_spacing": "trailing"}
    if spacing == "karras":  # the library spreads them between its own first and last level: all times, that is
        common |= {"use_karras_sigmas": True, "timestep_spacing": "linspace"}
    scheduler = {
        "euler": lambda: EulerDiscreteScheduler(**common),
        "heun": lambda: HeunDiscreteScheduler(**common),
        "dpm": lambda: DPMSolverMultistepScheduler(**common, algorithm_type="dpmsolver++", solver_order=2),
    }[name]()
    theirs = walk_sigmas(scheduler, steps, shrunk=name == "dpm")
    asked = guess()
    ours = last(SAMPLERS[name](asked, start(), grid(schedule, steps, spacing), draws()[1]))
    assert far(ours.after, theirs) < CLOSE
    assert asked.evaluations == evaluations(name, steps) == len(scheduler.timesteps)


def test_a_ddim_step_is_an_euler_step() -> None:
    ours = (last(SAMPLERS[name](guess(), start(), grid("cosine", 12), draws()[1])) for name in ("ddim", "euler"))
    one, other = (step.after for step in ours)
    assert far(one, other) < CLOSE


def test_ddim_with_all_noise_fresh_is_ddpm() -> None:
    one = last(ddim(guess(), start(), grid("cosine", 12), draws()[1], eta=1.0))
    other = last(SAMPLERS["ddpm"](guess(), start(), grid("cosine", 12), draws()[1]))
    assert far(one.after, other.after) < CLOSE


@pytest.mark.parametrize("name", list(SAMPLERS))
def test_a_run_taken_up_half_way_ends_the_same(name: str) -> None:
    levels, (_, noise) = grid("cosine", 10), draws()
    whole = [step.after for step in SAMPLERS[name](guess(), start(), levels, noise)]
    _, noise = draws()
    steps = SAMPLERS[name](guess(), start(), levels, noise)
    fourth = [next(steps) for _ in range(4)][-1]
    rest = list(SAMPLERS[name](guess(), fourth.after, levels, noise, begin=4, before=fourth.x0))
    assert [step.i for step in rest] == list(range(4, 10))
    assert torch.equal(rest[-1].after, whole[-1])


@pytest.mark.parametrize("name", list(SAMPLERS))
def test_a_perfect_guess_leads_to_the_picture(name: str) -> None:
    """Where the network knows the clean picture, every sampler ends exactly there."""
    picture = torch.full((2, *Toy.shape), 0.25)
    end = last(SAMPLERS[name](partial(_knows, picture), start(), grid("cosine", 7), draws()[1]))
    assert torch.allclose(end.after, picture, atol=1e-4)


def _knows(picture: Tensor, x: Tensor, angle: float) -> tuple[Tensor, Tensor]:
    return picture, (x - math.cos(angle) * picture) / math.sin(angle)


@pytest.mark.parametrize(
    ("name", "spacing"),
    [
        *((name, "trailing") for name in SAMPLERS),
        *(("ddim", spacing) for spacing in ("leading", "linspace", "diffusers trailing", "diffusers leading")),
        *((name, "karras") for name in ("heun", "dpm")),
    ],
)
def test_a_thousand_steps_go_through(name: str, spacing: str) -> None:
    """The noisiest times of "cosine" are left out, so a thousand steps visit some level twice."""
    end = last(SAMPLERS[name](guess(), start(), grid("cosine", 1000, spacing), draws()[1]))
    assert end.i == 999
    assert torch.isfinite(end.after).all()


def test_every_step_says_what_the_network_saw() -> None:
    levels: Grid = grid("cosine", 6)
    steps = list(SAMPLERS["ddim"](guess(), start(), levels, draws()[1]))
    for i, step in enumerate(steps):
        assert torch.allclose(step.x, levels.alpha[i] * step.x0 + levels.sigma[i] * step.eps, atol=1e-5)
    assert all(torch.equal(one.after, two.x) for one, two in itertools.pairwise(steps))


def test_guidance_follows_its_formula() -> None:
    toy, x, angle, scale = Toy(), start(), 0.9, 3.5
    x0, eps = Guide(toy, [3, 5], scale, clip=False)(x, angle)
    angles = torch.full((2,), angle)
    given, free = toy(x, angles, torch.tensor([3, 5])), toy(x, angles, torch.tensor([NULL, NULL]))
    v = free + scale * (given - free)
    assert torch.allclose(x0, math.cos(angle) * x - math.sin(angle) * v, atol=1e-5)
    assert torch.allclose(eps, math.sin(angle) * x + math.cos(angle) * v, atol=1e-5)


@pytest.mark.parametrize(
    ("classes", "scale", "asked"),
    [([3, 5], 1.0, 2), ([3, 5], 0.0, 2), ([NULL, NULL], 3.0, 2), ([3, 5], 2.0, 4), ([3, NULL], 2.0, 4)],
)
def test_guidance_asks_twice_only_where_it_must(classes: list[int], scale: float, asked: int) -> None:
    toy = Toy()
    guide = Guide(toy, classes, scale)
    guide(start(), 0.9)
    assert toy.calls == [asked]
    assert guide.evaluations == asked // 2


def test_guidance_of_zero_ignores_the_class() -> None:
    one, other, free = (Guide(Toy(), [k, k], 0.0)(start(), 0.9)[0] for k in (3, 5, NULL))
    assert torch.equal(one, other)
    assert torch.equal(one, free)
    assert not torch.equal(*(Guide(Toy(), [k, k], 1.0)(start(), 0.9)[0] for k in (3, 5)))


@pytest.mark.parametrize("scale", [0.0, 1.0, 2.5])
def test_the_planes_change_nothing(scale: float) -> None:
    plain, shown_too = (Guide(Toy(), [3, 5], scale, planes=planes) for planes in (False, True))
    assert torch.allclose(plain(start(), 0.9)[0], shown_too(start(), 0.9)[0], atol=1e-5)
    assert plain.halves is None
    given, free = shown_too.halves or (None, None)
    assert given is not None
    assert not torch.equal(given, free)


def test_a_clipped_guess_still_explains_what_was_seen() -> None:
    x, angle = 3 * start(), 0.7
    x0, eps = Guide(Toy(), [3, 5], 4.0, clip=True)(x, angle)
    assert x0.abs().max() <= 1
    assert torch.allclose(x, math.cos(angle) * x0 + math.sin(angle) * eps, atol=1e-5)


def test_noise_of_a_sample_does_not_depend_on_its_neighbours() -> None:
    few, many = Noise(5, 2, (1, 4, 4)), Noise(5, 6, (1, 4, 4))
    for _ in range(3):
        assert torch.equal(few(), many()[:2])
    drawn = many()
    assert abs(float(drawn.mean())) < 0.3
    assert len({float(picture.sum()) for picture in drawn}) == 6


def test_a_copied_stream_goes_on_as_the_first_would() -> None:
    noise = Noise(5, 2, (1, 4, 4))
    noise()
    other = noise.copy()
    assert torch.equal(noise(), other())
    assert torch.equal(noise(), other())


@pytest.mark.parametrize("total", [1, 2, 99, 100, 101, 1001])
def test_shown_moments_keep_first_and_last(total: int) -> None:
    moments = shown(total)
    assert {0, total - 1} <= moments <= set(range(total))
    assert len(moments) == min(total, 100)
