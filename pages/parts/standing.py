"""A page that stands on its own: plain HTML with the bar of all pages, none of Gradio's, so that it is here at once."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from typing import Any

from genai_demo.core.link import LONGEST
from pages import Page
from pages.parts import scripts
from pages.parts.language import language
from pages.parts.theme import CSS, SANS, header_html


def standing(page: Page, body: str, head: str = "") -> str:
    """The whole page. body: of which one element has the id "stage"; head: more of it."""
    named = f"{page.title} - GenAI Atlas" if page.path else "GenAI Atlas"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(named)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="description" content="{escape(page.summary)}">{language.meta()}{head}'
        f"<style>:root {{ --sans: {', '.join(SANS)} }}\n{_look()}</style></head>"
        f'<body data-family="none"><script>{scripts.bundle("first.js")}</script>'
        f'<div class="gradio-container front"><div class="main"><div {part("header", longest=LONGEST)}>'
        f"{header_html(page)}</div><main>{body}</main></div></div>"
        f'<script src="{scripts.address("front.js")}" defer></script></body></html>'
    )


def part(name: str, **settings: Any) -> str:
    """Attributes of an element that a part of the scripts brings to life."""
    return f'data-part="{name}" data-settings="{escape(json.dumps(settings))}"'


@cache
def _look() -> str:
    return CSS.read_text() + CSS.with_name("front.css").read_text()
