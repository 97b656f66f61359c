"""A tour of two minutes: a few links that pages offer anyway, in an order, with one sentence each.

A stop is the page itself with `tour=N` in its address, so that reload and Back do what they always do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pages import PAGES, Page

# path of the page, label of one of its links, what to see there
ORDER = (
    (
        "diffusion",
        "Boots in six steps",
        "Noise becomes boots. Drag the slider back: the outline comes first, then texture.",
    ),
    (
        "gan",
        "A boot turns into a bag",
        "Two networks competed until one could forge; now every picture on the way is its own.",
    ),
    (
        "decoder",
        "Click another token, go on from there",
        "A language model only ever chooses what comes next. Click another word: it goes on from yours.",
    ),
    (
        "clip",
        "Every picture against every text",
        "Pictures and words share one space. The bright cells are pairs that belong together.",
    ),
    ("rag", "Ask", "A question pulls passages out of a library, and the answer says where it comes from."),
)


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of the tour: a page, one of its links, a sentence."""

    page: Page
    label: str
    sentence: str

    def address(self, number: int) -> str:
        """Where it is, as stop `number` from 1 on."""
        query = dict(self.page.links)[self.label]
        return f"./{self.page.path}?{query}&tour={number}"


@cache
def stops() -> tuple[Stop, ...]:
    """The stops whose page and link are there."""
    pages = {page.path: page for page in PAGES}
    return tuple(
        Stop(pages[path], label, sentence)
        for path, label, sentence in ORDER
        if path in pages and label in dict(pages[path].links)
    )


def _tour(request: Request) -> Response:
    told = [
        {"title": stop.page.title, "label": stop.label, "said": stop.sentence, "href": stop.address(number)}
        for number, stop in enumerate(stops(), 1)
    ]
    return JSONResponse(told, headers={"Cache-Control": "max-age=600"})


ROUTES = [Route("/tour.json", _tour)]
