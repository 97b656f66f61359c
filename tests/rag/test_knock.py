from __future__ import annotations

from typing import Any

import pytest

from genai_demo.core.errors import DemoError
from genai_demo.rag.knock import KnockStep, knock
from genai_demo.rag.library import Library
from genai_demo.rag.options import KnockOptions
from tests.rag.engines import Says

TRUE = "The moon moves the sea."


@pytest.fixture(autouse=True)
def _small(small: Library) -> None:
    pass


def says() -> Says:
    """The truth where the prompt has it."""
    return Says(lambda messages: TRUE if TRUE in messages[-1]["content"] else "Seventeen elephants juggle quietly.")


def frames(engine: Says, **options: Any) -> list[KnockStep]:
    given = {"question": "What does the moon move?", "least": -1, "k": 2} | options
    return list(knock(engine, KnockOptions.parse(given), seed=0))


def test_the_answer_loses_what_was_knocked_out() -> None:
    found = frames(says())
    assert "".join(frame.said for frame in found) == TRUE
    assert "".join(frame.other_said for frame in found).startswith("Seventeen")
    assert [frame.index for frame in found] == list(range(len(found)))
    assert found[-1].total == len(found)
    assert found[-1].supported == 100
    assert found[-1].other_supported == 0


def test_the_next_best_moves_up() -> None:
    first = frames(says())[0]
    before, after = first.ranks or ()
    assert before.items[0].text == "Sky"
    assert before.items[0].kind == "off"
    assert "Sky" not in {tok.text for tok in after.items}
    assert sum(tok.kind == "picked" for tok in after.items) == 1
    assert "moved up" in (first.notice or "")
    assert "Sky" not in "".join(tok.text for tok in first.other_sources or ())


def test_with_and_without_retrieval() -> None:
    engine = says()
    found = frames(engine, bare=True)
    assert engine.asked[-1][-1]["content"] == "What does the moon move?"
    assert found[-1].other_supported == 0
    assert "bare model" in (found[0].notice or "")


def test_when_all_is_knocked_out_the_bare_model_answers() -> None:
    found = frames(says(), k=3, out="1,2,3")
    assert "that of the bare model" in (found[0].notice or "")
    assert "".join(frame.other_said for frame in found).startswith("Seventeen")


def test_nothing_near_is_told() -> None:
    found = frames(says(), least=1)
    assert len(found) == 1
    assert "Nothing in the library" in (found[0].notice or "")


def test_a_rank_that_was_not_found_is_refused() -> None:
    with pytest.raises(DemoError, match="only 3 passages are sent"):
        frames(says(), k=5, out="5")
