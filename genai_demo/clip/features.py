"""Unit vectors of pictures and texts, each computed once: a bounded memory by model and content.

What is asked for alone is computed alone; what is asked for together, in groups of LEAST to GROUP, filled up by
repeating. Inside such a group a result does not depend on its neighbours, so that the same request has the same bits
whatever was remembered.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from genai_demo.clip.model import Clip
from genai_demo.clip.pictures import Picture

MOST = 8192  # vectors kept for a model; 8 MB of the small one's
LEAST, GROUP = 16, 32
Embed = Callable[[list[Any]], np.ndarray]


class Memory:
    """The vectors of one model, least recently used dropped first."""

    def __init__(self) -> None:
        self.kept: OrderedDict[tuple[str, str], np.ndarray] = OrderedDict()
        self.guard, self.working = threading.Lock(), threading.Lock()

    def look(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], np.ndarray]:
        with self.guard:
            for key in keys:
                if key in self.kept:
                    self.kept.move_to_end(key)
            return {key: self.kept[key] for key in keys if key in self.kept}

    def keep(self, keys: Sequence[tuple[str, str]], vectors: np.ndarray) -> None:
        with self.guard:
            self.kept |= zip(keys, vectors, strict=True)
            while len(self.kept) > MOST:
                self.kept.popitem(last=False)


_memories: WeakKeyDictionary[Clip, Memory] = WeakKeyDictionary()
_guard = threading.Lock()


def memory(model: Clip) -> Memory:
    """That of a model; it goes when the model goes."""
    with _guard:
        return _memories.setdefault(model, Memory())


def forget() -> None:
    """Drop all vectors of all models."""
    with _guard:
        _memories.clear()


def see(model: Clip, pictures: Sequence[Picture]) -> np.ndarray:
    """(n, d) float32 of length 1."""
    return _recall(model, "p", [p.key for p in pictures], [p.pixels for p in pictures], model.embed_pictures)


def read(model: Clip, texts: Sequence[str]) -> np.ndarray:
    """(n, d) float32 of length 1."""
    return _recall(model, "t", texts, texts, model.embed_texts)


def side(model: Clip) -> int:
    """Pixels a side that pictures are drawn with for this model: 64, and 128 for one that sees finer."""
    size = model.net.visual.image_size
    return 64 if (size[0] if isinstance(size, tuple) else size) <= 64 else 128


def unit(x: np.ndarray) -> np.ndarray:
    """Each row with length 1, float32."""
    x = np.asarray(x, np.float32)
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12), np.float32)


def grouped(embed: Embed, items: Sequence[Any]) -> np.ndarray:
    """Embeds any number in groups of LEAST to GROUP: (n, d) of length 1."""
    out = []
    for start in range(0, len(items), GROUP):
        part = list(items[start : start + GROUP])
        out.append(embed(part + part[:1] * (LEAST - len(part)))[: len(part)])
    return np.concatenate(out)


def _recall(model: Clip, kind: str, contents: Sequence[str], items: Sequence[Any], embed: Embed) -> np.ndarray:
    here = memory(model)
    way = f"{kind}{1 if len(items) == 1 else 2}"
    keys = [(way, content) for content in contents]
    found = here.look(keys)
    if any(key not in found for key in keys):
        with here.working:  # a second visitor who asks for the same waits for the first one's
            found |= here.look(keys)
            missing = {key: item for key, item in zip(keys, items, strict=True) if key not in found}
            if missing:
                todo = list(missing.values())
                made = embed(todo) if len(items) == 1 else grouped(embed, todo)
                here.keep(list(missing), made)
                found |= zip(missing, made, strict=True)
    return np.stack([found[key] for key in keys])
