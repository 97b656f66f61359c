"""Every run, through the doors that need a server: its link opens its page and runs; a program calls it by name.

The frames that arrive are those that the recipe gives to whoever iterates it. No run is named here: all are found.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from genai_demo.core.link import to_query
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import all_runs, complete, run
from genai_demo.results.files import compare_packed
from pages import PAGES
from tests.pages.conftest import live
from tests.standins import small, stand_ins  # noqa: F401  the fixture replaces what would be fetched

pytestmark = pytest.mark.browser
each_run = pytest.mark.parametrize("name", sorted(all_runs()))
PATHS = {page.architecture: page.path for page in PAGES if page.architecture}


def same(recipe: Any, packed: list[Any]) -> None:
    """The frames that came over the wire are those of the recipe that came with them."""
    known = Recipe(recipe["run"], recipe["options"], recipe["seed"], recipe["model"])
    found = compare_packed(list(run(known)), packed)
    assert found.identical, found.where


@each_run
def test_a_link_opens_its_page_and_runs(name: str, visit: Any) -> None:
    wanted = complete(small(name, seed=3))
    page = visit(f"{PATHS[name.split('/')[0]]}?{quote(to_query(wanted), safe='=&/:,+%')}")
    frames = live(page, "p-" + name.replace("/", "-"))
    film = page.evaluate(f"document.querySelector('#p-{name.replace('/', '-')}-strip .film').told.recipe")
    assert (film["run"], film["seed"], film["model"]) == (name, 3, wanted.model)
    assert film["options"] == dict(wanted.options)
    same(film, frames)


@each_run
def test_a_program_calls_it_by_name(name: str, client: Any) -> None:
    wanted = complete(small(name, seed=5))
    job = client.submit(seed=5, **wanted.options, api_name=f"/{name.replace('/', '_')}")
    job.result(timeout=300)
    film, _ = job.outputs()[-1]
    assert film["done"]
    recipe = json.loads(film["recipe"])
    assert recipe["options"] == dict(wanted.options)
    same(recipe, film["frames"])
