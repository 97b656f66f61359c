"""What is searched: vectors of many pictures, in FAISS's flat index, which compares with every one.

Scene i of a library drawn by seed s is world:(10,000 s + i). A library is embedded as far as it is needed and kept.
"""

from __future__ import annotations

import functools
import threading
import zlib
from collections.abc import Callable, Iterable, Sequence

import faiss
import numpy as np

from genai_demo.clip import features, folder
from genai_demo.clip.model import Clip
from genai_demo.clip.options import LARGEST
from genai_demo.clip.pictures import THUMB, Picture, drawn_scene, emoji_list, sheet
from genai_demo.core.caches import OVERHEAD, Cache, PerOwner
from genai_demo.data.world import COLOURS, with_article
from genai_demo.data.world_kinds import KINDS

MOST_BYTES = 128 * 2**20  # of the libraries of a model that are kept
SHRUNK = 20  # a thumbnail is compressed to about one part of so many
Found = tuple[np.ndarray, np.ndarray]  # scores (k,), places (k,)
Label = tuple[str, str]  # name, about


class Library:
    """count pictures, of which the first `done` are embedded. draw: the i-th picture, which may be slow."""

    def __init__(self, count: int, draw: Callable[[int], Picture], width: int) -> None:
        self.count, self.done = count, 0
        self._draw, self._labels, self._sheet = draw, list[Label](), list[bytes]()
        self._vectors = np.zeros((count, width), np.float32)
        self._index: faiss.Index | None = None
        self._working = threading.Lock()

    def grow(self, model: Clip, most: int) -> None:
        """Embed the first `most` at least, group by group; who comes second waits and then finds them there."""
        while self.done < min(most, self.count):
            with self._working:
                if self.done < min(most, self.count):
                    end = min(self.done + features.GROUP, self.count)
                    drawn = [self._draw(i) for i in range(self.done, end)]
                    self._vectors[self.done : end] = features.grouped(model.embed_pictures, [p.pixels for p in drawn])
                    self._labels += [(p.name, p.about or p.name) for p in drawn]
                    self._sheet += [zlib.compress(one.tobytes(), 1) for one in sheet(drawn)]
                    if end == self.count:
                        self._index = flat(self._vectors)
                    self.done = end

    @property
    def bytes(self) -> int:
        """Bytes in use once all is embedded, about: the vectors, again in the index, and the thumbnails."""
        return 3 * self._vectors.nbytes // 2 + self.count * (THUMB * THUMB * 3 // SHRUNK + OVERHEAD)

    def labels(self, places: Iterable[int]) -> list[Label]:
        """Name and words of pictures that are embedded."""
        return [self._labels[i] for i in places]

    def sheet(self, places: Iterable[int]) -> np.ndarray:
        """Pictures that are embedded, (n, 64, 64, 3) uint8."""
        pixels = b"".join([zlib.decompress(self._sheet[i]) for i in places])
        return np.frombuffer(pixels, np.uint8).reshape(-1, THUMB, THUMB, 3)

    def search(self, query: np.ndarray, k: int, among: int) -> Found:
        """The k nearest to a unit vector (d,) of the first `among`, which are embedded; best first."""
        index = self._index if among >= self.count else None
        return nearest(index or flat(self._vectors[:among]), query, k)


def flat(vectors: np.ndarray) -> faiss.Index:
    """FAISS's index of unit vectors (n, d) that compares with each. It keeps 16 bits a number: cosines to 0.0001."""
    index = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.add(vectors)
    return index


def nearest(index: faiss.Index, query: np.ndarray, k: int) -> Found:
    """The k nearest to a unit vector (d,), best first; fewer where there are fewer."""
    scores, places = index.search(query[None], min(k, index.ntotal))
    return scores[0], places[0]


_Key = tuple[str, int, int]  # which pictures, how many are scenes, seed
_kept = PerOwner[_Key, Library](lambda: Cache("CLIP libraries", MOST_BYTES, lambda made: made.bytes, alone=True))


def library(model: Clip, kind: str, count: int, seed: int, own: str = "") -> Library:
    """That of a choice of clip_options.Searched; own: the name of the visitor's pictures.

    Raises DemoError where the emoji or the visitor's pictures can't be had.
    """
    side = features.side(model)
    listed: Sequence[Picture] = folder.read(own) if kind == "yours" else emoji_list() if "emoji" in kind else ()
    scenes = count if "world" in kind else 0
    key = (own if kind == "yours" else kind, scenes, seed if scenes else 0)
    picture = functools.partial(_picture, listed, scenes, seed, side)
    numbers = width(model)
    return _kept.of(model).made(key, lambda: Library(scenes + len(listed), picture, numbers))


def forget(own: str) -> None:
    """Drop what is remembered of a visitor's pictures of that name."""
    _kept.drop(lambda key: key[0] == own)


def _picture(listed: Sequence[Picture], scenes: int, seed: int, side: int, i: int) -> Picture:
    return drawn_scene(LARGEST * seed + i, side) if i < scenes else listed[i - scenes]


def width(model: Clip) -> int:
    """Numbers of a vector."""
    return len(features.read(model, ["a picture"])[0])


def sizes(count: int, steps: int) -> list[int]:
    """Pictures that are in the library in each frame, up to all of them; each time the same share more."""
    first = max(1, min(count, count // 2 ** (steps - 1)))
    return [int(n) for n in np.geomspace(first, count, steps).round()] if steps > 1 else [count]


def built_in_words(kind: str) -> list[str]:
    """The things of the picture world in every colour, and the names of the emoji."""
    things = [with_article(f"{colour} {thing}") for thing in KINDS for colour in COLOURS]
    return (things if kind != "emoji" else []) + ([p.about for p in emoji_list()] if "emoji" in kind else [])
