"""The runs that make pictures or look into the process, through run(recipe), on a tiny network."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import arrays, numbers, pack
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.diffusion.samplers import SAMPLERS
from genai_demo.inputs.pictures import decode_picture

pytestmark = pytest.mark.usefixtures("runs_are_tiny")

FEW: dict[str, dict[str, Any]] = {
    "denoise": {"steps": 4, "samples": 2},
    "fork": {"steps": 5, "fork": 2, "samples": 2},
    "compare": {"steps": 3, "other_steps": 5, "samples": 2},
    "error": {"most": 4, "reference": 20, "samples": 1},
    "forward": {"steps": 5},
}
COUNTS = {"denoise": 5, "fork": 6, "compare": 6, "error": 3, "forward": 5}


def frames(name: str, seed: int = 3, **options: Any) -> list[Any]:
    return list(run(Recipe(f"diffusion/{name}", {**FEW[name], **options}, seed)))


@functools.cache
def usual(name: str) -> tuple[Any, ...]:
    """The frames of FEW, made once."""
    return tuple(frames(name))


def same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(one) == len(other) and all(
        all(np.array_equal(a, arrays(y)[name]) for name, a in arrays(x).items()) and numbers(x) == numbers(y)
        for x, y in zip(one, other)
    )


@pytest.mark.parametrize("name", FEW)
def test_frames_count_themselves_and_can_be_sent(name: str) -> None:
    made = usual(name)
    assert [frame.index for frame in made] == list(range(COUNTS[name]))
    assert {frame.total for frame in made} == {COUNTS[name]}
    for frame in made:
        assert type(frame).__dataclass_params__.frozen
        assert pack(pickle.loads(pickle.dumps(frame))) == pack(frame)
        for picture in arrays(frame).values():
            assert picture.dtype == np.uint8
            assert picture.shape[1:3] == (28, 28)


@pytest.mark.parametrize("name", FEW)
def test_the_seed_decides_and_nothing_else(name: str) -> None:
    few = {"label": "any", "samples": 1} if name == "error" else {}
    first = frames(name, **few)
    assert same(first, frames(name, **few))
    assert not same(first, frames(name, seed=4, **few))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_denoise_with_every_sampler(sampler: str) -> None:
    made = frames("denoise", sampler=sampler)
    asked = 2 * (7 if sampler == "heun" else 4)  # with and without the class
    assert made[-1].evaluations == asked
    assert made[-1].sigma == 0
    assert made[-1].decibels is None
    assert [frame.step for frame in made] == list(range(5))
    assert np.array_equal(made[-1].x, made[-1].x0)


def test_the_first_pictures_do_not_depend_on_how_many_are_made() -> None:
    two, five = (frames("denoise", samples=count, sampler="ddpm")[-1].x for count in (2, 5))
    assert np.abs(two.astype(int) - five[:2]).max() <= 1


def test_class_guidance_and_fresh_noise_each_change_the_pictures() -> None:
    plain = frames("denoise")[-1].x
    for change in ({"label": "bag"}, {"guidance_scale": 8.0}, {"eta": 1.0}, {"sampler": "heun"}, {"steps": 5}):
        assert not np.array_equal(frames("denoise", **change)[-1].x, plain), change


def test_guidance_of_zero_makes_the_same_of_every_class() -> None:
    bag, dress = (frames("denoise", label=label, guidance_scale=0)[-1].x for label in ("bag", "dress"))
    assert np.array_equal(bag, dress)


def test_planes_show_both_guesses_and_change_no_picture() -> None:
    plain, shown = frames("denoise"), frames("denoise", planes=True)
    assert plain[0].given is None
    assert np.array_equal(plain[-1].x, shown[-1].x)
    assert shown[0].given.shape == shown[0].free.shape == (2, 28, 28)
    assert shown[0].gap.shape == (2, 28, 28, 3)
    assert not np.array_equal(shown[1].given, shown[1].free)


def test_a_long_run_shows_a_hundred_frames_and_computes_them_all() -> None:
    made = frames("denoise", steps=150, samples=1, label="any")
    assert len(made) == made[0].total == 100
    assert (made[0].step, made[-1].step, made[-1].evaluations) == (0, 150, 150)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("at", [0, 2, 5])
def test_branch_a_of_a_fork_is_the_plain_run(sampler: str, at: int) -> None:
    common = {"steps": 5, "samples": 2, "sampler": sampler, "label": "t-shirt"}
    plain = frames("denoise", **common)
    forked = frames("fork", **common, fork=at, other_seed=9)
    assert len(plain) == len(forked)
    for one, two in zip(plain, forked):
        assert np.array_equal(one.x, two.a)
        assert np.array_equal(one.x0, two.a_x0)


def test_branches_part_at_the_fork_and_not_before() -> None:
    made = frames("fork", fork=3)
    assert all(frame.apart == 0 and np.array_equal(frame.a, frame.b) for frame in made[:4])
    assert all(frame.apart > 0 for frame in made[4:])
    assert not np.array_equal(made[3].a_x0, made[3].b_x0)  # the same picture, asked about with another class


@pytest.mark.parametrize("sampler", ["ddim", "ddpm", "dpm"])
def test_a_fork_that_changes_nothing_stays_one(sampler: str) -> None:
    made = frames("fork", sampler=sampler, other_label="t-shirt")
    assert all(frame.apart == 0 for frame in made)


@pytest.mark.parametrize("at", [0, 3])
def test_other_noise_alone_parts_the_branches(at: int) -> None:
    made = frames("fork", fork=at, other_label="t-shirt", other_seed=9)
    assert made[at].apart > 0
    assert not np.array_equal(made[-1].a, made[-1].b)


def test_a_fork_past_the_end_is_refused() -> None:
    with pytest.raises(DemoError, match=r"^fork is 6; this run has 5 steps, choose 0 to 5$"):
        frames("fork", fork=6)


def test_two_samplers_start_from_the_same_noise_and_end_together() -> None:
    made = frames("compare")
    assert np.array_equal(made[0].a, made[0].b)
    assert (made[-1].a_sigma, made[-1].b_sigma) == (0, 0)
    assert (made[-1].a_evaluations, made[-1].b_evaluations) == (6, 10)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_sampler_compared_with_itself_is_never_apart(sampler: str) -> None:
    made = frames("compare", sampler=sampler, other=sampler, steps=4, other_steps=4)
    assert all(frame.apart == 0 for frame in made)
    plain = frames("denoise", sampler=sampler, steps=4)
    assert np.array_equal(made[-1].a, plain[-1].x)


def test_error_falls_with_the_number_of_evaluations() -> None:
    made = frames("error", most=16, label="any", spacing="trailing")
    assert [frame.budget for frame in made] == [1, 2, 4, 8, 16]
    assert made[-1].ddim_error < made[0].ddim_error - 0.5
    assert made[-1].dpm_error < made[-1].ddim_error  # second order against first
    assert all(frame.euler_gap < 1e-3 for frame in made)
    assert made[0].fine == 39


@pytest.mark.parametrize("way", ["at once", "step by step"])
def test_forward_goes_from_the_picture_to_noise(way: str) -> None:
    made = frames("forward", way=way, picture="sample:12")
    assert (made[0].t, made[-1].t) == (0, 1000)
    assert np.array_equal(made[0].x[0], decode_picture("sample:12"))
    assert np.array_equal(made[0].x0, made[0].given)
    assert made[0].decibels is None
    assert made[-1].alpha < 0.01
    assert all(one.sigma < two.sigma for one, two in itertools.pairwise(made))


def test_both_ways_forward_have_the_same_spread() -> None:
    """Both draw from q(x_t | x_0); the noise that is in x is standard normal either way."""
    for way in ("at once", "step by step"):
        middle = frames("forward", way=way)[2].eps.astype(float)
        assert abs(middle.mean() - 127.5) < 8
        assert abs(middle.std() - 127.5 / 3) < 5


def test_a_run_stops_where_its_reader_does() -> None:
    for name in FEW:
        made = run(Recipe(f"diffusion/{name}", FEW[name]))
        assert next(made).index == 0
        made.close()
        with pytest.raises(StopIteration):
            next(made)
    assert same(frames("denoise"), usual("denoise"))


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("denoise", {"steps": 0}, "steps is 0; choose a whole number from 1 to 1000"),
        ("denoise", {"samples": 26}, "samples is 26; choose a whole number from 1 to 25"),
        ("denoise", {"label": "hat"}, "label is hat; choose one of each class, any"),
        ("denoise", {"guidance_scale": float("nan")}, "guidance_scale is nan; choose a number from 0 to 20"),
        ("denoise", {"sampler": "magic"}, "sampler is magic; choose one of ddim"),
        ("compare", {"other_steps": 2000}, "other_steps is 2000; choose a whole number from 1 to 1000"),
        ("error", {"most": 17}, "most is 17; choose one of 4, 16, 32, 64, 128"),
        ("forward", {"picture": "sample:100"}, "picture is sample:100; choose sample:0 to sample:99"),
        ("forward", {"picture": "no picture!"}, "picture is no base64 text"),
        ("fork", {"speed": 2}, "speed is not an option here"),
    ],
)
def test_what_can_not_be_had_is_said_in_one_sentence(name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(DemoError) as caught:
        frames(name, **options)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_frames_hold_nothing_but_arrays_and_plain_values() -> None:
    for name in FEW:
        for field in dataclasses.fields(frame := usual(name)[-1]):
            assert isinstance(getattr(frame, field.name), (np.ndarray, int, float, type(None)))


@pytest.mark.parametrize("steps", [7, 37])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_librarys_own_times_make_pictures(sampler: str, steps: int) -> None:
    made = frames("denoise", spacing="diffusers trailing", steps=steps, sampler=sampler)
    assert [frame.index for frame in made] == list(range(made[0].total))
    assert (made[0].step, made[-1].step) == (0, steps)
    assert made[-1].sigma == 0
    assert all(np.isfinite([value for value in numbers(frame).values() if value is not None]).all() for frame in made)
