"""Every run's link opens its page and runs; the frames that arrive are those that the recipe gives to whoever iterates
it. No run is named here: all are found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from genai_demo.core.link import to_query
from genai_demo.core.run import all_runs, complete
from pages import PAGES
from tests.pages.conftest import live, visits
from tests.standins import same, small, stand_ins  # noqa: F401  the fixture replaces what would be fetched

pytestmark = pytest.mark.browser
PATHS = {page.architecture: page.path for page in PAGES if page.architecture}


@pytest.fixture(scope="module")
def page(chromium: Any, base_url: str) -> Iterator[Any]:
    """One visitor's page for all of them: what a browser has kept need not be fetched and compiled each time."""
    with visits(chromium, base_url) as visit:
        yield visit()


@pytest.mark.parametrize("name", sorted(all_runs()))
def test_a_link_opens_its_page_and_runs(name: str, page: Any, base_url: str) -> None:
    wanted = complete(small(name, seed=3))
    page.goto(f"{base_url}/{PATHS[name.split('/')[0]]}?{quote(to_query(wanted), safe='=&/:,+%')}")
    frames = live(page, "p-" + name.replace("/", "-"))
    film = page.evaluate(f"document.querySelector('#p-{name.replace('/', '-')}-strip .film').told.recipe")
    assert (film["run"], film["seed"], film["model"]) == (name, 3, wanted.model)
    assert film["options"] == dict(wanted.options)
    same(film, frames)
