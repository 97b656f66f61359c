"""Questions about the articles of the library (genai_demo/data/knowledge.py), with what answers each."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Literal

from genai_demo.core.errors import DemoError
from genai_demo.data.knowledge import KNOWLEDGE

Kind = Literal["direct", "paraphrase", "two", "unanswerable", "off subject"]


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
def questions() -> tuple[Question, ...]:
    """All questions in the order of their file. Raises DemoError if it is missing."""
    path = KNOWLEDGE / "questions.json"
    if not path.exists():
        raise DemoError("assets/knowledge/questions.json is missing; restore it from the project")
    return tuple(
        Question(**{**entry, "passages": tuple(Passage(**passage) for passage in entry["passages"])})
        for entry in json.loads(path.read_text(encoding="utf-8"))
    )
