"""The lessons of the project, docs/lessons/*.md, in the order of their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

from genai_demo.lessons.lesson import Lesson
from genai_demo.lessons.parse import LEVELS, parse

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "lessons"


def lessons(pages: Mapping[str, Collection[str]]) -> tuple[Lesson, ...]:
    """All of them, the first of each page before its second. pages: path of each page -> its runs."""
    return _read(tuple((path, tuple(runs)) for path, runs in pages.items()))


def translated(lesson: Lesson, language: str, pages: Mapping[str, Collection[str]]) -> Lesson:
    """The lesson in another language, "de", where there is a translation of it; else as it is."""
    path = FOLDER / language / f"{lesson.name}.md"
    known = {path.parent.name for path in FOLDER.glob("*/*.md")}
    return parse(lesson.name, path.read_text(), pages) if language in known and path.exists() else lesson


def text(name: str) -> str:
    """A lesson as it was written, to be copied and changed. name: that of a lesson."""
    return (FOLDER / f"{name}.md").read_text()


@cache
def _read(pages: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[Lesson, ...]:
    known = dict(pages)
    found = [parse(path.stem, path.read_text(), known) for path in sorted(FOLDER.glob("*.md"))]
    order = list(known)
    return tuple(sorted(found, key=lambda one: (order.index(one.page), LEVELS.index(one.level), one.name)))
