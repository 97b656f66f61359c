"""BM25 (Robertson et al. 1994): chunks scored by the question's words in them, rare words counting more. By bm25s.

Words: without accents, in lower case, frequent ones left out, the rest reduced to their English stems; of Chinese,
Japanese and Korean each character is a word.
"""

from __future__ import annotations

import functools
import re
import threading
import unicodedata
from collections.abc import Sequence

import bm25s
import numpy as np
import Stemmer

K1, B = 1.2, 0.75  # how soon further occurrences stop counting, how strongly long chunks are discounted
_FREQUENT = """
a about an and any are as at be been but by can could did do does for from had has have how i if in into is it its me my
no not of on one or our should so some such than that the their them then there these they this to was we were what when
where which who whom whose why will with would you your
"""
STOP = frozenset(_FREQUENT.split())
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_own = threading.local()  # a stemmer is not for two threads at once


def words(text: str) -> list[str]:
    """What BM25 compares of a text."""
    plain = text if text.isascii() else "".join(c for c in unicodedata.normalize("NFKD", text) if _kept(c))
    found = [word for word in _WORD.findall(plain.lower()) if word not in STOP]
    if not hasattr(_own, "stemmer"):
        _own.stemmer = Stemmer.Stemmer("english")
    stems: list[str] = _own.stemmer.stemWords(found)
    return stems


@functools.lru_cache(maxsize=10_000)
def _kept(letter: str) -> bool:
    return unicodedata.category(letter) != "Mn"  # an accent by itself


class BM25:
    """The index of some chunks; it serves several threads at once."""

    def __init__(self, texts: Sequence[str], k1: float = K1, b: float = B) -> None:
        self.size = len(texts)
        listed = [words(text) for text in texts]
        self._index = bm25s.BM25(method="lucene", k1=k1, b=b) if any(listed) else None
        if self._index is not None:
            self._index.index(listed, show_progress=False)

    @property
    def bytes(self) -> int:
        """Memory of the index, the vocabulary left out."""
        return (
            sum(array.nbytes for array in self._index.scores.values() if isinstance(array, np.ndarray))
            if (self._index is not None)
            else 0
        )

    def scores(self, question: str) -> np.ndarray:
        """The score of every chunk, (n,) float32; 0 where it has none of the words."""
        known = [word for word in words(question) if word in self._index.vocab_dict] if self._index is not None else []
        if self._index is None or not known:
            return np.zeros(self.size, np.float32)
        found: np.ndarray = self._index.get_scores(known)
        return found.astype(np.float32, copy=False)
