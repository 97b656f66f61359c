"""The glossary: every word of the library that RAG asks, its definition in sight, its article a click away."""

from __future__ import annotations

import functools
import re
from html import escape
from urllib.parse import quote

import gradio as gr
from markdown_it import MarkdownIt
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from genai_demo.data.knowledge import Article, articles
from pages import find_page
from pages.parts.scripts import call
from pages.parts.theme import title
from pages.words import plain


def build() -> None:
    """The page; the articles themselves are fetched as they are opened."""
    title(find_page("glossary"))
    entries = "".join(map(_entry, sorted(articles(), key=lambda one: one.title.lower())))
    gr.HTML(
        '<div class="glossary"><label>Find <input type="search" placeholder="attention, latent, FiD ..."></label>'
        f'<p role="status"></p><div class="entries">{entries}</div></div>',
        js_on_load=call("glossary"),
    )


def _entry(article: Article) -> str:
    also = f' <span class="also"><i>also</i> {escape(", ".join(article.also))}</span>' if article.also else ""
    return (
        f'<details id="{article.stem}"><summary><dfn>{escape(article.title)}</dfn>{also}'
        f"<p>{escape(plain(article.definition))}</p></summary>"
        f'<div class="article"></div><a class="ask" href="./rag?{_question(article)}">Ask the library about it</a>'
        "</details>"
    )


def _question(article: Article) -> str:
    return f"run=rag/ask&amp;documents={article.stem}&amp;question={quote(f'What is {article.title}?')}"


@functools.cache
def _read(stem: str) -> str:
    """The article as HTML; whatever HTML stands in it is text. Raises HTTPException where there is none."""
    for article in articles():
        if article.stem == stem:
            return str(MarkdownIt("commonmark", {"html": False}).render(_rest(article)))
    raise HTTPException(404)


def _rest(article: Article) -> str:
    """What is not on the page already: the article without its title, other names and definition."""
    text = article.text.partition("\n")[2].replace(article.definition, "", 1)
    return re.sub(r"^Also called: .+$", "", text, count=1, flags=re.MULTILINE)


async def _article(request: Request) -> Response:
    return HTMLResponse(_read(request.path_params["stem"]), headers={"Cache-Control": "public, max-age=3600"})


ROUTES = [Route("/articles/{stem}", _article)]
