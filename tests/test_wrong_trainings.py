"""Flows and energies that train, asked for what can not be: a sentence, by command line and link; one point is fine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genai_demo import cli
from genai_demo.core.link import from_query
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.inputs.points import encode_points

FLOW = {"steps": 40, "width": 8, "layers": 2, "bins": 4, "samples": 20}
TRAININGS: dict[str, dict[str, Any]] = {
    "flow/points": FLOW,
    "flow/layers": FLOW | {"smooth": 1},
    "flow/inverse": FLOW,
    "flow/matching": {"train_steps": 20, "steps": 2, "samples": 20, "width": 8},
    "ebm/points": {"steps": 40, "width": 8, "walk": 2, "batch_size": 32, "samples": 20},
    "ebm/chains": {"train_steps": 20, "steps": 20, "chains": 20},
    "ebm/partition": {"steps": 20},
}
ON_POINTS = [name for name in TRAININGS if name != "ebm/partition"]
WRONG = {
    "no data": ({"data": "drawn"}, "points has 0 coordinates; draw 1 to 512"),
    "too far": ({"learning_rate": 99}, "learning_rate is 99; choose a number from 1e-06 to"),
    "no number": ({"learning_rate": "nan"}, "learning_rate is nan; choose a number from 1e-06 to"),
    "a word": ({"learning_rate": "fast"}, "learning_rate is fast; choose a number from 1e-06 to"),
    "no step": ({"steps": 0}, "steps is 0; choose a whole number from 1 to"),
}
WILD = {"kind": "affine", "bound": 0, "layers": 8, "clip": 1000, "learning_rate": 10, "steps": 60}
RUNAWAYS = {
    **{f"flow/{name}": (WILD, "lower learning_rate from 10, or clip from 1000") for name in ("layers", "inverse")},
    "ebm/chains": ({"learning_rate": 10, "train_steps": 100}, "lower learning_rate from 10, or step from 0.001"),
}  # flow/points and ebm/points go back to the last good checkpoint; flow/matching fails to learn, and goes on


def asked(name: str, options: dict[str, Any], out: Path) -> int:
    """The exit code of the command line."""
    given = [part for key, value in options.items() for part in ("--set", f"{key}={value}")]
    return cli.main(["run", name, *given, "--out", str(out)])


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", TRAININGS)
def test_what_can_not_be_is_said_by_command_line_and_link(
    name: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, sentence = WRONG[wrong]
    if wrong == "no data" and name not in ON_POINTS:
        bad, sentence = {"hidden": 99}, "hidden is 99; choose a whole number from 1 to 12"
    assert asked(name, TRAININGS[name] | bad, tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "a fault in the program" not in said
    given = {key: str(value) for key, value in (TRAININGS[name] | bad).items()}
    recipe, notice = from_query({"run": name, **given}, [name])
    assert recipe is not None
    assert sentence in notice or "points has 0" in sentence, "a link opens the page, with a default in its place"


@pytest.mark.parametrize("name", ON_POINTS)
def test_one_point_is_learnt(name: str, tmp_path: Path) -> None:
    point = encode_points(np.array([[0.5, -0.5]]))
    assert asked(name, TRAININGS[name] | {"data": "drawn", "points": point}, tmp_path / "out") == 0


@pytest.mark.parametrize("name", RUNAWAYS)
def test_a_training_that_runs_away_names_its_step(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options, sentence = RUNAWAYS[name]
    assert asked(name, TRAININGS[name] | options, tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert "training ran away at step" in said
    assert sentence in said


@pytest.mark.parametrize(("name", "rate"), [("flow/matching", 10), ("ebm/partition", 1)])
def test_the_highest_rates_of_the_others_leave_numbers_that_can_be_drawn(name: str, rate: float) -> None:
    *_, last = run(Recipe(name, TRAININGS[name] | {"learning_rate": rate}))
    assert np.isfinite(last.distance if name == "flow/matching" else last.exact)  # type: ignore[attr-defined]
