"""The built-in library: short articles with their references (assets/knowledge/*.md), and questions about them.

An article is Markdown: `# Title`, perhaps a line `Also called: ...`, a paragraph whose first sentence is a definition,
sections, and a last section `## References`. stem: the file's name without its ending, by which an article is cited.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genai_demo.core.errors import DemoError
from genai_demo.core.home import ASSETS

KNOWLEDGE = ASSETS / "knowledge"

Kind = Literal["direct", "paraphrase", "two", "unanswerable", "off subject"]


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


@dataclass(frozen=True, slots=True)
class Passage:
    """`span` stands word for word in the article of that stem."""

    article: str
    span: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what answers it.

    For kind "two" a passage of each of its articles is needed; for "direct" and "paraphrase" any one passage is enough;
    an "unanswerable" one on the subject, or one "off subject", has no passages and an empty answer.
    """

    id: str
    question: str
    kind: Kind
    passages: tuple[Passage, ...]
    answer: str


@functools.cache
def articles() -> tuple[Article, ...]:
    """All articles by the order of their stems. Raises DemoError if there are none."""
    found = tuple(_article(path) for path in sorted(KNOWLEDGE.glob("*.md")))
    if not found:
        raise DemoError("the library has 0 articles; restore assets/knowledge from the project")
    return found


@functools.cache
def questions() -> tuple[Question, ...]:
    """All questions in the order of their file. Raises DemoError if it is missing."""
    path = KNOWLEDGE / "questions.json"
    if not path.exists():
        raise DemoError("assets/knowledge/questions.json is missing; restore it from the project")
    return tuple(
        Question(**{**entry, "passages": tuple(Passage(**passage) for passage in entry["passages"])})
        for entry in json.loads(path.read_text(encoding="utf-8"))
    )


def _article(path: Path) -> Article:
    text = path.read_text(encoding="utf-8")
    return Article(path.stem, text.partition("\n")[0].removeprefix("# "), text)
