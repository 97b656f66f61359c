"""Every run by its name, asked for by a program, and by its link in a browser; the frames that arrive are those that
its generator gave to the server. That they are the same whenever it runs is tests/test_doors.py. No run is named here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from genai_demo.core.frames import Frame
from genai_demo.core.link import to_query
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import all_runs, complete, run
from genai_demo.results.comparing import compare_packed
from pages import PAGES
from tests.pages.conftest import live, visits
from tests.standins import small, stand_ins  # noqa: F401  the fixture replaces what would be fetched

pytestmark = pytest.mark.browser
PATHS = {page.architecture: page.path for page in PAGES if page.architecture}


@pytest.fixture(scope="module")
def page(chromium: Any, base_url: str) -> Iterator[Any]:
    """One visitor's page for all of them: what a browser has kept need not be fetched and compiled each time."""
    with visits(chromium, base_url) as visit:
        yield visit()


def called(wanted: Recipe, client: Any) -> tuple[Any, list[Any]]:
    """Recipe and frames that a program is given."""
    job = client.submit(seed=wanted.seed, **wanted.options, api_name=f"/{wanted.run.replace('/', '_')}")
    job.result(timeout=300)
    film, _ = job.outputs()[-1]
    assert film["done"]
    return json.loads(film["recipe"]), film["frames"]


def opened(wanted: Recipe, page: Any, base_url: str) -> tuple[Any, list[Any]]:
    """Recipe and frames that a page has which follows a link; a page that is open already does what it does on load."""
    bench = f"p-{wanted.run.replace('/', '-')}"
    address = f"{base_url}/{PATHS[wanted.run.split('/')[0]]}"
    link = f"{address}?{quote(to_query(wanted), safe='=&/:,+%')}"
    if page.url.split("?")[0] == address:
        page.evaluate("link => history.replaceState(null, '', link)", link)
        page.evaluate("document.getElementById('follow').click()")
    else:
        page.goto(link)
    frames = live(page, bench)
    return page.evaluate(f"document.querySelector('#{bench}-strip .film').told.recipe"), frames


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[list[Frame]]:
    """The frames of each run that the server computes from here on."""
    runs: list[list[Frame]] = []

    def tee(recipe: Recipe) -> Iterator[Frame]:
        runs.append([])
        for frame in run(recipe):
            runs[-1].append(frame)
            yield frame

    monkeypatch.setattr("pages.parts.stream.run", tee)
    return runs


@pytest.mark.parametrize("name", sorted(all_runs()))
def test_a_program_and_a_link_bring_the_frames_of_the_recipe(
    name: str, client: Any, page: Any, base_url: str, made: list[list[Frame]]
) -> None:
    wanted = complete(small(name, seed=3))
    by_name, by_link = called(wanted, client), opened(wanted, page, base_url)
    frames = made[0]
    for recipe, packed in (by_name, by_link):
        assert (recipe["run"], recipe["seed"], recipe["model"]) == (name, 3, wanted.model)
        assert recipe["options"] == dict(wanted.options)
        difference = compare_packed(frames, packed)
        assert difference.identical, difference.where
