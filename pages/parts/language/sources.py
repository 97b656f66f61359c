"""Every text of the interface that is written in Python, and every sentence of refusal: what a language translates.

A sentence with something put in stands with `{}` in its place: "delta is {}; choose a number from {} to {}".
"""

from __future__ import annotations

import ast
import dataclasses
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from genai_demo.core.registry import GROUPS
from genai_demo.core.run import all_runs, find_run
from genai_demo.core.spec import resolve
from genai_demo.data.knowledge import articles
from pages import PAGES, Page
from pages.lessons import lessons
from pages.parts.bench import Bench
from pages.parts.controls import words
from pages.words import plain

ROOT = Path(__file__).resolve().parents[3]
SHOWN = ("title", "chart", "note")  # of a field of a frame, what is read as words


def interface() -> set[str]:
    """Texts as they stand on the pages: names, labels, questions and answers, titles of what a film shows."""
    found = {text for page in PAGES for text in _page(page)} | {*GROUPS}
    found |= {text for entry in all_runs().values() for text in _run(entry)} | {one.title for one in lessons()}
    found |= {plain(one.definition) for one in articles()}
    return {" ".join(text.split()) for text in found if any(map(str.isalpha, text))}


def _page(page: Page) -> Iterator[str]:
    yield from (page.title, page.summary, *(label for label, _ in page.links))
    module = page.module
    yield getattr(module, "LOOK", "")
    yield from getattr(module, "LABELS", {}).values()
    yield from _words(getattr(module, "CHOICES", {}))
    for entry in getattr(module, "TIMELINE", ()):
        yield from (entry.name, entry.idea)
    for one in getattr(module, "TRIES", ()):
        yield from (one.title, one.look_for, one.shows)
    for bench in getattr(module, "BENCHES", ()):
        yield from (bench.tab, bench.blurb, bench.primary, bench.group, *(bench.labels or {}).values())
        yield from _words(bench.choices or {})
        yield from _values(bench, {**getattr(module, "CHOICES", {}), **(bench.choices or {})})


def _values(bench: Bench, named: Mapping[str, Any]) -> Iterator[str]:
    """What an option may be, where its page has no words for it."""
    for option in find_run(bench.run).options.describe():
        if option["name"] not in named and option["name"] not in (*bench.own, *bench.hidden):
            yield from (words(str(value)) for value in option.get("choices") or ())


def _words(choices: Any) -> Iterator[str]:
    return (label for rows in choices.values() for label, _ in rows)


def _run(entry: Any) -> Iterator[str]:
    """What is said of a run's options, and the titles of what its frames show."""
    yield entry.summary
    yield from (str(known.get(name) or "") for known in entry.options.describe() for name in ("help", "unit"))
    for frame in typing.get_args(typing.get_type_hints(resolve(entry.start))["return"]):
        for field in dataclasses.fields(frame):
            yield from (str(field.metadata.get(name) or "") for name in SHOWN)


def refusals() -> set[str]:
    """The sentences of every DemoError that is raised in the program, as far as they stand in one place."""
    found = set[str]()
    for folder in ("genai_demo", "pages"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "DemoError" and node.args:
                    found.add(_template(node.args[0]))
    return {text for text in found if any(map(str.isalpha, text.replace("{}", "")))}


def _template(node: ast.expr) -> str:
    """A text or an f-string, with {} where something is put in; "{}" for what is computed elsewhere."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_template(part) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.BinOp):
        return _template(node.left) + _template(node.right)
    return "{}"
