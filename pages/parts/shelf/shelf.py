"""Where a question is looked up: a visitor's own documents, the articles, and what is left out of the next ask.

    shelf = Shelf("p-rag-ask", render=False)         # option `hashes`: "SHA-256, SHA-256", "" for none
    articles = Articles("p-rag-ask", titles)       # option `documents`: "clip, ddpm", "" for all, "*" for all besides
    out = LeftOut("p-rag-ask", render=False)         # option `without`: "12, 13", chunks by number

Each value is the text option of a run, so that a link brings it back. What a shelf shows it asks over HTTP (a page's
ROUTES), with the secret that this browser keeps; documents themselves are in no value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from genai_demo.inputs.documents.document import most_bytes
from pages.parts.pads.pads import Pad
from pages.parts.scripts import call, literal

ACCEPT = ".pdf,.docx,.md,.markdown,.html,.htm,.txt"


class Shelf(Pad):
    """The visitor's documents: add, choose, delete, export. Triggers `example` once the example has been added.

    bench: the id of its panel; example: {"name", "text"} of a document that can be added with a click; invite: what
    that button says.
    """

    def __init__(self, bench: str, *, example: Mapping[str, str], invite: str, **kwargs: Any) -> None:
        super().__init__(
            value="",
            label="Your documents",
            html_template=_shelf(invite),
            apply_default_css=False,
            js_on_load=call("shelf", "input", "example", bench=bench, limit=most_bytes(), example=dict(example)),
            elem_classes="shelf-place",
            **kwargs,
        )


class Articles(Pad):
    """A menu of articles, (name, title) of each, several at once, with a search."""

    def __init__(self, bench: str, articles: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        names = [list(article) for article in articles]
        super().__init__(
            value="",
            label="Articles",
            html_template=_articles(names),
            apply_default_css=False,
            js_on_load=call("articles", "input", bench=bench, articles=names),
            elem_classes="articles-place",
            **kwargs,
        )


class LeftOut(Pad):
    """Passages that the next ask does without: a click on one in the film leaves it out, one here puts it back.

    ranks: the value is ranks among those that are sent, one at least, of a film whose first column can be clicked.
    """

    def __init__(self, bench: str, *, ranks: bool = False, **kwargs: Any) -> None:
        hint = (
            "Click a passage on the left below to knock it out, or to put it back."
            if ranks
            else ("Click a passage in the ranks: the question is asked again without it.")
        )
        super().__init__(
            value="1" if ranks else "",
            label="Left out",
            apply_default_css=False,
            js_on_load=call("leftout", "input", bench=bench, ranks=ranks),
            html_template='<section class="leftout" aria-label="Left out"><span class="leftout-list"></span>'
            f'<span class="leftout-hint">{literal(hint)}</span></section>',
            **kwargs,
        )


def _shelf(invite: str) -> str:
    most = f"{most_bytes() / 1e6:.0f} MB"
    return f"""
<section class="shelf" aria-label="Your documents">
  <div class="shelf-head"><b>Your documents</b><button type="button" data-do="add">Add files</button>
    <input type="file" multiple hidden accept="{ACCEPT}" aria-label="Files to add"></div>
  <p class="shelf-hint">PDF, Word, Markdown, HTML or text, {most} each. For you alone, and gone after two hours.</p>
  <ul class="shelf-list"></ul>
  <div class="shelf-work" role="status" hidden><span class="shelf-stage"></span><progress></progress>
    <button type="button" data-do="stop">Stop</button></div>
  <div class="shelf-notes" role="status"></div>
  <div class="shelf-foot"><button type="button" data-do="example">{literal(invite)}</button>
    <button type="button" data-do="save" class="kept">Export</button>
    <button type="button" data-do="clear" class="kept">Delete all</button>
    <span class="shelf-until kept"></span></div>
</section>"""


def _articles(names: Sequence[Sequence[str]]) -> str:
    return f"""
<details class="articles"><summary><b>Articles</b><span class="articles-now"></span></summary>
  <div class="articles-menu">
  <input type="search" placeholder="Search {len(names)} articles" aria-label="Search articles">
  <label class="articles-all"><input type="checkbox"><span>All {len(names)} articles</span></label>
  <ul></ul></div>
</details>"""
