"""The tables in the README of the project: `python -m genai_demo readme` writes each between two marks.

Everything in them is read: from what the architectures declare, the files of their weights, the limits that can be set,
and assets/reliability.json, which the commands named in it write.
"""

from __future__ import annotations

import json
from pathlib import Path

from genai_demo.core import limits
from genai_demo.core.home import ASSETS
from genai_demo.core.registry import GROUPS, Family, families, packages
from genai_demo.core.spec import Bundled, ModelSpec, Package
from genai_demo.quality import tables

README = tables.ROOT / "README.md"
START, END = "<!-- architectures -->", "<!-- /architectures -->"
MARKS = {name: (f"<!-- {name} -->", f"<!-- /{name} -->") for name in ("limits", "reliability")}
TRIED = ASSETS / "reliability.json"
HEADS = ("architecture", "group", "what it is", "runs", "models")


def table() -> str:
    """Markdown: an architecture a row, by group, then by title."""
    known = sorted(families().items(), key=lambda item: (GROUPS.index(item[1].group), item[1].title))
    return tables.table(HEADS, [_row(name, family) for name, family in known], texts=len(HEADS))


def fill() -> Path:
    """Write the tables into the README. -> its path. Raises DemoError where marks are missing."""
    tables.put(README, table(), START, END)
    for name, made in OTHERS.items():
        tables.put(README, made(), *MARKS[name])
    return README


def allowed() -> str:
    """Markdown: what may be set for a class, a variable a row."""
    rows = [[f"`{one.variable}`", one.meaning, str(one.usual), f"{one.least} to {one.most}"] for one in limits.ALL]
    return tables.table(("variable", "what it limits", "usually", "from, to"), rows, texts=4)


def tried() -> str:
    """Markdown: what was measured against misuse and mishap, a command a row."""
    rows = [[one["what"], one["found"], f"`{one['command']}`", one["date"]] for one in json.loads(TRIED.read_text())]
    return tables.table(("what was tried", "what came of it", "by", "on"), rows, texts=4)


OTHERS = {"limits": allowed, "reliability": tried}


def shown() -> str:
    """What stands between the marks of the table of architectures now."""
    return tables.between(README, START, END)[1].strip()


def written(name: str) -> str:
    """What stands between the marks of another table now."""
    return tables.between(README, *MARKS[name])[1].strip()


def _row(name: str, family: Family) -> list[str]:
    runs = ", ".join(entry.name.partition("/")[2] for entry in packages()[name].RUNS)
    models = "; ".join(map(_model, packages()[name].SPECS))
    title = f"[{family.title}](genai_demo/{name}/README.md)"
    return [title, family.group, family.summary, runs, models]


def _model(spec: ModelSpec) -> str:
    """ "fashion (1.47 M parameters, 2.9 MB)", or where it comes from."""
    name = spec.key.partition("/")[2]
    first = spec.sources[0]
    if isinstance(first, Bundled):
        size = sum(path.stat().st_size for path in first.paths)
        return f"{name} ({spec.card['parameters'] / 1e6:.3g} M parameters, {size / 1e6:.2g} MB)"
    return f"{name} (a package)" if isinstance(first, Package) else f"{name} (not bundled)"
