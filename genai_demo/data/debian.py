"""Debian's packages by name, and the descriptions of all its packages in English and in translation.

Both come with apt, which checks the archive's signatures. Descriptions are free under the licences of their packages,
translations under those of the Debian Description Translation Project. Only training needs them.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genai_demo.core.errors import DemoError
from genai_demo.core.home import home, making, whole

Language = Literal["en", "fr", "de", "es", "it"]
LIMIT_S = 900


@dataclass(frozen=True, slots=True)
class Description:
    """digest: the MD5 of the English text, which translations share with it; paragraphs: the first is the title."""

    package: str
    digest: str
    paragraphs: tuple[str, ...]


def unpacked(package: str, scratch: Path) -> Path:
    """The files of a Debian package in a new folder of `scratch`. Raises DemoError where it can't be fetched."""
    folder = scratch / package
    folder.mkdir()
    try:
        _call("apt-get", "download", package, cwd=folder)
        _call("dpkg", "-x", str(next(folder.glob("*.deb"))), str(folder / "files"), cwd=folder)
    except (OSError, subprocess.SubprocessError, StopIteration) as error:
        raise DemoError(
            f"the Debian package {package} could not be fetched ({type(error).__name__}); "
            "connect to Debian's archive, run apt-get update and try again"
        ) from error
    return folder / "files"


def descriptions(language: Language) -> list[Description]:
    """All packages of the archive that this machine names, as far as they are described in that language.

    Raises DemoError where they can't be fetched.
    """
    kept = home() / "data" / "debian" / f"Translation-{language}"
    if not kept.exists():
        with making(f"debian-{language}") as scratch:
            text = _fetched(language, scratch)
            with whole(kept) as partial:
                partial.write_text(text)
    return list(read(kept.read_text(), language))


def _fetched(language: Language, scratch: Path) -> str:
    """What apt lists in that language, in one text. The machine's own lists are left alone."""
    lists = scratch / "lists"
    (lists / "partial").mkdir(parents=True)
    options = [f"Dir::State::lists={lists}", f"Acquire::Languages={language}", "Acquire::GzipIndexes=false"]
    try:
        _call("apt-get", *(part for option in options for part in ("-o", option)), "update", cwd=scratch)
        found = sorted(lists.glob(f"*i18n_Translation-{language}"))
        if not found:
            raise OSError("nothing was listed")
    except (OSError, subprocess.SubprocessError) as error:
        raise DemoError(
            f"Debian's descriptions ({language}) could not be fetched ({type(error).__name__}); "
            "connect to Debian's archive and try again"
        ) from error
    return "\n".join(path.read_text() for path in found)


def read(text: str, language: Language) -> Iterator[Description]:
    """The entries of a Translation file; of a package that is listed twice the first."""
    seen: set[str] = set()
    for entry in text.split("\n\n"):
        fields, body = _fields(entry, f"Description-{language}")
        name = fields.get("Package", "")
        if name and body and name not in seen:
            seen.add(name)
            yield Description(name, fields.get("Description-md5", ""), tuple(paragraphs(body)))


def _fields(entry: str, wanted: str) -> tuple[dict[str, str], list[str]]:
    """The first line of each field, and all lines of the field `wanted`."""
    fields: dict[str, str] = {}
    body: list[str] = []
    name = ""
    for line in entry.splitlines():
        if line.startswith(" "):
            if name == wanted:
                body.append(line[1:])
        elif ": " in line:
            name, _, value = line.partition(": ")
            fields[name] = value
            if name == wanted:
                body.append(value)
    return fields, body


def paragraphs(lines: list[str]) -> Iterator[str]:
    """The title, then the paragraphs in one line each; what is set line by line, as lists are, is left out."""
    yield lines[0]
    gathered: list[str] = []
    for line in [*lines[1:], "."]:
        if line == "." or line.startswith((" ", "\t")):
            if gathered:
                yield " ".join(gathered)
            gathered = []
        else:
            gathered.append(line.strip())


def _call(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, timeout=LIMIT_S)
