"""Hidden words put back by masked diffusion and from left to right."""

from __future__ import annotations

import numpy as np
import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.hybrids import order
from tests.standins import stand_ins  # noqa: F401

TEXT = "She sat down at the piano and played a song for her mother."


def test_words_are_hidden_by_their_number() -> None:
    gap = order.hidden(f"  {TEXT} ", 5, 3)
    assert gap.truth == ["the", "piano", "and"]
    assert gap.text[gap.start : gap.end] == "the piano and"


@pytest.mark.parametrize(
    ("text", "first", "count", "sentence"),
    [
        ("...", 2, 1, "has no word"),
        ("one " * 61, 2, 1, "the limit is 60"),
        (TEXT, 40, 1, "first is 40; this text has 13 words"),
        (TEXT, 12, 3, "behind word 12 there are 1"),
    ],
)
def test_what_can_not_be_hidden_is_a_sentence(text: str, first: int, count: int, sentence: str) -> None:
    with pytest.raises(DemoError, match=sentence):
        order.hidden(text, first, count)


def test_sentences_of_the_library_are_whole_and_their_gaps_lie_inside() -> None:
    gaps = [gap for gap, _ in zip(order.sentences(4, np.random.default_rng(0)), range(30))]
    assert len({gap.text for gap in gaps}) == 30
    for gap in gaps:
        assert gap.text.endswith(".")
        assert len(gap.words) == 4
        assert 0 < gap.start < gap.end < len(gap.text) - 1


def test_both_sides_and_half_the_passes_and_the_left_alone() -> None:
    model = load(order.MASKED)
    gap = order.hidden(TEXT, 5, 3)
    whole, halved = (order.unmasked(model, gap, at_once) for at_once in (1, 2))
    left = order.from_the_left(model, gap)
    assert (whole.passes, halved.passes, left.passes) == (3, 2, 3)
    assert halved.flops < whole.flops
    assert left.flops < whole.flops
    for filled in (whole, halved, left):
        assert all(order.WORD.search(word) for word in filled.words), "words alone are put in"
    changed = order.hidden(TEXT.replace("played a song", "opened the door"), 5, 3)
    assert order.from_the_left(model, changed).words == left.words, "nothing behind the gap is seen"
    assert order.unmasked(model, changed, 1).chances != whole.chances


def test_seeing_both_sides_puts_back_more_with_the_same_network() -> None:
    model = load(order.MASKED)
    gaps = [gap for gap, _ in zip(order.sentences(3, np.random.default_rng(0)), range(25))]
    both = sum(order.unmasked(model, gap, 1).right(gap) for gap in gaps)
    left = sum(order.from_the_left(model, gap).right(gap) for gap in gaps)
    assert both > 1.5 * left


def test_every_frame_counts_one_sentence_more() -> None:
    frames = list(run(Recipe("hybrids/order", {"sentences": 2})))
    assert [frame.words for frame in frames] == [3, 6, 9]
    assert all(0 <= frame.surest_share <= 100 for frame in frames)
    assert "There stood “the piano and”" in frames[0].said
