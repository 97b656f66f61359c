"""The runs of energy-based models: what their frames say is so; trainings are shared, rewound, branched and stopped."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from genai_demo.core import waits
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.ebm import learning
from genai_demo.inputs.pictures import encode_picture
from genai_demo.inputs.points import encode_points

SMALL = {"steps": 40, "every": 20, "width": 8, "walk": 4, "batch_size": 32}


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    learning.MOMENTS.clear()
    yield
    learning.MOMENTS.clear()


def frames(name: str, seed: int = 0, **options: Any) -> list[Any]:
    given = SMALL | options if name == "points" else options
    return list(run(Recipe(f"ebm/{name}", given, seed)))


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


@pytest.mark.parametrize("method", ["contrastive divergence", "energy matching"])
def test_the_likelihood_rises_and_chains_come_nearer(method: str) -> None:
    found = frames("points", method=method, warm=40, steps=120, every=40, width=32, walk=5, batch_size=64)
    assert found[-1].held_out > found[0].held_out + 0.4
    assert found[-1].distance < found[0].distance
    assert found[-1].density.sum() * (3.6 / 48) ** 2 == pytest.approx(1, abs=0.1)


def test_a_branch_shares_its_trunk_and_shows_it_beside(steps_made: list[int]) -> None:
    trunk = frames("points", steps=60)
    steps_made.clear()
    branch = frames("points", steps=60, changes="40: noise=0", beside=True)
    assert steps_made == list(range(41, 61))
    assert [frame.other_made is None for frame in branch] == [True, True, True, False]
    assert np.array_equal(branch[-1].other_made, trunk[-1].made)
    assert not np.array_equal(branch[-1].made, trunk[-1].made)
    steps_made.clear()
    assert [frame.step for frame in frames("points", steps=40)] == [0, 20, 40]
    assert steps_made == [], "rewinding computes nothing"


def test_what_was_forgotten_changes_nothing() -> None:
    known = frames("points")
    learning.MOMENTS.clear()
    assert all(np.array_equal(a.made, b.made) and a.held_out == b.held_out for a, b in zip(known, frames("points")))


@pytest.mark.parametrize(("wild", "good"), [("learning_rate=10", 80), ("step=0.5, noise=3", 40)])
def test_the_alarm_names_the_step_and_goes_back_to_the_last_good_checkpoint(wild: str, good: int) -> None:
    """A checkpoint is good once its chains have walked on from it."""
    well = frames("points", steps=good)
    ill = frames("points", steps=200, changes=f"80: {wild}")
    last = ill[-1]
    assert "Stopped at step" in last.alarm
    assert not any(frame.alarm for frame in ill[:-1])
    assert last.index == last.total - 1
    assert last.step == good, "the last checkpoint before it went wrong"
    assert last.held_out == well[-1].held_out
    assert np.array_equal(last.made, well[-1].made)
    cured = frames("points", steps=120, changes="80: learning_rate=0.001", learning_rate=10, beside=True)
    assert cured[-1].alarm, "it ran away before the change"
    cured = frames("points", steps=120, changes="0: learning_rate=0.001", learning_rate=10, beside=True)
    assert cured[-1].step == 120, "the other one, without the change, runs away and is left out"
    assert not cured[-1].alarm
    assert math.isfinite(cured[-1].held_out)


def test_chains_look_at_the_same_training_and_noise_can_be_switched_off(steps_made: list[int]) -> None:
    options = {"train_steps": 40, "steps": 40, "chains": 50, "every": 20}
    walked = frames("chains", **options)
    assert steps_made == list(range(1, 41))
    steps_made.clear()
    off = frames("chains", **options | {"changes": "20: noise=0", "beside": True})
    assert steps_made == []
    assert np.array_equal(off[1].made, walked[1].made)
    assert np.array_equal(off[-1].other_made, walked[-1].made)
    assert off[-1].mean_energy < walked[-1].mean_energy, "without noise chains roll down"
    assert walked[-1].rhat > 0


def test_chains_that_fly_off_are_stopped() -> None:
    with pytest.raises(DemoError, match="flew off at their step"):
        frames("chains", train_steps=1, step=1, noise=3, temperature=20)


def test_a_modern_network_recalls_what_a_classic_one_mixes_up() -> None:
    last = frames("hopfield", stored=30)[-1]
    assert last.wrong_modern == 0
    assert last.wrong_classic > 10
    assert last.weights[0].share > 0.99
    few = frames("hopfield", stored=2)[-1]
    assert few.wrong_classic == few.wrong_modern == 0
    vague = frames("hopfield", stored=30, beta=0.002)[-1]
    assert vague.wrong_modern > 5, "the mean of many"


def test_capacity_is_counted() -> None:
    alike = frames("capacity", frames=5, stored=40)[-1]
    assert alike.most_classic < 5
    assert alike.most_modern == 40
    apart = frames("capacity", frames=5, stored=200, patterns="random")
    assert 20 < apart[-1].most_classic < 0.15 * 784, "Hopfield's 0.14 a unit"
    assert apart[-1].classic == 0
    with pytest.raises(DemoError, match="stored is 150; there are 100 pictures"):
        frames("capacity", stored=150)


def test_a_tiny_machine_learns_and_its_sum_is_estimated() -> None:
    found = frames("partition", steps=300, method="pcd")
    assert found[-1].learnt > found[0].learnt + 1
    assert found[-1].mass > found[0].mass
    assert all(abs(frame.off) < 6 * frame.error + 1e-3 for frame in found)
    rough = frames("partition", steps=300, method="pcd", temperatures=1)
    assert abs(rough[-1].off) > abs(found[-1].off)


@pytest.mark.parametrize("name", ["points", "chains"])
@pytest.mark.parametrize("text", ["", "###"])
def test_no_data_drawn_is_said(name: str, text: str) -> None:
    with pytest.raises(DemoError, match="point"):
        next(run(Recipe(f"ebm/{name}", {"data": "drawn", "points": text})))


def test_one_point_can_be_learnt() -> None:
    found = frames("points", data="drawn", points=encode_points(np.array([[0.5, -0.5]])))
    assert math.isfinite(found[-1].held_out)
    assert not found[-1].alarm


def test_a_picture_of_nothing_is_said() -> None:
    with pytest.raises(DemoError, match="draw something"):
        frames("hopfield", picture=encode_picture(np.zeros((28, 28), np.uint8)))


def test_who_waits_for_the_training_behind_the_chains_is_told_how_far_it_is() -> None:
    told = waits.Waits()
    heard: list[waits.Told | None] = []
    advance = learning.Learner.advance

    def listening(self: Any, *given: Any) -> None:
        heard.append(told.told())
        advance(self, *given)

    token = waits.current.set(told)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning.Learner, "advance", listening)
        next(run(Recipe("ebm/chains", {"train_steps": 60, "steps": 1, "data": "spiral"}, 77)))
    waits.current.reset(token)
    assert heard[0] == ("The energy learns first: step 0 of 60", 0.0)
    assert heard[-1] == ("The energy learns first: step 40 of 60", 40 / 60)
    assert told.told() is None
