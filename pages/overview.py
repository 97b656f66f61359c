"""The front page: a film at once, three ways in, and the map of all architectures by family.

It is plain HTML and not one of Gradio's pages, since nothing on it asks the server: no session, and a tenth of what
the browser has to fetch. `python -m genai_demo poster` makes its films, each by its architecture's own models.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import cache
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from genai_demo.core.registry import GROUPS
from genai_demo.quality import hero
from genai_demo.quality.posters import IMAGES, frames_in
from pages import PAGES, Page, class_set, lessons
from pages.parts.search import index
from pages.parts.standing import part, standing
from pages.parts.theme import ROOT
from pages.parts.tour import tour

DECK = ROOT / "present.py"
DECK_ADDRESS = "GENAI_DEMO_DECK_URL"  # environment variable: where the deck is served, for a link to it
WIDE, NARROW = 3, 2  # columns of the map: as a rule, and on a tablet
SAID = {
    "Text": "Machines that write.",
    "Images": "Machines that draw.",
    "Images and text": "Machines that know what belongs together.",
    "Systems": "Models at work with other parts.",
    "Compare": "The families side by side.",
}


def html() -> str:
    """The whole page. What it says of the deck is what is there as it is asked."""
    preload = f'<link rel="preload" href="{_kept(hero.PATH.name)}" as="fetch" crossorigin="anonymous">'
    return standing(PAGES[0], _hero() + _ways() + _map() + _foot(), preload)


@cache
def _kept(name: str) -> str:
    """The address of a picture; it changes with the file, whose size and time stand for it."""
    found = (IMAGES / name).stat()
    return f"./images/{name}?{found.st_size:x}{int(found.st_mtime):x}"


@cache
def _hero() -> str:
    told = json.loads(hero.PATH.read_text())
    said = (
        f"{told['points']:,} points begin as pure noise. In {told['steps']} steps a diffusion model moves each one to "
        "where it guesses that data lies; it has learnt a spiral. A point keeps the colour of where it began."
    )
    return (
        f'<section class="hero" id="stage" {part("hero", film=_kept(hero.PATH.name))}>'
        '<canvas role="img" aria-label="Points of noise become a spiral"></canvas>'
        '<div class="hero-words"><h1>Watch generative models work.</h1>'
        "<p>Every architecture here runs live, on real weights, one step at a time, and you can look inside.</p>"
        f'<p class="hero-do"><a class="button" href="./{_page_of(told["link"])}?{escape(told["link"])}">'
        "Run this yourself</a></p></div>"
        f'<div class="hero-foot"><p class="hero-said"><b>Recorded</b> {escape(said)}</p>'
        '<div class="hero-time"><button type="button" class="hero-play" aria-label="Play">'
        '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M6 3.5v13l10.5-6.5z"/></svg></button>'
        f'<input type="range" min="0" max="{told["steps"]}" value="{told["steps"]}" step="any" aria-label="Step">'
        f"<output>step {told['steps']} of {told['steps']}</output></div></div></section>"
    )


def _page_of(query: str) -> str:
    """The path of the page whose architecture runs what a link asks for."""
    name = query.partition("run=")[2].partition("/")[0]
    return next(page.path for page in PAGES if page.architecture == name)


def _ways() -> str:
    found = tour.stops()
    curious = _way(
        "Curious?",
        f"Two minutes, {len(found)} stops",
        "A short tour of what runs here, one sentence a stop. Next leads on, Back works.",
        f'<a class="go" href="{escape(found[0].address(1))}">Take the tour</a>',
    )
    teaching = _way(
        "Teaching a class?",
        f"{len(class_set.questions())} questions, each answered by a run",
        "Predict, run, compare. Choose some: they become one link, and a sheet to print.",
        '<a class="go" href="./class">Choose questions</a>',
    )
    return f'<section class="ways" aria-label="Ways in">{curious}{teaching}{_deck()}</section>'


def _deck() -> str:
    """How to start the deck, where this copy of the program has one."""
    address = os.environ.get(DECK_ADDRESS, "").strip()
    if not DECK.exists():
        return ""
    link = f'<a class="go" href="{escape(address)}">Open the deck</a>' if _web(address) else ""
    text = "One idea a screen, large type, live or recorded, over the same engine."
    return _way(
        "Presenting?", "A deck for stakeholders", text, link or "<span>Start it with <code>make present</code></span>"
    )


def _web(address: str) -> bool:
    return address.startswith(("http://", "https://"))


def _way(who: str, what: str, text: str, go: str) -> str:
    return f'<div class="way"><h2>{who}</h2><p><b>{what}.</b> {text}</p><p>{go}</p></div>'


@cache
def _map() -> str:
    """A region for each family, in rows of WIDE tiles that are full, whatever the number of architectures."""
    named = [(group, [page for page in PAGES if page.group == group]) for group in GROUPS]
    regions = sorted((each for each in named if each[1]), key=lambda each: -len(each[1]))
    widths = shared([len(pages) for _, pages in regions])
    inside = "".join(_region(*one, width) for one, width in zip(regions, widths, strict=True))
    return f'<section class="map" id="map" aria-label="The map" {part("reels")}>{inside}</section>'


def shared(counts: Sequence[int]) -> list[int]:
    """How many columns each region has, so that rows of WIDE are full. counts: tiles of each, the most first."""
    widths: list[int] = []
    left = 0  # columns in the row that is begun
    for k, count in enumerate(counts):
        after = counts[k + 1] if k + 1 < len(counts) else WIDE
        room = left or WIDE
        width = min(room, count)
        if min(after, WIDE) > room - width:  # nothing more fits beside it
            width = room
        widths.append(width)
        left = room - width
    return widths


def cells(count: int, width: int) -> list[int]:
    """How many columns each of so many tiles takes, that the rows of a region are full: the first and the last more."""
    found = [1] * count
    spare = -count % width
    found[0] += spare - spare // 2 if count > 1 else spare
    found[-1] += spare // 2 if count > 1 else 0
    return found


def _region(group: str, pages: Sequence[Page], width: int) -> str:
    sizes = zip(pages, cells(len(pages), width), cells(len(pages), NARROW), strict=True)
    tiles = "".join(_tile(*one) for one in sizes)
    return (
        f'<section class="region" data-family="{pages[0].family}" style="--span: {width}">'
        f'<header><h2>{escape(group)}</h2><p>{SAID.get(group, "")}</p></header><ul class="tiles">{tiles}</ul></section>'
    )


def _tile(page: Page, size: int, narrow: int) -> str:
    """size, narrow: columns that it takes of WIDE and of NARROW; the words of a wide one stand beside its film."""
    links = "".join(
        f'<li><a href="./{page.path}?{escape(query)}">{escape(label)}</a></li>' for label, query in page.links
    )
    more = f'<ul class="links">{links}</ul>' if links else ""
    return (
        f'<li class="tile" style="--cells: {size}; --cells-narrow: {narrow}">{_reel(page)}'
        f'<div><h3><a class="whole" href="./{page.path}">{escape(page.title)}</a></h3>'
        f"<p>{escape(page.summary)}</p>{more}</div></li>"
    )


def _reel(page: Page) -> str:
    """The film its own model made, a sheet of frames that the style sheet steps through; dark where it is missing."""
    name = f"{page.architecture}.webp"
    if not (IMAGES / name).exists():
        return '<span class="reel none" aria-hidden="true"></span>'
    count, width, height = frames_in(IMAGES / name)
    sharp = " sharp" if width < 200 else ""
    return (
        f'<span class="reel{sharp}" style="--n: {count}; --w: {width}px"><span><img src="{_kept(name)}" alt="" '
        f'width="{width}" height="{count * height}" loading="lazy" decoding="async"></span></span>'
    )


def _foot() -> str:
    return (
        '<p class="foot">Everything on this page was made by the models it shows and is recorded; nothing was computed '
        'for you yet. Press <kbd>/</kbd> to search, <kbd>?</kbd> for the keys, or read the <a href="./glossary">'
        "glossary</a>.</p>"
    )


def _front(request: Request) -> Response:
    return HTMLResponse(html(), headers={"Cache-Control": "no-cache"})


ROUTES = [Route("/", _front), *index.ROUTES, *tour.ROUTES, *class_set.ROUTES, *lessons.ROUTES]
