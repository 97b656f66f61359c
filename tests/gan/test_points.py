"""The GAN on points: what is known of a training never changes how it goes on; rewinding and branching are exact."""

from __future__ import annotations

import dataclasses
import math
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core.caches import Cache, weigh
from genai_demo.core.changes import frame_steps
from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Paced, pack
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.gan import duel, points
from genai_demo.gan.objectives import OBJECTIVES
from genai_demo.gan.points import MOMENTS
from genai_demo.gan.points_options import PRESETS, PointsOptions, Settings
from genai_demo.inputs.points import encode_points
from genai_demo.quality import laboratory

SMALL = {"steps": 60, "every": 20, "width": 16, "batch_size": 32, "samples": 50}


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    MOMENTS.clear()
    yield
    MOMENTS.clear()


def frames(seed: int = 0, **options: Any) -> list[points.DuelStep]:
    return list(run(Recipe("gan/points", SMALL | options, seed)))


def fresh(seed: int = 0, **options: Any) -> list[points.DuelStep]:
    MOMENTS.clear()
    return frames(seed, **options)


def same(one: list[points.DuelStep], other: list[points.DuelStep], *, but: tuple[str, ...] = ()) -> bool:
    """Equal to the last bit, but for the named fields."""
    assert len(one) == len(other)
    names = [field.name for field in dataclasses.fields(points.DuelStep) if field.name not in but]
    return all(
        np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True)
        if isinstance(getattr(a, name), np.ndarray)
        else getattr(a, name) == getattr(b, name)
        for a, b in zip(one, other)
        for name in names
    )


@pytest.fixture
def steps_made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one entry for each training step that is really made."""
    made: list[int] = []
    advance = duel.Duel.advance

    def counted(self: duel.Duel, data: torch.Tensor, now: Settings) -> None:
        advance(self, data, now)
        made.append(self.step)

    monkeypatch.setattr(duel.Duel, "advance", counted)
    return made


def test_the_curves_of_a_seed_are_the_same_twice() -> None:
    one, other = fresh(3), fresh(3)
    assert same(one, other)
    assert [f.loss_g for f in one[1:]] != [f.loss_g for f in fresh(4)[1:]]


def test_frames_come_before_at_every_at_changes_and_at_the_end() -> None:
    found = frames(steps=50, changes="25: lr_d=0.01")
    assert [frame.step for frame in found] == [0, 20, 25, 40, 50]
    assert [frame.index for frame in found] == [0, 1, 2, 3, 4]
    assert {frame.total for frame in found} == {5}
    assert found[0].loss_d == pytest.approx(2 * math.log(2), abs=0.3), "an untrained discriminator knows nothing"
    assert all(math.isfinite(frame.loss_d) and math.isfinite(frame.loss_g) for frame in found[1:])
    assert found[0].real.shape == found[0].behind.shape == (laboratory.SHOWN, 2)
    assert all(frame.real is None for frame in found[1:])
    assert found[0].opinion.shape == (points.CELLS, points.CELLS)
    assert found[0].pull.shape == (50, 4)
    assert set(pack(found[0])["lanes"]) == {points.SAMPLES, points.MANIFOLD}


def test_going_on_is_the_same_as_never_having_stopped(steps_made: list[int]) -> None:
    whole = fresh(steps=90)
    MOMENTS.clear()
    steps_made.clear()
    frames(steps=33)
    gone_on = frames(steps=90)
    assert steps_made == list(range(1, 91)), "no step is made twice"
    assert same(gone_on, whole)


def test_step_by_step_is_the_same_as_at_once(steps_made: list[int]) -> None:
    whole = fresh(steps=45, every=1)
    MOMENTS.clear()
    steps_made.clear()
    for steps in range(41, 46):
        last = frames(steps=steps, every=1)[-1]
        assert same([last], [whole[steps]], but=("total",))
    assert steps_made == list(range(1, 46))


def test_rewinding_computes_nothing(steps_made: list[int]) -> None:
    whole = fresh(steps=60)
    steps_made.clear()
    assert same(frames(steps=40), whole[:3], but=("total",))
    assert steps_made == []


@pytest.mark.parametrize("change", ["40: lr_d=0.01", "40: objective=wgan-gp", "40: only=d; 41: only=both"])
def test_a_branch_is_the_same_with_and_without_what_is_known(change: str, steps_made: list[int]) -> None:
    alone = fresh(steps=80, changes=change)
    MOMENTS.clear()
    trunk = frames(steps=100)
    steps_made.clear()
    branch = frames(steps=80, changes=change)
    assert same(branch, alone)
    assert steps_made == list(range(41, 81)), "it goes on from the state at the fork"
    assert same(branch[:3], trunk[:3], but=("total",))
    assert not same(branch[-1:], trunk[4:5], but=("total", "index"))


def test_a_branch_of_a_branch_and_the_way_back(steps_made: list[int]) -> None:
    first = fresh(steps=80, changes="20: lr_g=0.01; 60: d_steps=2")
    MOMENTS.clear()
    frames(steps=80)
    frames(steps=80, changes="20: lr_g=0.01")
    assert same(frames(steps=80, changes="20: lr_g=0.01; 60: d_steps=2"), first)
    steps_made.clear()
    frames(steps=80)
    assert steps_made == [], "the trunk is still known"


def test_with_a_memory_for_nothing_the_frames_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    known = fresh(steps=80, changes="40: lr_d=0.01", beside=True)
    monkeypatch.setattr(points, "MOMENTS", Cache("nothing", 0, weigh))
    assert same(frames(steps=80, changes="40: lr_d=0.01", beside=True), known)


def test_what_is_forgotten_in_mid_training_changes_nothing() -> None:
    whole = fresh(steps=80, changes="40: lr_d=0.01", beside=True)
    MOMENTS.clear()
    forgetful = []
    for frame in run(Recipe("gan/points", SMALL | {"steps": 80, "changes": "40: lr_d=0.01", "beside": True})):
        forgetful.append(frame)
        MOMENTS.clear()
    assert same(forgetful, whole)


def test_how_often_one_looks_changes_nothing(steps_made: list[int]) -> None:
    seldom = fresh(steps=60, every=60)
    steps_made.clear()
    often = frames(steps=60, every=5)
    assert len(steps_made) < 60
    assert same(often[-1:], seldom[-1:], but=("index", "total", "loss_d", "loss_g"))
    alone = fresh(steps=60, every=5)
    assert same(often, alone)
    assert np.mean([frame.loss_g for frame in alone[1:]]) == pytest.approx(seldom[-1].loss_g)


def test_slow_motion_is_a_change_that_leaves_the_training_alone(steps_made: list[int]) -> None:
    plain = fresh(steps=60)
    steps_made.clear()
    slow = frames(steps=60, changes="40: every=5")
    assert [frame.step for frame in slow] == [0, 20, 40, 45, 50, 55, 60]
    assert same(slow[:3], plain[:3], but=("total",))
    assert np.array_equal(slow[-1].made, plain[-1].made)
    assert steps_made == list(range(41, 56)), "the last five are known"


def test_beside_shows_the_training_without_the_last_change(steps_made: list[int]) -> None:
    plain = fresh(steps=80, changes="20: lr_g=0.005")
    steps_made.clear()
    both = frames(steps=80, changes="20: lr_g=0.005; 40: lr_d=0.05", beside=True)
    assert steps_made == list(range(41, 81)), "the other one was known"
    assert [frame.other_made is None for frame in both] == [True, True, True, False, False]
    for mine, other in zip(both[3:], plain[3:]):
        assert np.array_equal(mine.other_made, other.made)
        assert np.array_equal(mine.other_opinion, other.opinion)
        assert (mine.other_js, mine.other_coverage, mine.other_modes) == (other.js, other.coverage, other.modes)
        assert not np.array_equal(mine.made, other.made)
    assert both[3].other_real is not None
    assert both[4].other_real is None
    assert points.WITHOUT in pack(both[3])["lanes"]


def test_beside_without_a_change_shows_one_training() -> None:
    assert all(frame.other_made is None for frame in frames(beside=True))
    assert all(frame.other_made is None for frame in frames(beside=True, changes="60: lr_d=0.01"))


def test_only_one_trains_where_one_is_told_to() -> None:
    data = torch.from_numpy(laboratory.sets.load("ring", 100, 0))
    for only, still in (("d", "g"), ("g", "critic")):
        options = PointsOptions.parse(SMALL | {"only": only})
        training = duel.Duel(options, 0)
        before = {name: training.state()[name] for name in ("g", "critic")}
        training.advance(data, options)
        for name, old in before.items():
            new = training.state()[name]
            assert all(torch.equal(old[key], new[key]) for key in old) == (name == still)
        assert [math.isnan(loss) for loss in training.losses[0]] == [only == "g", only == "d"]
    found = frames(only="d")
    assert all(frame.loss_g is None and frame.loss_d > 0 for frame in found[1:])
    assert found[-1].setting == "discriminator only, non-saturating"


def test_two_visitors_in_threads_do_not_touch_each_other() -> None:
    recipes = [{"seed": 0, "changes": "20: lr_d=0.01"}, {"seed": 0}, {"seed": 1, "objective": "wgan-gp"}, {"seed": 0}]
    alone = [fresh(steps=120, **recipe) for recipe in recipes]
    MOMENTS.clear()
    found: dict[int, list[points.DuelStep]] = {}

    def visit(i: int) -> None:
        found[i] = frames(steps=120, **recipes[i])

    visitors = [threading.Thread(target=visit, args=(i,)) for i in range(len(recipes))]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert all(same(found[i], alone[i]) for i in range(len(recipes)))


def test_it_may_be_stopped_anywhere_and_goes_on_from_there(steps_made: list[int]) -> None:
    whole = fresh(steps=100, every=25)
    MOMENTS.clear()
    steps_made.clear()
    stopped = run(Recipe("gan/points", SMALL | {"steps": 100, "every": 25}))
    assert [next(stopped).step for _ in range(3)] == [0, 25, 50]
    stopped.close()
    assert list(stopped) == []
    assert same(frames(steps=100, every=25), whole)
    assert steps_made == list(range(1, 101))


def test_the_global_stream_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    frames()
    assert torch.equal(before, torch.random.get_rng_state())


def test_frames_that_are_shared_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        frames()[1].made[0] = 0


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("optimiser", ["adam", "rmsprop", "sgd"])
def test_every_objective_trains_with_every_optimiser(objective: str, optimiser: str) -> None:
    found = frames(objective=objective, optimiser=optimiser, prior="uniform", latent=3, d_steps=2)
    for frame in found[1:]:
        assert all(math.isfinite(value) for value in (frame.loss_d, frame.loss_g, frame.pull_size, frame.js))
        assert np.isfinite(frame.opinion).all()
    assert not np.array_equal(found[0].made, found[-1].made)


def test_the_default_training_reaches_the_ring() -> None:
    """Half of the default steps; modes within 0.1, data covered."""
    *_, last = run(Recipe("gan/points", {"steps": 800, "every": 200}))
    assert int(last.modes.split()[0]) >= 7
    assert last.coverage > 80
    assert last.js < 0.4


def test_drawn_points_are_learnt_and_one_point_will_do() -> None:
    one = encode_points(np.array([[0.5, -0.5]]))
    found = frames(data="drawn", points=one, steps=400, every=200, lr_g=5e-3, lr_d=5e-3)
    assert np.median(found[-1].made, 0) == pytest.approx([0.5, -0.5], abs=0.15)
    assert found[-1].modes is None


@pytest.mark.parametrize("text", ["", "###", "AAAA"])
def test_bad_drawn_points_are_refused(text: str) -> None:
    with pytest.raises(DemoError, match="point"):
        next(run(Recipe("gan/points", SMALL | {"data": "drawn", "points": text})))


def until_lost(options: dict[str, Any]) -> tuple[list[points.DuelStep], str]:
    """The frames before the error, and what it says."""
    kept: list[points.DuelStep] = []
    going = run(Recipe("gan/points", SMALL | options))
    try:
        for frame in going:
            kept.append(frame)
    except DemoError as error:
        return kept, str(error)
    return kept, ""


def test_a_training_that_runs_away_names_step_and_rates_and_keeps_its_frames() -> None:
    wild = {"optimiser": "sgd", "objective": "least squares", "lr_d": 10, "lr_g": 10, "every": 1, "steps": 200}
    kept, says = until_lost(wild)
    again, says_again = until_lost(wild)  # from a state shortly before it
    assert f"ran away at step {len(kept)}: " in says
    assert "lower lr_d from 10 or lr_g from 10" in says
    assert [frame.step for frame in kept] == list(range(len(kept)))
    assert says_again == says
    assert same(again, kept)
    if len(kept) > 1:
        assert same(frames(**{**wild, "steps": len(kept) - 1}), kept, but=("total",))


def test_divergences_of_histograms_on_paper() -> None:
    p, q = torch.tensor([0.5, 0.5]), torch.tensor([0.25, 0.75])
    kl, js = points.divergences(p, q)
    assert kl == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(2 / 3), rel=1e-5)
    middle = [0.375, 0.625]
    wanted = sum(x * math.log(x / m) for given in ([0.5, 0.5], [0.25, 0.75]) for x, m in zip(given, middle)) / 2
    assert js == pytest.approx(wanted, rel=1e-4)
    assert points.divergences(p, p) == pytest.approx((0, 0), abs=1e-7)


def test_arrows_raise_the_discriminators_opinion_and_vanish_with_the_gradient() -> None:
    options = PointsOptions.parse(SMALL)
    training, task = duel.Duel(options, 0), points.task_of(options, 0)
    for _ in range(40):
        training.advance(task.learnt, options)
    fake = task.held[:50] * 0.5
    arrows, size = points.pulls(training, options, fake)
    assert np.linalg.norm(arrows[:, 2:], axis=1).max() < points.LONGEST
    with torch.no_grad():
        there = torch.from_numpy(arrows[:, :2] + 1e-2 * arrows[:, 2:])
        assert (training.d(there) >= training.d(fake)).all()
        training.critic[-1].weight.mul_(1e-6)
    weak, none = points.pulls(training, options, fake)
    assert none < 1e-4 * size
    assert np.abs(weak[:, 2:]).max() < 1e-4


@pytest.mark.parametrize(("latent", "shape"), [(1, (1, 341, 1)), (2, (22, 31, 2)), (8, (22, 31, 8))])
@pytest.mark.parametrize("prior", ["normal", "uniform"])
def test_the_lattice_covers_the_prior(latent: int, shape: tuple[int, ...], prior: str) -> None:
    options = PointsOptions.parse({"latent": latent, "prior": prior})
    lines = points.lattice(options)
    assert lines.shape == shape
    assert lines[..., 2:].abs().sum() == 0
    reach = 0.98 if prior == "uniform" else 2.326
    assert float(lines.max()) == pytest.approx(reach, abs=1e-3)
    assert float(lines.min()) == pytest.approx(-reach, abs=1e-3)
    drawn = duel.latents(1000, options, generator(0))
    inside = ((drawn[:, 0] > -reach) & (drawn[:, 0] < reach)).float().mean()
    assert float(inside) == pytest.approx(0.98, abs=0.015)


def test_presets_are_recipes_with_a_cure() -> None:
    assert {"mode collapse", "oscillation", "vanishing gradient"} <= set(PRESETS)
    for preset in PRESETS.values():
        assert preset.look
        ill, cured = (PointsOptions.parse(values) for values in (preset.options, preset.options | preset.cure))
        assert ill != cured
        frame_steps(ill)


def test_frames_that_were_computed_before_say_so() -> None:
    MOMENTS.clear()
    options = {"steps": 20, "every": 10, "samples": 20, "width": 8}
    assert [isinstance(frame, Paced) and frame.seen_before for frame in run(Recipe("gan/points", options))] == [
        False
    ] * 3
    longer = list(run(Recipe("gan/points", {**options, "steps": 30})))
    assert [isinstance(frame, Paced) and frame.seen_before for frame in longer] == [True, True, True, False]
