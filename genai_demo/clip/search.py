"""Search in one space: words find pictures, pictures find pictures and words. The nearest by cosine come first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genai_demo.clip import features
from genai_demo.clip.compare import unread
from genai_demo.clip.library import Label, built_in_words, flat, library, nearest, sizes
from genai_demo.clip.model import Clip
from genai_demo.clip.options import WORDS, SearchOptions
from genai_demo.clip.pictures import Picture, lines, one, sheet
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, carried, curve, number, pictures, prose, ranked

COLUMNS = 6
CREDIT = " Emoji by OpenMoji, CC BY-SA 4.0."


@dataclass(frozen=True, slots=True, eq=False)
class SearchStep:
    """The nearest among the first `searched` of the library. asked (1, s, s, 3) or none; found (k, s, s, 3) or none."""

    index: int
    total: int
    said: str = prose("what is searched")
    asked: np.ndarray | None = pictures("the picture asked with")
    found: np.ndarray | None = pictures("nearest", columns=COLUMNS, pick=True)
    best: tuple[Tok, ...] = ranked("cosine to what was asked", unit="cosine", pick=True, long=True)
    searched: int = number("searched", digits=0)
    nearest: float = curve("cosine of the nearest")
    embed_ms: float = number("the question embedded", unit="ms", digits=1, measured=True)
    search_ms: float = number("searched by FAISS", unit="ms", digits=2, measured=True)
    names: tuple[str, ...] = carried()


def search(model: Clip, options: SearchOptions, *, seed: int) -> Iterator[SearchStep]:
    """The nearest of a library, as it grows to its full number; the seed draws the scenes."""
    picture = one(options.picture, features.side(model)) if options.way.startswith("picture") else None
    if options.way == "picture to words":
        yield from _words(model, options, picture)
        return
    start = time.perf_counter()
    query, said = asked(model, options.query, picture)
    said += CREDIT * ("emoji" in options.library)
    spent = 1000 * (time.perf_counter() - start)
    among = library(model, options.library, options.pictures, seed, options.folder)
    shown = None if picture is None else sheet([picture])
    for i, count in enumerate(sizes(among.count, options.steps)):
        among.grow(model, count)
        start = time.perf_counter()
        scores, places = among.search(query, options.k, count)
        ms = 1000 * (time.perf_counter() - start)
        near = among.labels(places)
        yield SearchStep(
            i,
            options.steps,
            said,
            shown,
            among.sheet(places),
            ranking(near, scores),
            count,
            float(scores[0]),
            spent,
            ms,
            tuple(name for name, _ in near),
        )


def asked(model: Clip, text: str, picture: Picture | None) -> tuple[np.ndarray, str]:
    """The vector of a picture, or of words where there is none: (d,), and a sentence. Raises DemoError."""
    if picture is not None:
        return features.see(model, [picture])[0], f"Pictures near {picture.name}."
    if not text.strip():
        raise DemoError("the query is empty; write what the pictures are to show")
    text = text.strip()
    return features.read(model, [text])[0], " ".join([f"Pictures near “{text}”.", *unread(model, [text])])


def ranking(near: Sequence[Label], scores: np.ndarray) -> tuple[Tok, ...]:
    """Pictures and their cosines as rows."""
    return tuple(Tok(about, max(0.0, s), value=s, note=name) for (name, about), s in zip(near, scores.tolist()))


def _words(model: Clip, options: SearchOptions, picture: Picture | None) -> Iterator[SearchStep]:
    assert picture is not None
    words = lines(options.words, "words", WORDS) if options.words.strip() else built_in_words(options.library)
    start = time.perf_counter()
    query, _ = asked(model, "", picture)
    spent = 1000 * (time.perf_counter() - start)
    vectors = features.read(model, words)
    for i, count in enumerate(sizes(len(words), options.steps)):
        index = flat(vectors[:count])
        start = time.perf_counter()
        scores, places = nearest(index, query, options.k)
        ms = 1000 * (time.perf_counter() - start)
        best = tuple(Tok(words[at], max(0.0, float(s)), value=float(s)) for at, s in zip(places, scores))
        yield SearchStep(
            i,
            options.steps,
            f"Words near {picture.name}.",
            sheet([picture]),
            None,
            best,
            count,
            float(scores[0]),
            spent,
            ms,
            tuple(words[at] for at in places),
        )
