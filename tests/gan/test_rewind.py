"""Going on, stepping and branching: options in, options out."""

from __future__ import annotations

import pytest

from genai_demo.core.changes import MOST_STEPS, SPAN, branch, in_force, segments
from genai_demo.core.errors import DemoError
from genai_demo.gan.points_options import PointsOptions
from genai_demo.gan.rewind import go_on, one_step

PLAIN = PointsOptions(steps=400)


def at(options: PointsOptions, step: int) -> object:
    plan = segments(options)
    return plan[in_force(plan, step)].settings


def test_going_on_changes_nothing_but_the_length() -> None:
    longer = go_on(PLAIN, 400)
    assert longer == PLAIN.model_copy(update={"steps": 400 + SPAN})


def test_going_on_from_an_earlier_step_forgets_what_came_after() -> None:
    changed = PLAIN.model_copy(update={"changes": "100: lr_d=0.01; 300: objective=hinge"})
    assert go_on(changed, 200).changes == "100: lr_d=0.01"
    assert go_on(changed, 300).changes == "100: lr_d=0.01"  # a change after 300 steps is not seen in frame 300
    assert go_on(changed, 301).changes == changed.changes


def test_a_step_of_one_network_and_then_of_both() -> None:
    first = one_step(PLAIN, 400, "d")
    assert (first.steps, first.changes) == (401, "400: only=d")
    second = one_step(first, 401, "d")
    assert (second.steps, second.changes) == (402, "400: only=d")
    third = one_step(second, 402, "g")
    assert third.changes == "400: only=d; 402: only=g"
    assert go_on(third, 403).changes == "400: only=d; 402: only=g; 403: only=both"


def test_a_branch_holds_what_differs_and_shows_the_other_beside_it() -> None:
    found = branch(PLAIN, 200, PLAIN.model_copy(update={"lr_d": 0.02, "objective": "hinge"}))
    assert found.beside
    assert found.steps == 600
    assert (found.lr_d, found.objective) == (PLAIN.lr_d, PLAIN.objective)
    assert at(found, 199).objective == "non-saturating"  # type: ignore[attr-defined]
    assert (at(found, 200).lr_d, at(found, 200).objective) == (0.02, "hinge")  # type: ignore[attr-defined]


def test_a_branch_of_a_branch_keeps_the_first() -> None:
    first = branch(PLAIN, 100, PLAIN.model_copy(update={"lr_d": 0.02}))
    second = branch(first, 300, first.model_copy(update={"lr_g": 0.02}))
    assert second.changes == "100: lr_d=0.02; 300: lr_g=0.02"


def test_a_long_training_stays_as_long() -> None:
    long = PointsOptions(steps=3000)
    assert branch(long, 100, long.model_copy(update={"lr_d": 0.02})).steps == 3000


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({}, "nothing to branch with"),
        ({"steps": 500, "points": "AAAA"}, "nothing to branch with"),
        ({"width": 32}, "width can't change"),
        ({"data": "moons", "lr_d": 0.1}, "data can't change"),
    ],
)
def test_a_branch_that_can_not_be(wanted: dict[str, object], sentence: str) -> None:
    with pytest.raises(DemoError, match=sentence):
        branch(PLAIN, 200, PLAIN.model_copy(update=wanted))


def test_at_the_last_step_there_is() -> None:
    with pytest.raises(DemoError, match="the last there is"):
        go_on(PLAIN, MOST_STEPS)
    assert go_on(PLAIN, MOST_STEPS - 1).steps == MOST_STEPS
