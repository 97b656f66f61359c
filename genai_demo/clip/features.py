"""Unit vectors of pictures and texts, each computed once: a bounded memory by model and content.

What is asked for alone is computed alone; what is asked for together, in groups of LEAST to GROUP, filled up by
repeating. Inside such a group a result does not depend on its neighbours, so that the same request has the same bits
whatever was remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from genai_demo.clip.model import Clip
from genai_demo.clip.pictures import Picture
from genai_demo.core.caches import Cache, PerOwner, weigh

MOST_BYTES = 16 * 2**20  # of the vectors kept for a model: some 11,000 of the small one's
LEAST, GROUP = 16, 32
Embed = Callable[[list[Any]], np.ndarray]
Key = tuple[str, str]  # how it was computed, content

_kept = PerOwner[Key, np.ndarray](lambda: Cache("CLIP vectors", lambda: MOST_BYTES, weigh))


def memory(model: Clip) -> Cache[Key, np.ndarray]:
    """The vectors of a model that are known; they go when the model goes."""
    return _kept.of(model)


def forget() -> None:
    """Drop all vectors of all models."""
    _kept.clear()


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
    found = _known(here, keys)
    if any(key not in found for key in keys):
        with here.turn(("", "")):  # a second visitor who asks for the same waits for the first one's
            found |= _known(here, keys)
            missing = {key: item for key, item in zip(keys, items, strict=True) if key not in found}
            if missing:
                todo = list(missing.values())
                made = embed(todo) if len(items) == 1 else grouped(embed, todo)
                for key, row in zip(missing, made, strict=True):
                    found[key] = row
                    here.put(key, row.copy())  # a row alone would keep all of them in memory
    return np.stack([found[key] for key in keys])


def _known(here: Cache[Key, np.ndarray], keys: Sequence[Key]) -> dict[Key, np.ndarray]:
    looked = {key: here.get(key) for key in keys}
    return {key: row for key, row in looked.items() if row is not None}
