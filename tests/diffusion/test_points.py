"""Diffusion on 2-D points: against a Gaussian, whose velocity, score and density are known, and as a run."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import pack
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.diffusion import points
from genai_demo.diffusion.options import PointsOptions
from genai_demo.diffusion.samplers import ddim
from genai_demo.diffusion.schedules import grid
from genai_demo.inputs.points import encode_points
from genai_demo.quality.laboratory import LIMIT, SHOWN

MEAN, SPREAD = torch.tensor([0.4, -0.3]), 0.25
SHORT = {"train_steps": 60, "steps": 6, "samples": 40, "width": 32}


class Exact(nn.Module):
    """The best possible network where the data is N(MEAN, SPREAD ** 2)."""

    def forward(self, x: Tensor, angle: Tensor) -> Tensor:
        alpha, sigma = angle.cos()[:, None], angle.sin()[:, None]
        variance = (alpha * SPREAD) ** 2 + sigma**2  # of x
        x0 = MEAN + alpha * SPREAD**2 / variance * (x - alpha * MEAN)
        return (alpha * x - x0) / sigma


@pytest.fixture(scope="module")
def learnt() -> nn.Module:
    """A network that learnt that Gaussian from points alone."""
    random = generator(0)
    data = MEAN + SPREAD * torch.randn(4000, 2, generator=random)
    options = PointsOptions(train_steps=300, width=64)
    return list(points.train(data, options, 100, random))[-1][2]


def noise_of(count: int, seed: int = 0):
    random = generator(seed)
    return lambda: torch.randn(count, 2, generator=random)


def test_langevin_reaches_the_gaussian_whose_score_it_follows() -> None:
    noise, levels = noise_of(4000), points.langevin_levels(40)
    steps = list(points.langevin(points.guess(Exact()), noise() * levels.sigma[0], levels, noise, inner=20))
    assert len(steps) == 40
    made = steps[-1].after
    assert made.mean(0).tolist() == pytest.approx(MEAN.tolist(), abs=0.02)
    assert made.std(0).tolist() == pytest.approx([SPREAD, SPREAD], rel=0.06)  # its steps have a size, so not exactly
    assert abs(float(torch.corrcoef(made.T)[0, 1])) < 0.06


def test_langevin_stays_at_the_density_of_one_noise_level() -> None:
    """Many moves at one level: the variance is the data's and the noise's together, and STRIDE / 4 of the noise."""
    ratio, noise = 0.5, noise_of(4000)
    levels = points.from_ratios(np.array([ratio]))
    (step,) = points.langevin(points.guess(Exact()), noise(), levels, noise, inner=150)
    expected = math.sqrt(SPREAD**2 + ratio**2)  # in y = x / alpha, which the clean level shows
    assert step.after.mean(0).tolist() == pytest.approx(MEAN.tolist(), abs=0.04)
    assert step.after.std(0).tolist() == pytest.approx([expected, expected], rel=0.05)


def test_langevin_levels_are_a_geometric_series_and_then_none() -> None:
    levels = points.langevin_levels(5)
    ratios = [levels.ratio(i) for i in range(5)]
    assert ratios[0] == pytest.approx(points.RATIOS[0])
    assert ratios[-1] == pytest.approx(points.RATIOS[1])
    assert np.ptp(np.diff(np.log(ratios))) < 1e-9
    assert levels.sigma[5] == 0


@pytest.mark.parametrize("angle", [0.2, 0.7, 1.3])
def test_the_network_learns_the_velocity_of_a_gaussian(learnt: nn.Module, angle: float) -> None:
    alpha, sigma = math.cos(angle), math.sin(angle)
    x = alpha * (MEAN + SPREAD * noise_of(500)()) + sigma * noise_of(500, 1)()
    exact = points.velocity(Exact(), x, angle)
    gap = (points.velocity(learnt, x, angle) - exact).square().mean() / exact.square().mean()
    assert float(gap) < 0.05


def test_samples_of_the_learnt_network_are_that_gaussian(learnt: nn.Module) -> None:
    noise = noise_of(1000)
    made = list(ddim(points.guess(learnt), noise(), grid("cosine", 30), noise))[-1].after
    assert made.mean(0).tolist() == pytest.approx(MEAN.tolist(), abs=0.06)
    assert made.std(0).tolist() == pytest.approx([SPREAD, SPREAD], rel=0.2)


@pytest.mark.parametrize(("steps", "close"), [(points.FLOW_STEPS, 0.2), (300, 0.05)])
@pytest.mark.parametrize("angle", [0.05, 0.4, 1.0])
def test_the_density_of_the_flow_is_that_of_the_gaussian(
    angle: float, steps: int, close: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(points, "FLOW_STEPS", steps)
    found = points.flow_density(Exact(), angle)
    variance = (math.cos(angle) * SPREAD) ** 2 + math.sin(angle) ** 2
    cell = 2 * LIMIT / points.CELLS
    line = (np.arange(points.CELLS) + 0.5) * cell - LIMIT
    x, y = np.meshgrid(line, line[::-1])  # row 0 at the top
    cx, cy = (math.cos(angle) * MEAN).tolist()
    exact = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * variance)) / (2 * math.pi * variance)
    assert np.abs(found - exact).max() < close * exact.max()
    assert np.unravel_index(found.argmax(), found.shape) == pytest.approx(
        np.unravel_index(exact.argmax(), exact.shape), abs=1
    )


def test_arrows_point_to_less_noise_and_never_cross_a_neighbour() -> None:
    field = points.arrows(Exact(), 0.3)
    score = points.arrows(Exact(), 0.3, along_score=True)
    at, way = field[:, :2], field[:, 2:]
    assert field.shape == (points.ARROWS**2, 4)
    assert np.linalg.norm(way, axis=1).max() < 2 * LIMIT / points.ARROWS
    far = np.linalg.norm(at - MEAN.numpy(), axis=1) > 0.8
    for name, arrows in (("velocity", way), ("score", score[:, 2:])):
        towards = ((MEAN.numpy() - at) * arrows).sum(1)
        assert (towards[far] > 0).all(), name


@pytest.mark.parametrize("sampler", ["ddim", "ddpm", "euler", "heun", "dpm", "langevin"])
def test_a_run_trains_and_then_samples(sampler: str) -> None:
    frames = list(run(Recipe("diffusion/points", {**SHORT, "sampler": sampler, "data": "ring", "inner": 2})))
    phases = [frame.phase for frame in frames]
    trained = phases.count("training")
    assert phases == ["training"] * trained + ["sampling"] * 7
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert {frame.total for frame in frames} == {len(frames)}
    first, last = frames[0], frames[-1]
    assert first.real.shape == (SHOWN, 2)
    assert all(frame.real is None for frame in frames[1:])  # it stays as it was shown
    assert all(frame.loss > 0 for frame in frames[:trained])
    assert all(frame.loss is None and frame.made.shape == (40, 2) for frame in frames[trained:])
    noise = [frame.noise for frame in frames[trained:]]
    assert noise == sorted(noise, reverse=True)
    assert noise[-1] == 0
    assert last.paths.shape == (points.FOLLOWED, points.TAIL if sampler in ("ddpm", "langevin") else 7, 2)
    assert np.array_equal(last.paths[:, -1], last.made[: points.FOLLOWED])
    assert last.modes.endswith("of 8")
    assert all(np.isfinite(frame.density).all() and (frame.density >= 0).all() for frame in frames)
    assert set(pack(last)["lanes"]) == {"points", points.FLOW}


def test_same_seed_same_frames() -> None:
    recipe = Recipe("diffusion/points", {**SHORT, "sampler": "langevin", "inner": 2}, 7)
    for a, b in zip(run(recipe), run(recipe), strict=True):
        for field in dataclasses.fields(a):
            assert np.array_equal(getattr(a, field.name), getattr(b, field.name)), field.name
    other = next(iter(run(dataclasses.replace(recipe, seed=8))))
    assert not np.array_equal(a.made, other.made)


def test_training_brings_the_loss_and_the_samples_to_the_data() -> None:
    frames = list(points.points(PointsOptions(train_steps=400, steps=20, samples=200, width=64), seed=0))
    losses = [frame.loss for frame in frames if frame.loss is not None]
    assert np.mean(losses[-5:]) < 0.85 * np.mean(losses[:3])
    last = frames[-1]
    assert last.distance < 2 * last.floor
    assert last.precision > 85
    assert last.coverage > 85


def test_it_stops_where_it_is_closed_and_leaves_the_global_stream_alone() -> None:
    before = torch.random.get_rng_state()
    frames = run(Recipe("diffusion/points", SHORT))
    assert next(frames).phase == "training"
    frames.close()
    assert list(frames) == []
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_long_sampling_is_thinned() -> None:
    frames = list(points.points(PointsOptions(**{**SHORT, "steps": 300, "samples": 10}), seed=0))
    sampling = [frame for frame in frames if frame.phase == "sampling"]
    assert len(sampling) == 100
    assert [sampling[0].step, sampling[-1].step] == [0, 300]
    assert frames[0].total == len(frames)


def test_drawn_points_are_learnt() -> None:
    text = encode_points(np.array([[-0.8, 0.0], [0.8, 0.0]]))
    options = PointsOptions(data="drawn", points=text, train_steps=400, steps=20, samples=100, width=64)
    *_, last = points.points(options, seed=0)
    left, right = last.made[last.made[:, 0] < 0], last.made[last.made[:, 0] > 0]
    assert 25 < len(left) < 75
    assert np.median(left, 0) == pytest.approx([-0.8, 0], abs=0.08)
    assert np.median(right, 0) == pytest.approx([0.8, 0], abs=0.08)
    assert last.modes is None


@pytest.mark.parametrize("text", ["", "###", "AAAA"])
def test_bad_drawn_points_are_refused(text: str) -> None:
    with pytest.raises(DemoError, match="point"):
        next(run(Recipe("diffusion/points", {**SHORT, "data": "drawn", "points": text})))


def test_a_training_that_runs_away_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = (step for step in [(2, math.nan, Exact())])
    monkeypatch.setattr(points, "train", lambda *given: lost)
    with pytest.raises(DemoError, match=r"step 2; lower learning_rate from 0\.008"):
        next(points.points(PointsOptions(**SHORT), seed=0))
