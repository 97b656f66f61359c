"""The flows' runs: what their frames say is so; a training is shared, rewound and branched by its recipe."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.flow import learning, matching, measuring
from genai_demo.flow.options import PRESETS, InverseOptions
from genai_demo.inputs.points import encode_points
from genai_demo.quality import laboratory

SMALL = {"steps": 40, "every": 20, "width": 8, "bins": 4, "layers": 2, "batch_size": 32}


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    learning.MOMENTS.clear()
    yield
    learning.MOMENTS.clear()


def frames(name: str, seed: int = 0, **options: Any) -> list[Any]:
    return list(run(Recipe(f"flow/{name}", SMALL | options, seed)))


@pytest.fixture
def steps_made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one entry for each training step that is really made."""
    made: list[int] = []
    advance = learning.Learner.advance

    def counted(self: learning.Learner, data: Any, now: Any) -> None:
        advance(self, data, now)
        made.append(self.step)

    monkeypatch.setattr(learning.Learner, "advance", counted)
    return made


def test_the_likelihood_rises_and_the_curve_is_that_of_held_out_points() -> None:
    found = frames("points", steps=160, every=40, width=16, layers=4, batch_size=128)
    rises = [frame.held_out for frame in found]
    assert rises[-1] > rises[0] + 0.5
    assert found[0].learnt is None
    assert found[-1].learnt == pytest.approx(rises[-1], abs=0.3)
    assert found[-1].round_trip < -5, "1e-5 in single precision"
    assert found[-1].density.sum() * (2 * laboratory.LIMIT / 48) ** 2 == pytest.approx(1, abs=0.05)


def test_a_branch_shares_its_trunk_and_shows_it_beside(steps_made: list[int]) -> None:
    trunk = frames("points", steps=60)
    steps_made.clear()
    branch = frames("points", steps=60, changes="40: learning_rate=0.05", beside=True)
    assert steps_made == list(range(41, 61))
    assert [frame.other_made is None for frame in branch] == [True, True, True, False]
    assert np.array_equal(branch[-1].other_made, trunk[-1].made)
    assert branch[-1].held_out != trunk[-1].held_out
    steps_made.clear()
    assert [frame.step for frame in frames("points", steps=40)] == [0, 20, 40]
    assert steps_made == [], "rewinding computes nothing"


def test_frames_close_together_share_a_density_and_the_last_one_has_its_own() -> None:
    found = frames("points", steps=18, every=1)
    assert [frame.step for frame in found if frame.density is not None] == [0, 8, 16, 18]
    known = frames("points", steps=13, every=1)
    learning.MOMENTS.clear()
    for frame, again in zip(known, frames("points", steps=13, every=1), strict=True):
        assert (frame.density is None) == (again.density is None)
    assert known[-1].density.sum() > 0
    branch = frames("points", steps=13, every=1, changes="5: learning_rate=0.05", beside=True)
    assert [frame.step for frame in branch if frame.density is not None] == [0, 5, 8, 13]
    assert [frame.step for frame in branch if frame.other_density is not None] == [8, 13]


def test_what_was_forgotten_changes_nothing() -> None:
    known = frames("points")
    learning.MOMENTS.clear()
    assert all(np.array_equal(a.made, b.made) and a.held_out == b.held_out for a, b in zip(known, frames("points")))


def test_all_runs_look_at_one_training(steps_made: list[int]) -> None:
    frames("points", steps=80)
    steps_made.clear()
    frames("layers", steps=80)
    frames("inverse", steps=80)
    assert steps_made == []


@pytest.mark.parametrize("way", ["data to noise", "noise to data"])
def test_the_ledger_adds_up_to_the_log_likelihood(way: str) -> None:
    found = frames("layers", way=way, x=0.3, y=-0.4, smooth=2, data="ring")
    whole, last = found[0], found[-1]
    values = [row.value for row in last.rows[:-1]]
    assert len(values) == 1 + SMALL["layers"] + 1
    assert math.fsum(values) == pytest.approx(last.rows[-1].value)
    assert last.log_p == last.rows[-1].value == pytest.approx(whole.log_p), "layer by layer or at once"
    learnt, _, _ = learning.task(InverseOptions(data="ring"), 10, 0)
    learner = learning.Learner(InverseOptions(**SMALL, data="ring"), learnt, 0)
    for _ in range(40):
        learner.advance(learnt, learner.options)
    x = torch.tensor([[0.3, -0.4]])
    with torch.no_grad():
        assert last.log_p == pytest.approx(float(learner.flow.log_prob(x)), abs=1e-5)
        there = x if way == "noise to data" else learner.flow.encode(x)[0]
    assert last.probe == pytest.approx(there.numpy(), abs=1e-4)


def test_a_preset_explodes_and_its_cure_does_not() -> None:
    preset = PRESETS["the inverse explodes"]
    *_, ill = run(Recipe("flow/inverse", preset.options | {"steps": 160}))
    *_, well = run(Recipe("flow/inverse", preset.options | preset.cure | {"steps": 160}))
    assert ill.worst > well.worst + 1
    assert well.on_data < -4
    assert ill.scales.min() < well.scales.min()
    assert well.double < well.worst - 5, "more digits help"
    assert 10 ** well.scales[1:].min() >= math.exp(-2) * 0.999


@pytest.mark.parametrize("name", ["points", "layers", "inverse", "matching"])
@pytest.mark.parametrize("text", ["", "###"])
def test_no_data_drawn_is_said(name: str, text: str) -> None:
    with pytest.raises(DemoError, match="point"):
        next(run(Recipe(f"flow/{name}", {"data": "drawn", "points": text})))


def test_one_point_can_be_learnt() -> None:
    found = frames("points", data="drawn", points=encode_points(np.array([[0.5, -0.5]])))
    assert np.median(found[-1].made, 0) == pytest.approx([0.5, -0.5], abs=0.05)
    assert math.isfinite(found[-1].held_out)


WILD = {"kind": "affine", "bound": 0, "layers": 8, "steps": 200}


def test_the_alarm_names_the_step_and_goes_back_to_the_last_good_checkpoint() -> None:
    well = frames("points", **WILD | {"steps": 80})
    last = frames("points", **WILD, changes="80: learning_rate=10, clip=1000")[-1]
    assert last.alarm.startswith("Stopped at step ")
    assert "This is step 80 again" in last.alarm
    assert last.index == last.total - 1
    assert last.step == 80
    assert last.held_out == well[-1].held_out
    assert np.array_equal(last.made, well[-1].made)
    cured = frames("points", **WILD | {"steps": 120}, changes="80: learning_rate=0.001", learning_rate=10, clip=1000)
    assert cured[-1].step == 0, "it ran away before the change"
    cured = frames("points", **WILD | {"steps": 120}, changes="0: learning_rate=0.001", learning_rate=10, clip=1000)
    assert cured[-1].step == 120
    assert not cured[-1].alarm


def test_flow_matching_learns_and_its_likelihood_is_that_of_the_divergence() -> None:
    found = list(run(Recipe("flow/matching", {"train_steps": 300, "steps": 8, "width": 48})))
    training = [frame for frame in found if frame.phase == "training"]
    assert training[-1].loss < training[0].loss
    assert found[-1].distance < training[0].distance
    assert found[-1].straight >= 1
    assert math.isfinite(found[-1].log_p)
    model = matching.Velocity(16, generator(0)).double()
    x = torch.randn(20, 2, generator=generator(1), dtype=torch.double)
    _, spread = matching.divergence(model, x, 0.4)
    exact = torch.func.vmap(
        torch.func.jacrev(lambda one: model(one[None], torch.full((1,), 0.4, dtype=torch.double))[0])
    )
    jacobian = exact(x)
    assert torch.allclose(spread, jacobian.diagonal(dim1=1, dim2=2).sum(1), atol=1e-3)


def test_a_field_that_is_known_has_the_likelihood_that_is_known() -> None:
    """v = a x takes N(0, I) to N(0, exp(2 a) I)."""

    class Field(torch.nn.Module):
        def forward(self, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
            return -0.7 * x

    x = torch.randn(50, 2, generator=generator(0))
    spread = math.exp(-0.7)
    wanted = -(x / spread).square().sum(1) / 2 - math.log(2 * math.pi * spread**2)
    assert torch.allclose(matching.log_prob(Field(), x), wanted, atol=2e-2)


def test_the_distribution_itself_on_paper() -> None:
    assert measuring.best("moons") is None
    assert measuring.best("checkerboard") == pytest.approx(-math.log(8 * 0.56**2))
    centre = np.zeros((1, 2), np.float32)
    assert float(measuring.mixture(torch.zeros(1, 2), centre, 1.0)) == pytest.approx(-math.log(2 * math.pi))
