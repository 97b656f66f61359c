"""Run rag/chunk: a text cut into chunks, one after the other, with the cuts drawn on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, bars, curve, number, prose, tokens
from genai_demo.data.knowledge import articles
from genai_demo.inputs.documents.cleaned import clean
from genai_demo.rag.chunks import Chunk, count, cut, sentences
from genai_demo.rag.options import ChunkOptions

EXAMPLE = "ddpm"
MOST = 400  # chunks that are shown


@dataclass(frozen=True, slots=True, eq=False)
class CutStep:
    """One more chunk. sizes (c,): tokens of each chunk so far."""

    index: int
    total: int
    words: str = prose("what is shown")
    text: tuple[Tok, ...] = tokens("the text, chunk by chunk", unit="chunk", shade="share")
    sizes: np.ndarray = bars("tokens in each chunk")
    chunks: int = number("chunks", digits=5)
    size: float = curve("this chunk", unit="tokens", digits=5)
    mean: float = number("mean size", unit="tokens", digits=1)
    broken: int = number("chunks that end inside a sentence", digits=5)
    repeated: int = number("tokens that stand in two chunks", digits=5)


def chunk(options: ChunkOptions, *, seed: int) -> Iterator[CutStep]:
    """A frame for each chunk. Nothing is random. Raises DemoError where the overlap passes half of the size."""
    text = clean(options.text, indented=True) if options.text.strip() else _example()
    found = cut(text, options.how, options.size, options.overlap)
    if not found:
        raise DemoError("the text is empty; write a few words, or leave it out for an example")
    if len(found) > MOST:
        raise DemoError(f"the text makes {len(found)} chunks; the limit here is {MOST}, choose a larger size")
    ends = {end for _, end in sentences(text)}
    sizes = np.array([count(one.text) for one in found], np.float64)
    doubled = [count(text[b.start : a.end]) if b.start < a.end else 0 for a, b in pairwise(found)]
    for i, one in enumerate(found):
        broken = sum(c.end not in ends for c in found[: i + 1])
        words = _words(one, len(found), doubled[i - 1] if i else 0)
        yield CutStep(
            i,
            len(found),
            words,
            drawn(text, found, i),
            sizes[: i + 1],
            i + 1,
            float(sizes[i]),
            float(sizes[: i + 1].mean()),
            broken,
            sum(doubled[:i]),
        )


def drawn(text: str, found: Sequence[Chunk], at: int) -> tuple[Tok, ...]:
    """The text in pieces: chunks in two shades by turns, the current one picked, what two share noted, the rest quiet.

    Joined, the pieces are the text.
    """
    edges = sorted({0, len(text), *(edge for one in found for edge in (one.start, one.end))})
    out = []
    for start, end in pairwise(edges):
        mine = [one.number for one in found if one.start <= start and end <= one.end]
        if not mine:
            out.append(Tok(text[start:end], kind="prompt"))
            continue
        note = f"chunk {mine[0] + 1}" if len(mine) == 1 else f"chunks {mine[0] + 1} and {mine[-1] + 1}: overlap"
        shade = 1.0 if len(mine) > 1 else 0.25 + 0.35 * (mine[0] % 2)
        out.append(Tok(text[start:end], shade, "picked" if at in mine else "", None, note))
    return tuple(out)


def _words(one: Chunk, total: int, repeated: int) -> str:
    said = f"Chunk {one.number + 1} of {total}"
    said += f", in the section “{one.heading}”" if one.heading else ""
    return said + (f"; its first {repeated} tokens stand in the one before too." if repeated else ".")


def _example() -> str:
    found = articles()
    return next((one.body for one in found if one.stem == EXAMPLE), found[0].body)
