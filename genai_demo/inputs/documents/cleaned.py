"""What the readers of files share: limits, the refusal, clean text in parts.

part: a page, a paragraph or a whole text, cleaned; offsets are characters of the parts joined.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

TITLE = 200  # characters of a heading that are kept

Report = Callable[[str, int, int], None]  # stage, done, total
Head = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost."""

    bytes: int = 20_000_000
    pages: int = 2_000
    characters: int = 5_000_000
    unpacked: int = 100_000_000  # bytes of a DOCX when unpacked
    ratio: int = 200  # unpacked bytes for each packed one
    seconds: int = 60
    memory: int = 2**30  # bytes of address space of the process that reads


LIMITS = Limits()


class Refusal(Exception):
    """The file is not read; the message is the rest of a sentence that begins with the file's name."""


class Parts:
    """Cleaned parts and where each begins in their join, offsets in characters."""

    def __init__(self, limit: int) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.limit = limit
        self.headings: list[Head] = []

    def add(self, part: str, *, heading: bool = False, gap: str = "\n\n") -> int:
        """Append a part, nothing if it is empty; the offset at which it begins. Raises Refusal past the limit."""
        if not part:
            return self.length
        if self.parts:
            self.parts.append(gap)
            self.length += len(gap)
        start = self.length
        self.parts.append(part)
        self.length += len(part)
        if self.length > self.limit:
            raise Refusal(f"has more than {self.limit:,} characters of text, which is the limit; split it into files")
        if heading:
            self.headings.append((start, title(part)))
        return start

    def text(self) -> str:
        return "".join(self.parts)


# Deleted: controls, lone surrogates, direction overrides, soft hyphens, byte order marks, invisible tags.
_DROPPED = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_LINES = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_REPLACED = str.maketrans(dict.fromkeys(_BLANKS, " ") | _LIGATURES)
_INDENT = 40  # blanks at the beginning of a line that are kept


def clean(text: str, *, indented: bool = False) -> str:
    """Text without controls and with its runs of blanks and of empty lines reduced; done twice it changes nothing.

    indented: blanks at the beginning of a line are kept, as Markdown and code need.
    """
    text = unicodedata.normalize("NFC", _DROPPED.sub("", _LINES.sub("\n", text)).translate(_REPLACED))
    if indented:
        text = re.sub(r"(?<=\S) {2,}", " ", text.expandtabs(4))
        text = re.sub(rf"^( {{{_INDENT}}}) +", r"\1", text, flags=re.MULTILINE)
    else:
        text = re.sub(r"[ \t]+", " ", text)
        text = re.sub(r"\n ", "\n", text)
    text = re.sub(r"(?<! ) +$", "", text, flags=re.MULTILINE)  # the look-behind keeps it linear
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n" if indented else "\n ").rstrip()


def title(part: str) -> str:
    """A heading on one line."""
    return " ".join(part.split())[:TITLE]
