"""What a visitor sees. PAGES is the only list of pages: navigation, routes and the overview are made from it."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from starlette.routing import BaseRoute

from genai_demo.core.registry import families


@dataclass(frozen=True, slots=True)
class Page:
    """path: the route, one segment, "" for the landing page; group: one of GROUPS, "" for none.

    summary: one sentence for a visitor; links: (label, query string) pairs shown on the overview; architecture: the
    package in genai_demo whose page it is, "" for none. The module of the same name has build().
    """

    path: str
    title: str
    summary: str
    group: str = ""
    links: tuple[tuple[str, str], ...] = ()
    architecture: str = ""

    @property
    def family(self) -> str:
        """The family as a CSS name: text, images, images-and-text, systems, or none."""
        return self.group.lower().replace(" ", "-") or "none"

    @property
    def module(self) -> ModuleType:
        """The page's module or package, imported when asked for: build() makes the page."""
        return importlib.import_module(f"pages.{self.path.replace('-', '_') or 'overview'}")

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """What the page serves besides itself: the module's ROUTES, where it declares any."""
        found: Sequence[BaseRoute] = getattr(self.module, "ROUTES", ())
        return found


def page_of(path: str, architecture: str = "") -> Page:
    """The page of an architecture, which says itself what it is; its package is called as the path if not told."""
    name = architecture or path.replace("-", "_")
    family = families()[name]
    return Page(path, family.title, family.summary, family.group, family.starts, name)


PAGES: tuple[Page, ...] = (
    Page("", "Overview", "Every generative architecture, running live on real weights."),
    page_of("decoder"),
    page_of("encoder"),
    page_of("seq2seq"),
    page_of("mamba", "ssm"),
    page_of("moe"),
    page_of("diffusion"),
    page_of("vae"),
    page_of("gan"),
    page_of("flow"),
    page_of("ebm"),
    page_of("clip"),
    page_of("text-to-image"),
    page_of("vlm"),
    page_of("rag"),
    page_of("hybrids"),
    page_of("compare"),
    Page("glossary", "Glossary", "The words of generative AI, each in a sentence, with an article behind it."),
)


def find_page(path: str) -> Page:
    """The page with that path. Raises KeyError: a page that is not listed is a mistake in the program."""
    return next(page for page in PAGES if page.path == path)
