"""Inpainting, super-resolution and repair: what is given stays, what is asked for is made; on a tiny network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.diffusion.samplers import SAMPLERS
from genai_demo.inputs.pictures import decode_picture, encode_picture

pytestmark = pytest.mark.usefixtures("runs_are_tiny")

RUNS = ("inpaint", "superres", "repair")


def frames(name: str, seed: int = 3, **options: Any) -> list[Any]:
    return list(run(Recipe(f"diffusion/{name}", {"steps": 4, "samples": 2, "picture": "sample:12", **options}, seed)))


@pytest.mark.parametrize("name", RUNS)
def test_frames_count_themselves(name: str) -> None:
    made = frames(name)
    assert [frame.index for frame in made] == list(range(5))
    assert {frame.total for frame in made} == {5}
    assert [frame.step for frame in made] == list(range(5))
    assert all(frame.x.shape == frame.x0.shape == (2, 28, 28) for frame in made)
    assert np.array_equal(made[-1].x, made[-1].x0)


@pytest.mark.parametrize("name", RUNS)
def test_the_seed_decides(name: str) -> None:
    one, again, other = (frames(name, seed=seed)[-1].x for seed in (3, 3, 4))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one[0], one[1])  # two answers, not one twice


@pytest.mark.parametrize("name", RUNS)
def test_a_run_stops_where_its_reader_does(name: str) -> None:
    made = run(Recipe(f"diffusion/{name}", {"steps": 4, "samples": 1}))
    next(made)
    made.close()
    with pytest.raises(StopIteration):
        next(made)


@pytest.mark.parametrize("resample", [1, 3])
def test_inpainting_keeps_every_known_pixel(resample: int) -> None:
    mask = np.zeros((28, 28), np.uint8)
    mask[5:20, 8:18] = 255
    last = frames("inpaint", mask=encode_picture(mask), resample=resample)[-1]
    picture = decode_picture("sample:12")
    for answer in last.x:
        assert np.array_equal(answer[mask == 0], picture[mask == 0])
        assert not np.array_equal(answer[mask > 0], picture[mask > 0])
    assert last.seam == 0
    assert last.evaluations == 4 * resample


def test_without_a_mask_the_right_half_is_painted() -> None:
    last = frames("inpaint")[-1]
    picture = decode_picture("sample:12")
    assert np.array_equal(last.x[0][:, :14], picture[:, :14])
    assert not np.array_equal(last.x[0][:, 14:], picture[:, 14:])
    assert np.array_equal(last.given[0][:, :14], picture[:, :14])
    assert len(np.unique(last.given[0][:, 14:])) == 1


def test_everything_may_be_painted_anew() -> None:
    last = frames("inpaint", mask=encode_picture(np.full((28, 28), 255, np.uint8)))[-1]
    assert last.seam == 0
    assert not np.array_equal(last.x[0], decode_picture("sample:12"))


def test_a_mask_without_white_is_refused() -> None:
    with pytest.raises(DemoError, match=r"^mask has no white pixel, .*; draw one, or leave it empty$"):
        frames("inpaint", mask=encode_picture(np.zeros((28, 28), np.uint8)))


@pytest.mark.parametrize("size", [4, 7, 14])
def test_the_enlarged_picture_shrinks_to_the_small_one(size: int) -> None:
    made = frames("superres", size=size)
    last, side = made[-1], 28 // size
    small = decode_picture("sample:12").reshape(size, side, size, side).mean((1, 3))
    assert np.abs(last.small[0] - small).max() <= 0.51
    assert all(frame.mismatch < 1e-4 for frame in made)
    for answer in last.x:  # pixels are whole numbers, so a mean of a block is off by a half at most
        shrunk = answer.reshape(size, side, size, side).mean((1, 3))
        assert np.abs(shrunk - small).max() < 0.51
    assert np.array_equal(last.blocks[0][::side, ::side], last.small[0])


def test_all_answers_of_a_repair_start_from_one_noised_picture() -> None:
    made = frames("repair", noise=0.5)
    assert np.array_equal(made[0].x[0], made[0].x[1])
    assert made[0].spread == pytest.approx(0, abs=1e-5)
    assert made[-1].spread > 0
    assert made[0].ratio == pytest.approx(0.5)
    assert made[-1].ratio == 0
    noise = made[0].noised[0].astype(float) - decode_picture("sample:12")
    assert 0 < np.abs(noise).mean() < 0.5 * 127.5


def test_more_noise_leaves_less_of_the_picture() -> None:
    little, much = (frames("repair", noise=noise, sampler="ddim")[0] for noise in (0.05, 5.0))
    picture = decode_picture("sample:12").astype(float)
    assert np.abs(little.noised[0] - picture).mean() < 10 < np.abs(much.noised[0] - picture).mean()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_repair_with_every_sampler(sampler: str) -> None:
    last = frames("repair", sampler=sampler)[-1]
    assert last.evaluations == (7 if sampler == "heun" else 4)
    assert (last.spread > 1e-3) == (sampler == "ddpm")  # the others follow one path from one start


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"picture": "sample:123"}, "picture is sample:123; choose sample:0 to sample:99"),
        ({"picture": ""}, "picture is empty; draw one"),
        ({"picture": "A" * 7000}, "picture has 7000 characters; the limit is 6000"),
        ({"samples": 17}, "samples is 17; choose a whole number from 1 to 16"),
    ],
)
def test_what_can_not_be_had_is_said_in_one_sentence(name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(DemoError) as caught:
        frames(name, **options)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("superres", {"size": 5}, "size is 5; choose one of 4, 7, 14"),
        ("repair", {"noise": 0}, "noise is 0; choose a number from 0.05 to 20"),
        ("inpaint", {"resample": 11}, "resample is 11; choose a whole number from 1 to 10"),
    ],
)
def test_limits_of_one_run(name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(DemoError) as caught:
        frames(name, **options)
    assert str(caught.value).startswith(said)
