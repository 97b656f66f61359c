"""Options of a training on points, and the text of what is changed on the way."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genai_demo.core.changes import frame_steps, segments
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.gan.points_options import PointsOptions

SMALL = {"steps": 60, "every": 20, "width": 16, "batch_size": 32, "samples": 50}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("400", "write them as"),
        ("400:", "write them as"),
        ("x: lr_d=1", "write them as"),
        ("-1: lr_d=1", "write"),
        ("4.5: lr_d=1", "write them as"),
        ("400: lr_d", "write them as"),
        ("400: lr_d=", "write them as"),
        ("400: width=8", "what can change is"),
        ("400: data=grid", "what can change is"),
        ("400: lr_d=x", "after 400 steps: lr_d is x"),
        ("400: lr_d=99", "after 400 steps: lr_d is 99; choose"),
        ("400: objective=nice", "choose one of"),
        ("400: lr_d=nan", "after 400 steps"),
        ("400: d_steps=1.5", "whole"),
        ("400: lr_d=1, lr_d=2", "give it once"),
        ("400: lr_d=1; 400: lr_g=1", "in order"),
        ("400: lr_d=1; 300: lr_d=1", "in order"),
        ("9000: lr_d=1", "before 6000"),
        (";".join(f"{i}: only=d" for i in range(41)), "41 entries; the limit is 40"),
    ],
)
def test_changes_that_cannot_be_read_are_refused_with_a_remedy(text: str, says: str) -> None:
    with pytest.raises(DemoError, match="changes") as refused:
        PointsOptions.parse({"changes": text})
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@given(st.text(max_size=60) | st.from_regex(r"[0-9]{1,4}: ?(lr_d|only|objective) ?= ?[a-z0-9.]{1,6}", fullmatch=True))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    try:
        plan = segments(PointsOptions.parse({"changes": text}))
    except DemoError as error:
        says = str(error)
    else:
        says = "changes are read"
        starts = [segment.start for segment in plan]
        assert starts[0] == 0
        assert starts == sorted(starts)
    assert says.startswith("changes")
    assert says.isprintable()


@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.sampled_from(["lr_d=0.01", "only=d", "objective=hinge,clip=0.5"])),
        max_size=6,
        unique_by=lambda entry: entry[0],
    ).map(sorted),
    st.integers(1, 500),
    st.integers(1, 200),
)
def test_frames_rise_and_hold_what_was_asked_for(entries: list[tuple[int, str]], steps: int, every: int) -> None:
    text = "; ".join(f"{start}: {values}" for start, values in entries)
    options = PointsOptions.parse({"changes": text, "steps": steps, "every": every})
    found = frame_steps(options)
    assert found == sorted(set(found))
    assert (found[0], found[-1]) == (0, steps)
    assert set(range(0, steps, every)) <= set(found)
    assert {start for start, _ in entries if start <= steps} <= set(found)
    assert max(b - a for a, b in pairwise(found)) <= every


def test_settings_hold_from_the_step_after_the_change() -> None:
    plan = segments(PointsOptions.parse({"changes": " 10 : lr_d = 0.01 , objective = least squares;20:only=g; "}))
    assert [segment.start for segment in plan] == [0, 10, 20]
    assert (plan[1].settings.lr_d, plan[1].settings.objective, plan[1].settings.only) == (0.01, "least squares", "both")
    assert (plan[2].settings.lr_d, plan[2].settings.only) == (0.01, "g")


def test_too_many_frames_are_refused_before_anything_is_computed() -> None:
    with pytest.raises(DemoError, match="the limit is 600, raise every from 1"):
        next(run(Recipe("gan/points", {"every": 1})))


@pytest.mark.parametrize("name", ["steps", "every", "lr_g", "lr_d", "d_steps", "width", "depth", "latent", "clip"])
def test_options_out_of_range_are_refused(name: str) -> None:
    for value in (-1, 1e6, "x", float("nan")):
        with pytest.raises(DemoError, match=f"^{name} is "):
            PointsOptions.parse({name: value})
