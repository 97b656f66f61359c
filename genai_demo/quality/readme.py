"""The table of architectures in the README of the project: `python -m genai_demo readme` writes it between two marks.

Everything in it is read from what the architectures declare and from the files of their weights.
"""

from __future__ import annotations

from pathlib import Path

from genai_demo.core.registry import GROUPS, Family, families, packages
from genai_demo.core.spec import Bundled, ModelSpec, Package
from genai_demo.quality import tables

README = tables.ROOT / "README.md"
START, END = "<!-- architectures -->", "<!-- /architectures -->"
HEADS = ("architecture", "group", "what it is", "runs", "models")


def table() -> str:
    """Markdown: an architecture a row, by group, then by title."""
    known = sorted(families().items(), key=lambda item: (GROUPS.index(item[1].group), item[1].title))
    return tables.table(HEADS, [_row(name, family) for name, family in known], texts=len(HEADS))


def fill() -> Path:
    """Write the table into the README. -> its path. Raises DemoError where the marks are missing."""
    tables.put(README, table(), START, END)
    return README


def shown() -> str:
    """What stands between the marks now."""
    return tables.between(README, START, END)[1].strip()


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
