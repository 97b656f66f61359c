"""Markup in every text that a link, a file or a document can carry is shown as text, on every page. No run is named.

A text that a run takes comes back in its frames; one that it refuses comes back in the message that says so.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest

from genai_demo.core.run import Run, all_runs
from pages import PAGES
from tests.pages.conftest import visits
from tests.standins import smallest, stand_ins  # noqa: F401  the fixture replaces what would be fetched

pytestmark = pytest.mark.browser
PLANT = "<img data-planted src=x>"
PROSE = {
    *("text", "texts", "template", "classes", "templates", "query", "words", "word", "system", "prompt", "look_for"),
    *("negative_prompt", "other_prompt", "sentences", "question", "other", "first", "second", "begin"),
}
LOOK = "() => [document.querySelectorAll('[data-planted], [src=x]').length, document.title.includes('<img')]"
# Either the run is over, or somebody was told why not.
OVER = """bench => {
  const told = document.querySelector(`#${bench}-strip .film`)?.told;
  return told?.done && told.badge === 'live' || document.querySelector('.toast-body, .notice:not(:empty)');
}"""


def texts(entry: Run) -> list[str]:
    """Options that hold any text."""
    return [one["name"] for one in entry.options.describe() if one["type"] == "string" and "choices" not in one]


WITH_TEXT = {name: entry for name, entry in all_runs().items() if texts(entry)}
PATHS = {page.architecture: page.path for page in PAGES if page.architecture}


@pytest.fixture(scope="module")
def page(chromium: Any, base_url: str) -> Iterator[Any]:
    """One visitor's page for all of them."""
    with visits(chromium, base_url) as visit:
        yield visit()


def follow(page: Any, base_url: str, name: str, planted: list[str]) -> None:
    entry = WITH_TEXT[name]
    options = smallest(entry) | {one: f"{PLANT} {{}}" if "template" in one else PLANT for one in planted}
    address = f"{base_url}/{PATHS[name.split('/')[0]]}"
    link = f"{address}?{urlencode({'run': name, 'seed': 3, **options}, quote_via=quote)}"
    page.goto(link)  # anew each time: no message of an earlier run is there
    page.wait_for_function(OVER, arg=f"p-{name.replace('/', '-')}")
    assert page.evaluate(LOOK) == [0, False], name


@pytest.mark.parametrize("name", [name for name, entry in WITH_TEXT.items() if PROSE & set(texts(entry))])
def test_a_text_of_a_link_is_text_where_it_is_shown(name: str, page: Any, base_url: str) -> None:
    follow(page, base_url, name, [one for one in texts(WITH_TEXT[name]) if one in PROSE])


@pytest.mark.parametrize("name", {name.split("/")[0]: name for name in WITH_TEXT}.values())
def test_a_text_that_is_refused_is_text_in_the_message(name: str, page: Any, base_url: str) -> None:
    follow(page, base_url, name, texts(WITH_TEXT[name]))


@pytest.mark.parametrize("path", [page.path for page in PAGES] + ["class"])
def test_an_address_is_text(path: str, base_url: str) -> None:
    """The server writes none of it into a page; the browser's part is seen above."""
    asked = dict.fromkeys(("run", "model", "seed", "lang", "lesson", "part", "lock", "set", "present", PLANT), PLANT)
    answer = httpx.get(f"{base_url}/{path}", params=asked, timeout=60)
    assert answer.status_code == 200
    assert "<img data-planted" not in answer.text


def test_a_file_and_its_name_are_text(page: Any, base_url: str) -> None:
    page.goto(f"{base_url}/rag")
    page.wait_for_selector(".shelf-head")
    content = io.BytesIO(f"# {PLANT}\n\nThe keeper of {PLANT} is paid in salt.\n".encode()).getvalue()
    with page.expect_response(lambda answer: "/documents" in answer.url and answer.request.method == "POST"):
        page.locator(".shelf input[type=file]").first.set_input_files(
            {"name": f"a{PLANT}.md", "mimeType": "text/markdown", "buffer": content}
        )
    page.locator(".shelf-list li").first.wait_for()
    assert page.evaluate(LOOK) == [0, False]
    follow(page, base_url, "rag/ask", ["question"])
