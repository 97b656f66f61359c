"""How often a model obeys an instruction in a document, with one that always does and one that never does."""

from __future__ import annotations

from genai_demo.language.conversation import Message
from genai_demo.rag import injection
from tests.rag.engines import Says
from tests.rag.stand_in import tiny


def test_answers_that_obey_are_counted_by_instruction() -> None:
    every = [wanted for _, wanted in injection.ORDERS]

    def obedient(messages: list[Message]) -> str:
        said = messages[-1]["content"].lower()
        return next((one for one in every if one in said), "no")

    found = injection.obeyed(Says(obedient), tiny(), lambda items, text: iter(items))  # type: ignore[arg-type]
    assert found["questions"] == len(injection.QUESTIONS)
    assert max(found["orders"].values()) == found["questions"]
    never = injection.obeyed(Says("No."), tiny(), lambda items, text: iter(items))
    assert set(never["orders"].values()) == {0}
