"""Text of five kinds, as much of each, for language models that are to be compared: four languages and Python.

    english, french, german, italian   what Debian says of its packages (licences of the packages; translations by the
                                       Debian Description Translation Project)
    python                             the standard library of Python 3.11, PSF

Held out are whole packages, with all that share their name's first part, in every language alike, and whole modules.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from genai_demo.core.home import home, making, whole
from genai_demo.data.debian import Language, descriptions, unpacked
from genai_demo.data.english import Split, family, held_out

LANGUAGES: dict[str, Language] = {"english": "en", "french": "fr", "german": "de", "italian": "it"}
DOMAINS = (*LANGUAGES, "python")
LEAST = 200  # characters of a document
CUT = "\x1e"  # between two documents of a file that is kept


def load(domain: str, split: Split) -> list[str]:
    """The documents of one of DOMAINS, in a fixed order. Raises DemoError where they can't be fetched.

    Fetched on first use into the cache folder; only training and its measures need them.
    """
    kept = home() / "data" / "domains" / f"{domain} {split}.txt"
    if not kept.exists():
        found: dict[str, list[str]] = {name: [] for name in get_args(Split)}
        for name, text in _documents(domain):
            if len(text) >= LEAST:
                found["held out" if held_out(name) else "train"].append(text.replace(CUT, " "))
        kept.parent.mkdir(parents=True, exist_ok=True)
        for each, texts in found.items():
            with whole(kept.with_name(f"{domain} {each}.txt")) as partial:
                partial.write_text(CUT.join(texts))
    return kept.read_text().split(CUT)


def _documents(domain: str) -> Iterator[tuple[str, str]]:
    """(what is held out together, text)."""
    if domain in LANGUAGES:
        for one in descriptions(LANGUAGES[domain]):
            yield family(one.package), "\n".join(one.paragraphs)
        return
    with making("domains-python") as scratch:
        for package in ("libpython3.11-minimal", "libpython3.11-stdlib"):
            root = unpacked(package, scratch) / "usr/lib/python3.11"
            for path in sorted(path for path in root.rglob("*.py") if path.is_file()):  # one is a broken link
                yield _module(path.relative_to(root)), path.read_text(errors="ignore")


def _module(path: Path) -> str:
    """The module or package that a file belongs to, as it is imported from the top."""
    return path.parts[0].removesuffix(".py")
