"""The race: the same budget for all, the same frames each time, and what happens to who gives up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genai_demo.compare import costs, race
from genai_demo.compare.options import RaceOptions
from genai_demo.core import registry
from genai_demo.core.errors import DemoError
from genai_demo.core.spec import resolve
from genai_demo.quality.laboratory import HELD, LEARNT

SHORT = {"budget": 0.5, "moments": 3, "samples": 30, "data": "ring"}


@pytest.fixture(scope="module")
def film() -> list[race.RaceStep]:
    return list(race.race(RaceOptions.parse(SHORT | {"bet": "gan"}), seed=0))


def test_every_family_of_the_laboratory_races() -> None:
    assert set(costs.ORDER) == {name for name, one in registry.families().items() if one.laboratory}
    assert set(costs.seconds()) == set(costs.ORDER)


def test_all_have_the_same_time_and_are_measured_alike(film: list[race.RaceStep]) -> None:
    last = film[-1]
    for tok in last.steps:
        name = next(name for name, (title, _) in costs.families().items() if title == tok.text)
        assert tok.value == pytest.approx(0.5 / costs.seconds()[name], abs=1)
    assert [frame.used for frame in film] == pytest.approx([100 / 3, 200 / 3, 100])
    order = [tok.value for tok in last.order]
    assert order == sorted(order)
    assert len(order) == 5
    assert sorted(order) == pytest.approx(sorted(getattr(last, f"{name}_far") for name in costs.ORDER))
    assert len(last.nats) == 3
    assert "VAE, at least" in {tok.text for tok in last.nats}
    assert film[0].nats == ()
    assert film[0].vae_real is not None
    assert film[1].vae_real is None
    assert "You bet on GAN" in last.said


def test_a_race_is_its_families_own_runs(film: list[race.RaceStep]) -> None:
    """What a family makes in the race is what its page makes with as many steps."""
    _, lab = costs.families()["vae"]
    runner = race.runner_of("vae", "VAE", lab, RaceOptions.parse(SHORT), 0)
    alone = list(resolve("genai_demo.vae.points:points")(runner.options, seed=0))
    assert np.array_equal(alone[-1].made, film[-1].vae_made)


def test_who_runs_away_stays_where_it_was_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(options: Any, *, seed: int) -> Any:
        frames = resolve("genai_demo.gan.points:points")(options, seed=seed)
        yield next(frames)
        raise DemoError("training lost its footing at step 7")

    real = race.resolve
    monkeypatch.setattr(race, "resolve", lambda name: broken if name == "genai_demo.gan.points:points" else real(name))
    last = list(race.race(RaceOptions.parse(SHORT), seed=0))[-1]
    assert "GAN stopped: training lost its footing at step 7" in last.said
    assert len(last.order) == 5


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"data": "drawn"}, "point"),
        ({"data": "drawn", "points": "AAA="}, "points has 1 place; draw at least 2 that differ"),
        ({"data": "drawn", "points": "AAAAAA=="}, "points has 1 place; draw at least 2 that differ"),
        ({"budget": 0}, "budget is 0"),
        ({"budget": 99}, "budget is 99"),
        ({"bet": "nothing"}, "bet is"),
        ({"moments": 1}, "moments is 1"),
    ],
)
def test_what_can_not_be_is_said(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DemoError, match=sentence):
        list(race.race(RaceOptions.parse(SHORT | options), seed=0))


def test_what_the_text_says_of_the_points_is_what_the_race_does() -> None:
    text = (Path(race.__file__).parents[2] / "pages" / "text" / "compare" / "how.md").read_text()
    assert f"All see the same {LEARNT:,} points, and none sees the {HELD:,} they are measured with." in text
