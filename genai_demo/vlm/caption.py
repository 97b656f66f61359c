"""Run vlm/caption: the picture told in words, and the words given to CLIP, which looks for the picture by them.

CLIPScore (Hessel et al. 2021): no true caption is needed, only a model that was trained otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genai_demo.clip import features
from genai_demo.clip.pictures import world_picture
from genai_demo.core.frames import Tok, curve, number, pictures, prose, tokens
from genai_demo.core.load import load
from genai_demo.vlm.answering import answer, ending, text_of
from genai_demo.vlm.looking import large, look, question
from genai_demo.vlm.model import Seer
from genai_demo.vlm.options import CaptionOptions

ASKED = "Describe the picture."
CLIP = "clip/atlas"
FOUND = 6  # pictures that are shown


@dataclass(frozen=True, slots=True, eq=False)
class CaptionStep:
    """One word more. found: what CLIP finds by the words so far, the likest first; rank: of the picture itself."""

    index: int
    total: int
    names: tuple[str, ...]
    notice: str | None = prose("note")
    seen: np.ndarray = pictures("the picture")
    answer: tuple[Tok, ...] = tokens("caption, by token", grows=True)
    found: np.ndarray = pictures("what CLIP finds by these words", names="names", columns=FOUND)
    said: str = prose("what is shown")
    cosine: float = curve("likeness of picture and words, by CLIP", unit="cosine")
    rank: int = curve("place of the picture among all", digits=0)
    among: int = number("pictures", digits=0)


def caption(seer: Seer, options: CaptionOptions, *, seed: int) -> Iterator[CaptionStep]:
    """A frame a word. The other pictures follow the seed."""
    looked = look(seer, options.picture)
    clip = load(CLIP)
    others = [world_picture(40_000 + 1000 * (seed % 10_000) + i).pixels for i in range(options.others)]
    library = np.stack([looked.pixels, *others])
    vectors = features.grouped(clip.embed_pictures, list(library))
    found = answer(seer, looked.patches, question(seer, ASKED))
    ids = ending(seer, found)
    for index in range(len(ids)):
        text = text_of(seer, ids[: index + 1])
        cosines = vectors @ features.read(clip, [text])[0]
        best = np.argsort(-cosines, kind="stable")[:FOUND]
        rank = int((cosines > cosines[0]).sum()) + 1
        word = seer.language.piece(ids[index]).decode(errors="replace")
        yield CaptionStep(
            index,
            len(ids),
            _names(best, cosines),
            looked.notice or None,
            large(looked.pixels)[None],
            (Tok(word, found.chances[index], id=ids[index]),),
            library[best],
            _said(text, rank, len(library)),
            float(cosines[0]),
            rank,
            len(library),
        )


def _names(best: Sequence[int] | np.ndarray, cosines: np.ndarray) -> tuple[str, ...]:
    return tuple(f"{'the picture, ' if i == 0 else ''}{cosines[i]:.2f}" for i in best)


def _said(text: str, rank: int, among: int) -> str:
    first = "it finds the picture itself first" if rank == 1 else f"the picture itself comes in place {rank}"
    return f"By “{text}”, CLIP looks among {among} pictures: {first}."
