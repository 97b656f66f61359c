"""Noise schedules and the levels a sampler visits, against diffusers where it has the same."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from diffusers import DDIMScheduler, DDPMScheduler, EulerDiscreteScheduler
from hypothesis import given, settings
from hypothesis import strategies as st

from genai_demo.diffusion.schedules import CEILING, T, alphas_cumprod, below, betas, from_ratios, grid, timesteps

SCHEDULES = ("cosine", "linear", "scaled_linear", "sigmoid")
THEIRS = ("trailing", "leading", "linspace")
SPACINGS = (*THEIRS, "karras", *(f"diffusers {name}" for name in THEIRS))
LIBRARY = {
    "cosine": {"beta_schedule": "squaredcos_cap_v2"},
    "linear": {"beta_schedule": "linear"},
    "scaled_linear": {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012},
    "sigmoid": {"beta_schedule": "sigmoid"},
}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_schedules_are_the_librarys(schedule: str) -> None:
    theirs = DDPMScheduler(**LIBRARY[schedule])
    assert np.allclose(betas(schedule), theirs.betas.numpy(), atol=1e-6)
    assert np.allclose(alphas_cumprod(schedule), theirs.alphas_cumprod.numpy(), atol=1e-6)


def test_an_unknown_schedule_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="hyperbolic"):
        betas("hyperbolic")


@pytest.mark.parametrize("spacing", ["trailing", "leading", "linspace"])
@pytest.mark.parametrize("steps", [1, 4, 10, 50, 1000])
def test_the_times_are_the_librarys(steps: int, spacing: str) -> None:
    theirs = DDPMScheduler(timestep_spacing=spacing)
    theirs.set_timesteps(steps)
    if (spacing, steps) == ("linspace", 1):  # the library's one step starts at the cleanest time
        assert timesteps(1, "linspace").tolist() == [0]
    else:
        assert timesteps(steps, spacing).tolist() == theirs.timesteps.tolist()


@pytest.mark.parametrize("spacing", THEIRS)
def test_the_times_named_after_the_library_are_its_at_every_count(spacing: str) -> None:
    theirs = DDIMScheduler(timestep_spacing=spacing)
    for steps in range(1, 201):
        theirs.set_timesteps(steps)
        listed = [t for t in theirs.timesteps.tolist() if t >= 0]  # trailing ends with a time of -1 at some counts
        assert timesteps(steps, f"diffusers {spacing}").tolist() == listed
        assert len(listed) == steps
        assert grid("cosine", steps, f"diffusers {spacing}").steps == steps


def test_our_times_are_others_at_some_counts() -> None:
    for spacing, steps in (("trailing", 48), ("leading", 7)):
        assert timesteps(steps, spacing).tolist() != timesteps(steps, f"diffusers {spacing}").tolist()
    every = range(1, 1001)
    assert all((timesteps(n, "linspace") == timesteps(n, "diffusers linspace")).all() for n in every)


def test_the_librarys_times_leave_out_no_noise() -> None:
    noisiest = math.sqrt(alphas_cumprod("cosine")[-1])
    assert grid("cosine", 7, "diffusers trailing").alpha[0] == pytest.approx(noisiest)
    assert grid("cosine", 7, "trailing").alpha[0] > noisiest


def test_times_begin_and_end_where_their_names_say() -> None:
    assert timesteps(4, "trailing").tolist() == [999, 749, 499, 249]
    assert timesteps(4, "leading").tolist() == [750, 500, 250, 0]
    assert timesteps(4, "linspace").tolist() == [999, 666, 333, 0]


@pytest.mark.parametrize("steps", [2, 10, 40])
def test_the_levels_of_karras_are_the_librarys(steps: int) -> None:
    theirs = EulerDiscreteScheduler(**LIBRARY["linear"], use_karras_sigmas=True)
    theirs.set_timesteps(steps)
    ours = grid("linear", steps, "karras")
    assert np.allclose([ours.ratio(i) for i in range(steps)], theirs.sigmas[:-1].numpy(), rtol=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SCHEDULES), st.sampled_from(SPACINGS), st.integers(1, 1000))
def test_every_grid_goes_from_noise_to_a_clean_picture(schedule: str, spacing: str, steps: int) -> None:
    levels = grid(schedule, steps, spacing)
    assert levels.steps == steps
    assert (levels.alpha[-1], levels.sigma[-1]) == (1.0, 0.0)
    assert all(one >= two for one, two in itertools.pairwise(levels.sigma))
    assert all(abs(a**2 + s**2 - 1) < 1e-9 for a, s in zip(levels.alpha, levels.sigma))
    if not spacing.startswith("diffusers"):
        assert levels.ratio(0) <= CEILING * (1 + 1e-9)
    assert 0 < levels.angle(0) < math.pi / 2


def test_only_the_noisiest_times_are_left_out() -> None:
    abar = alphas_cumprod("cosine")
    kept = int((np.sqrt((1 - abar) / abar) <= CEILING).sum())
    assert T - 10 < kept < T
    assert grid("cosine", 1).alpha[0] == pytest.approx(math.sqrt(abar[kept - 1]))
    assert grid("cosine", 1, ceiling=math.inf).alpha[0] == pytest.approx(math.sqrt(abar[-1]))


def test_decibels_and_angle_follow_from_the_level() -> None:
    levels = from_ratios(np.array([1.0, 0.1]))
    assert levels.angle(0) == pytest.approx(math.pi / 4)
    assert [levels.decibels(i) for i in (0, 1)] == pytest.approx([0.0, 20.0])
    assert levels.decibels(2) is None


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("ratio", [0.05, 1.0, 20.0])
@pytest.mark.parametrize("steps", [1, 10, 1000])
def test_a_grid_below_a_level_starts_exactly_there(schedule: str, ratio: float, steps: int) -> None:
    levels = below(schedule, ratio, steps)
    assert levels.steps == steps
    assert levels.ratio(0) == pytest.approx(ratio)
    assert all(one >= two for one, two in itertools.pairwise(levels.sigma))
    assert levels.sigma[-1] == 0
