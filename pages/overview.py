"""The landing page: what this is in one line, and every architecture that has a page, by family. No model, no event.

`python -m genai_demo poster` makes the pictures on the cards, each by its page's own models.
"""

from __future__ import annotations

from html import escape

import gradio as gr

from genai_demo.core.registry import GROUPS
from pages import PAGES, Page
from pages.parts.theme import ROOT

IMAGES = ROOT / "assets" / "images"


def build() -> None:
    """The page; only HTML."""
    families = "".join(_family(group) for group in GROUPS)
    gr.HTML(
        '<section class="hero" id="stage"><h1>Watch generative models think.</h1>'
        "<p>Every architecture here runs live, on real weights, one step at a time. Pick one, press Generate, "
        f"and scrub through what it did.</p></section>{families}"
    )


def _family(group: str) -> str:
    pages = [page for page in PAGES if page.group == group]
    if not pages:
        return ""
    cards = "".join(map(_card, pages))
    return f'<section data-family="{pages[0].family}"><h2>{escape(group)}</h2><ul class="cards">{cards}</ul></section>'


def _card(page: Page) -> str:
    links = "".join(
        f'<li><a href="./{page.path}?{escape(query)}">{escape(label)}</a></li>' for label, query in page.links
    )
    more = f'<ul class="links">{links}</ul>' if links else ""
    return (
        f'<li class="card"><a class="whole" href="./{page.path}">{_picture(page)}<h3>{escape(page.title)}</h3>'
        f"<p>{escape(page.summary)}</p></a>{more}</li>"
    )


def _picture(page: Page) -> str:
    """The picture a page's own model made, or a quiet placeholder."""
    for ending in ("webp", "png"):
        file = f"{page.architecture}.{ending}"
        if (IMAGES / file).exists():
            return f'<img src="./images/{file}" alt="Made by the models of this page" loading="lazy">'
    return '<span class="no-picture" aria-hidden="true"></span>'
