"""Tables of measured quality, Markdown made from cards alone; they stand in the READMEs, between two marks.

Each architecture makes its own, `table()` in its quality.py. That of the 2-D laboratory, "lab", which is no
architecture, is made from its file of results and stands in docs/laboratory.md.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

from genai_demo.core.errors import DemoError
from genai_demo.core.errors import shown as short
from genai_demo.core.registry import having, part
from genai_demo.quality.sheets import folder

ROOT = Path(__file__).resolve().parents[2]
LAB, LAB_PAGE = "lab", ROOT / "docs" / "laboratory.md"
START, END = "<!-- quality -->", "<!-- /quality -->"


def names() -> list[str]:
    """What has measured quality: the architectures with a quality.py, and the laboratory."""
    return [*having("quality"), LAB]


def module(name: str) -> str:
    """Dotted name of the module with measure() and table(). Raises DemoError that lists those there are."""
    dotted = "genai_demo.quality.laboratory_table" if name == LAB else part(name, "quality")
    if dotted is None:
        raise DemoError(f"architecture is {short(name)}; choose one of {', '.join(names())}")
    return dotted


def render(name: str) -> str:
    """The table of an architecture, Markdown. Raises DemoError where its cards say too little."""
    made = importlib.import_module(module(name)).table
    try:
        return str(made())
    except KeyError as missing:
        raise DemoError(f"{missing} of {name} is not measured; `python -m genai_demo quality {name}` does it") from None


def check(name: str) -> Path:
    """The README of an architecture, or the page of the laboratory. Raises DemoError where the table has no place."""
    path = LAB_PAGE if name == LAB else folder(name) / "README.md"
    between(path)
    return path


def shown(name: str) -> str:
    """What stands between the marks now."""
    return between(check(name))[1].strip()


def fill(name: str) -> Path:
    """Write the table between the marks; the rest of the README stays as it is. -> the README."""
    path = check(name)
    put(path, render(name))
    return path


def put(path: Path, text: str, start: str = START, end: str = END) -> None:
    """Write a text between two marks of a file. Raises DemoError where they are not there."""
    before, _, after = between(path, start, end)
    path.write_text(f"{before}{start}\n{text}\n{end}{after}")


def between(path: Path, start: str = START, end: str = END) -> tuple[str, str, str]:
    """What stands before, between and after two marks. Raises DemoError where they are not there, once each."""
    text = path.read_text() if path.exists() else ""
    if text.count(start) != 1 or text.count(end) != 1 or text.index(start) > text.index(end):
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
        raise DemoError(f"{name} needs one line {start} and below it one {end}; add them")
    before, _, rest = text.partition(start)
    inside, _, after = rest.partition(end)
    return before, inside, after


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    """Markdown of a table. texts: columns on the left that hold no numbers."""
    lines = [heads, [*["---"] * texts, *["---:"] * (len(heads) - texts)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(share: float, digits: int = 1) -> str:
    """A share of 1 in percent."""
    return f"{100 * share:.{digits}f} %"
