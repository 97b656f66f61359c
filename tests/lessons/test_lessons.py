"""Lessons: how a text is read and refused, and that each of the project's does what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import pack
from genai_demo.core.link import from_query, to_query
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import all_runs, complete, run
from genai_demo.core.spec import ModelSpec, Package, all_specs, find_spec
from genai_demo.lessons.lesson import Condition, Lesson, Step, values
from genai_demo.lessons.parse import MOST_BYTES, parse
from pages import PAGES, lessons
from tests.real import borrowed, is_here

GOOD = """---
title: A <b>lesson</b>
page: mamba
minutes: 3
level: first
---

## First
Some text, and
more of it: all of
it here: no key.
recipe: run=ssm/signal&delta=1
predict: Which?
- [ ] one
- [x] two
shows: Two,
  as it was.

## <img src=x onerror=alert(1)>
recipe: run=ssm/signal&delta=1
check: kept > 95 and selection = false
yes: Yes.
not yet: No.
solution: run=ssm/signal&delta=0.02
"""


def read(text: str) -> Lesson:
    return parse("made", text, lessons.known())


def test_a_lesson_is_read() -> None:
    first, last = read(GOOD).steps
    assert first.text == "Some text, and more of it: all of it here: no key."
    assert first.shows == "Two, as it was."
    assert [one.right for one in first.choices] == [False, True]
    assert first.recipe.options == {"delta": 1.0}
    assert last.check == (Condition("kept", ">", 95.0), Condition("selection", "=", "false"))
    assert last.answered(Recipe("ssm/signal", {"selection": False}), [{"name": "kept", "value": 96}])
    assert not last.answered(Recipe("ssm/signal", {"selection": True}), [{"name": "kept", "value": 96}])
    assert not last.answered(Recipe("ssm/signal", {"selection": False}), [])
    assert not last.answered(Recipe("ssm/state", {"selection": False}), [{"name": "kept", "value": 96}])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("---\ntitle", "title", "line 1: the head is missing"),
        ("page: mamba", "page: nowhere", "line 3: page is nowhere"),
        ("minutes: 3", "minutes: soon", "line 4: minutes is soon"),
        ("level: first\n", "", "the head has no level"),
        ("level", "levle", "levle is no part of the head"),
        ("recipe: run=ssm/signal&delta=1\npredict", "predict", "line 8: this step has no recipe"),
        ("run=ssm/signal&delta=1\npredict", "run=gan/points\npredict", "line 12: run is gan/points, which is not on"),
        ("delta=1\npredict", "dleta=1\npredict", "line 12: dleta is no option of ssm/signal"),
        ("delta=1\npredict", "delta=many\npredict", "line 12: delta is many"),
        ("delta=1\npredict", "delta=1\nframe: last\npredict", "line 13: frame is last; choose a whole number"),
        ("shows:", "show:", "line 16: show is no line of a step"),
        ("- [x]", "- [ ]", "the prediction has no answer"),
        ("check: kept > 95 and", "check: kept is 95 and", "kept is 95 is no condition"),
        ("check: kept > 95 and selection = false\n", "", "the last step has no check"),
        ("yes: Yes.\n", "", "the check has no sentences"),
        ("Some text", "Some text" + "x" * MOST_BYTES, f"leave out what takes it over {MOST_BYTES}"),
    ],
)
def test_a_broken_lesson_is_refused_with_its_line(before: str, after: str, said: str) -> None:
    assert before in GOOD
    with pytest.raises(DemoError, match=said.replace("[", r"\[")) as error:
        read(GOOD.replace(before, after, 1))
    assert ";" in str(error.value), "it says what to do"


@pytest.mark.parametrize("text", ["", "---", "\x00", "## " * 2000, "---\n---\n" + "## a\n" * 50])
def test_what_is_no_lesson_at_all_is_refused(text: str) -> None:
    with pytest.raises(DemoError):
        read(text)


def test_a_teachers_lesson_is_read_and_its_markup_is_text() -> None:
    asked = TestClient(Starlette(routes=lessons.ROUTES))
    found = asked.post("/lessons/read", content=GOOD).json()
    assert (found["page"], found["name"]) == ("mamba", lessons.OWN)
    assert "<img" not in found["sheet"]
    assert "&lt;img src=x" in found["sheet"]
    assert "solution" not in str(found)
    for body in (b"\xff\xfe", b"x" * (MOST_BYTES + 1), GOOD.replace("page: mamba", "page: x").encode()):
        refused = asked.post("/lessons/read", content=body)
        assert refused.status_code == 422
        assert refused.json()["error"].endswith(".")
    assert asked.get("/lessons/nowhere.json").status_code == 404


ALL = lessons.lessons()
STEPS = [pytest.param(one, id=f"{lesson.name}-{k}") for lesson in ALL for k, one in enumerate(lesson.steps, 1)]


@pytest.fixture(scope="module", autouse=True)
def _real_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a lesson says, a network of random numbers does not show."""
    home = tmp_path_factory.mktemp("home")
    with borrowed(home, *filter(is_here, fetched(all_specs().values()))):
        yield


def fetched(specs: Iterable[ModelSpec]) -> set[Package]:
    """The Python packages in which their models come."""
    return {source for spec in specs for source in spec.sources if isinstance(source, Package)}


@cache
def played(query: str) -> dict[str, object]:
    """What the film of a link shows in the end."""
    recipe, _ = from_query(dict(parse_qsl(query)), all_runs())
    assert recipe
    return values(complete(recipe), [one for frame in filmed(query) for one in frame["numbers"]])


@cache
def filmed(query: str) -> list[dict[str, Any]]:
    """The frames of a link as they travel; skips the test where nobody has fetched its model."""
    recipe, _ = from_query(dict(parse_qsl(query)), all_runs())
    assert recipe
    key = complete(recipe).model
    if key and not is_here(*fetched([find_spec(key)])):
        pytest.skip(f"{key} is not here; `python -m genai_demo prefetch {key}` fetches it")
    return [dict(pack(frame)) for frame in run(recipe)]


def test_every_architecture_has_its_first_lesson_and_a_second() -> None:
    pages = sorted(page.path for page in PAGES if page.architecture not in ("", "compare", "dummy"))
    assert sorted(one.page for one in ALL if one.level == "first") == pages
    assert sorted({one.page for one in ALL if one.level == "second"}) == pages


@pytest.mark.parametrize("step", STEPS)
def test_a_step_runs_and_shows_what_it_says(step: Step) -> None:
    got = played(to_query(step.recipe))
    assert [one for one in step.holds if not one.holds(got)] == []


@pytest.mark.parametrize("step", STEPS)
def test_a_step_points_at_what_its_film_shows(step: Step) -> None:
    film = filmed(to_query(step.recipe))
    there = {name for frame in film for name in (*frame["lanes"], *frame["bars"])}
    there |= {one[key] for frame in film for one in frame["numbers"] for key in ("name", "chart") if one.get(key)}
    assert step.point, "a student is shown where to look"
    assert set(step.point) - there == set()
    assert step.frame is None or step.frame <= len(film)


@pytest.mark.parametrize("lesson", ALL, ids=lambda one: one.name)
def test_the_question_of_a_lesson_is_answered_by_its_solution_and_not_before(lesson: Lesson) -> None:
    last = lesson.steps[-1]
    assert last.solution is not None
    before, after = played(to_query(last.recipe)), played(to_query(last.solution))
    assert {one.name for one in last.check} <= after.keys()
    assert [one for one in last.check if not one.holds(after)] == []
    assert [one for one in last.check if not one.holds(before)] != []
