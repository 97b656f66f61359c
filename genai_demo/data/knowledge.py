"""The articles on generative AI (assets/knowledge/*.md): the library that RAG asks, and the glossary of all pages.

An article is Markdown: `# Title`, perhaps a line `Also called: ...`, a paragraph whose first sentence is a definition,
sections, and a last section `## References`. stem: the file's name without its ending, by which an article is cited.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from genai_demo.core.errors import DemoError
from genai_demo.core.home import ASSETS

KNOWLEDGE = ASSETS / "knowledge"


@dataclass(frozen=True, slots=True)
class Article:
    """One article; `text` is the whole file, so that offsets into it are offsets into what a visitor sees."""

    stem: str
    title: str
    text: str

    @property
    def also(self) -> tuple[str, ...]:
        """Other names of the subject, as the line `Also called:` lists them."""
        found = re.search(r"^Also called: (.+)$", self.text, re.MULTILINE)
        return tuple(re.split(r"[,;] ", found[1])) if found else ()

    @property
    def definition(self) -> str:
        """The first sentence, which stands alone: the glossary's entry."""
        paragraph = next(part for part in self.text.split("\n\n")[1:] if not part.startswith("#"))
        return re.split(r"(?<=\.)\s(?=[A-Z])", paragraph, maxsplit=1)[0]

    @property
    def body(self) -> str:
        """The text before its references."""
        return self.text.partition("\n## References\n")[0]

    @property
    def references(self) -> tuple[str, ...]:
        """The works cited: authors (year). Title. Venue."""
        return tuple(re.findall(r"^- (.+)$", self.text.partition("\n## References\n")[2], re.MULTILINE))


@functools.cache
def articles() -> tuple[Article, ...]:
    """All articles by the order of their stems. Raises DemoError if there are none."""
    found = tuple(_article(path) for path in sorted(KNOWLEDGE.glob("*.md")))
    if not found:
        raise DemoError("the library has 0 articles; restore assets/knowledge from the project")
    return found


def _article(path: Path) -> Article:
    text = path.read_text(encoding="utf-8")
    return Article(path.stem, text.partition("\n")[0].removeprefix("# "), text)
