"""Cutting a document into chunks: by tokens, by sentences, by headings. What is embedded and found is a chunk.

size, overlap: in tokens, here words, numbers and signs (a WordPiece model makes some 1.3 of each English one); scripts
written without spaces count a character each. start, end: character offsets into the document's text; always
`text[chunk.start : chunk.end] == chunk.text`.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from genai_demo.core.errors import DemoError, shown

How = Literal["tokens", "sentences", "headings"]
Span = tuple[int, int]
Mark = tuple[int, str]  # where a section begins, and its heading

HOWS: tuple[How, ...] = ("tokens", "sentences", "headings")
LEAST_SIZE, MOST_SIZE = 8, 512

_TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{1,20}|[^\w\s]"
)
_HEADING = re.compile(r"^#{1,6}[ \t]+(\S.*)$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?(?:^\1|\Z)", re.MULTILINE | re.DOTALL)
_STOP = re.compile(
    r"""[.!?]["')\]»”’]*(?=\s+["'(\[«“‘]?[^\Wa-z_])"""  # before a capital or a digit
    r"|[。！？]|\n[ \t]*\n"
    r"|\n(?=[ \t]*(?:[-*•]|\d+[.)])[ \t])"  # items of a list
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """number: counts from 0 in its document; heading: of the section in which it begins, "" before the first."""

    document: str
    number: int
    start: int
    end: int
    heading: str
    text: str


def cut(
    text: str,
    how: How = "headings",
    size: int = 256,
    overlap: int = 0,
    document: str = "",
    marks: Sequence[Mark] | None = None,
) -> list[Chunk]:
    """The chunks of a text in their order; none of nothing but white space.

    tokens: every `size` tokens, wherever that falls. sentences: as many whole sentences as fit in `size`; a longer one
    is cut. headings: a section each; one longer than `size` is cut by sentences. overlap: tokens that a chunk repeats
    of the one before, whole sentences where sentences are kept; sections do not overlap. marks: (offset, heading) where
    sections begin, in order; None: Markdown's headings. Raises DemoError where size or overlap is out of range.
    """
    _check(how, size, overlap)
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    edges = [start for start, _ in tokens]
    found = headings(text) if marks is None else list(marks)
    if how == "tokens":
        spans = list(_windows(tokens, size, overlap))
    elif how == "sentences":
        spans = list(_packed(text, tokens, edges, (0, len(text)), size, overlap))
    else:
        spans = [
            span for section in _sections(text, found) for span in _packed(text, tokens, edges, section, size, overlap)
        ]
    starts = [start for start, _ in found]
    names = ["", *(name for _, name in found)]
    return [
        Chunk(document, number, start, end, names[bisect.bisect_right(starts, start)], text[start:end])
        for number, (start, end) in enumerate(spans)
    ]


def headings(text: str) -> list[Mark]:
    """(offset, heading) of Markdown's headings, those in fenced code left out."""
    fences = [match.span() for match in _FENCE.finditer(text)]
    starts = [start for start, _ in fences]
    found = []
    for match in _HEADING.finditer(text):
        before = bisect.bisect_right(starts, match.start()) - 1
        if before < 0 or match.start() >= fences[before][1]:
            found.append((match.start(), match[1].rstrip().rstrip("#").rstrip()))
    return found


def sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Offsets of the sentences of text[start:end], without the white space around them; headings are one each."""
    stop = len(text) if end is None else end
    ends = sorted(
        {
            *(match.end() for match in _STOP.finditer(text, start, stop)),
            *(edge for match in _HEADING.finditer(text, start, stop) for edge in match.span()),
            start,
            stop,
        }
    )
    return [trimmed for piece in pairwise(ends) if (trimmed := _trimmed(text, piece))]


def count(text: str) -> int:
    """Tokens of a text as `size` counts them."""
    return sum(1 for _ in _TOKEN.finditer(text))


def _check(how: str, size: int, overlap: int) -> None:
    if how not in HOWS:
        raise DemoError(f"how is {shown(how)}; choose one of {', '.join(HOWS)}")
    if not LEAST_SIZE <= size <= MOST_SIZE:
        raise DemoError(f"size is {shown(size)} tokens; choose {LEAST_SIZE} to {MOST_SIZE}")
    if not 0 <= overlap <= size // 2:
        raise DemoError(f"overlap is {shown(overlap)} tokens; choose 0 to {size // 2}, half of the size")


def _trimmed(text: str, span: Span) -> Span | None:
    """The span without white space at its ends; None where nothing else is in it."""
    part = text[slice(*span)]
    kept = part.strip()
    start = span[0] + len(part) - len(part.lstrip())
    return (start, start + len(kept)) if kept else None


def _sections(text: str, marks: Sequence[Mark]) -> Iterator[Span]:
    edges = sorted({0, *(start for start, _ in marks if 0 <= start < len(text)), len(text)})
    yield from pairwise(edges)


def _windows(tokens: Sequence[Span], size: int, overlap: int) -> Iterator[Span]:
    """Spans of `size` tokens each, the next one beginning `overlap` tokens before the end of the last."""
    for first in range(0, max(len(tokens) - overlap, min(len(tokens), 1)), size - overlap):
        yield tokens[first][0], tokens[min(first + size, len(tokens)) - 1][1]


def _packed(
    text: str, tokens: Sequence[Span], edges: Sequence[int], part: Span, size: int, overlap: int
) -> Iterator[Span]:
    """Whole sentences of a part of the text, as many as fit in `size` tokens; longer ones are cut. edges: of tokens."""

    def inside(span: Span) -> Sequence[Span]:
        return tokens[bisect.bisect_left(edges, span[0]) : bisect.bisect_left(edges, span[1])]

    held: list[tuple[Span, int]] = []  # the sentences of the chunk in the making, with their tokens
    fresh = False  # whether one of them stands in no chunk yet
    for sentence in sentences(text, *part):
        pieces = inside(sentence)
        for span in [sentence] if len(pieces) <= size else list(_windows(pieces, size, overlap)):
            long = len(inside(span))
            if fresh and sum(n for _, n in held) + long > size:
                yield held[0][0][0], held[-1][0][1]
                held = _tail(held, min(overlap, size - long))
            held, fresh = [*held, (span, long)], True
    if fresh:
        yield held[0][0][0], held[-1][0][1]


def _tail(held: list[tuple[Span, int]], most: int) -> list[tuple[Span, int]]:
    """The last sentences that together have at most `most` tokens."""
    kept = 0
    for place in range(len(held) - 1, -1, -1):
        kept += held[place][1]
        if kept > most:
            return held[place + 1 :]
    return held
