"""Results of another processor: the same up to rounding, and what is more than that is different."""

from __future__ import annotations

import dataclasses
import json

import numpy as np

from genai_demo.core.frames import matrix, pack, pictures, plane, prose, ranked
from genai_demo.core.frames_text import Tok
from genai_demo.results.comparing import compare_packed


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Near:
    """A field of each kind that a comparison looks into."""

    index: int
    total: int
    shown: np.ndarray = pictures("shown")
    points: np.ndarray = plane("points", "generated")
    rows: tuple[str, ...]
    grid: np.ndarray = matrix("grid", rows="rows", columns="")
    choices: tuple[Tok, ...] = ranked("choices")
    said: str = prose("said")


NEAR = Near(
    0,
    1,
    np.full((2, 4, 4), 100, np.uint8),
    np.array([[0.5, -0.5], [0.25, 1.0]]),
    ("a", "b"),
    np.array([[1.0, 2.0], [3.0, 4.0]]),
    (Tok("a word", 0.5), Tok("a bird", 0.25)),
    "about 0.12 of 3 birds",
)


def test_a_recording_of_another_processor_is_the_same_up_to_rounding() -> None:
    """Points, shades, shares and the last digit in a sentence may move a little; a token, a label, a count may not."""
    packed = json.loads(json.dumps(pack(NEAR)))
    assert compare_packed([NEAR], [packed]).identical
    moved = dataclasses.replace(
        NEAR, points=NEAR.points + 1e-4, grid=NEAR.grid * 1.0001, shown=NEAR.shown ^ 1, said="about 0.13 of 3 birds"
    )
    found = compare_packed([moved], [packed])
    assert found.rounded, found.where
    assert set(found.apart) == {"pixels", "positions", "numbers"}
    for change in (
        {"points": NEAR.points + 0.1},
        {"grid": NEAR.grid * [[1, 1.1]]},
        {"rows": ("a", "c")},
        {"shown": NEAR.shown ^ 16},
        {"said": "about 0.12 of 4 birds"},
        {"said": "about 0.18 of 3 birds"},
        {"choices": (Tok("a bird", 0.5), Tok("a word", 0.25))},
        {"choices": (Tok("a word", 0.5), Tok("a bird", 0.26))},
        {"choices": (Tok("a word", 0.5),)},
    ):
        found = compare_packed([dataclasses.replace(NEAR, **change)], [packed])
        assert found.where, change
        assert not found.rounded
