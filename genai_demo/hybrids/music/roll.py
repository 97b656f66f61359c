"""A melody drawn as a piano roll: time to the right, pitch upwards, a line where it is now."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from genai_demo.data.tunes import BAR, HIGHEST, LOWEST
from genai_demo.hybrids.music import melody

HIGH, WIDE = 5, 768  # pixels of a pitch; of the whole, about
GROUND, BLACK, LINE, STRONG = (246, 244, 238), (236, 233, 224), (226, 222, 211), (176, 170, 154)
GIVEN, MADE, NOW = (np.array(colour, np.uint8) for colour in ((91, 100, 109), (0, 114, 178), (213, 94, 0)))
BLACK_KEYS = (1, 3, 6, 8, 10)
BEAT = BAR // 4
TOP, BOTTOM = 88, 52  # the pitches that are drawn even where nothing sounds


def drawn(
    steps: np.ndarray, *, given: int = 0, now: Sequence[int] = (), pitches: tuple[int, int] = (0, 0)
) -> np.ndarray:
    """(h, w, 3) uint8. given: so many of the steps are the visitor's, in grey; now: where lines stand.

    pitches: (lowest, highest) that must have room.
    """
    found = melody.notes(steps)
    low = max(LOWEST, min(BOTTOM, pitches[0] or BOTTOM, *(pitch for *_, pitch in found), HIGHEST))
    high = min(HIGHEST, max(TOP, pitches[1], *(pitch for *_, pitch in found), LOWEST))
    step = max(2, WIDE // len(steps))
    picture = _bare(low, high, len(steps)).copy()
    for at, length, pitch in found:
        rows = slice((high - pitch) * HIGH, (high - pitch + 1) * HIGH)
        picture[rows, at * step + 1 : (at + length) * step - 1] = GIVEN if at < given else MADE
    for place in now:
        edge = min(place * step, picture.shape[1] - 2)
        picture[:, edge : edge + 2] = NOW
    return picture


@lru_cache(32)
def _bare(low: int, high: int, steps: int) -> np.ndarray:
    """Pitches and bars, without notes; nobody changes it."""
    step = max(2, WIDE // steps)
    picture = np.empty(((high - low + 1) * HIGH, steps * step, 3), np.uint8)
    picture[:] = GROUND
    for pitch in range(low, high + 1):
        if pitch % 12 in BLACK_KEYS:
            picture[(high - pitch) * HIGH : (high - pitch + 1) * HIGH] = BLACK
    for place in range(0, steps, BEAT):
        picture[:, place * step] = STRONG if place % BAR == 0 else LINE
    return picture
