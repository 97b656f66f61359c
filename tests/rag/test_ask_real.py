"""With the real models, where they have been fetched: the articles are asked."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean
from typing import Any
from urllib.parse import parse_qsl

import pytest

from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.decoder import SMOLLM2
from genai_demo.language.minilm import MINILM
from genai_demo.rag import answerable, measuring, passages
from genai_demo.rag.library import built_in
from genai_demo.rag.options import AskOptions, KinOptions
from genai_demo.rag.questions import questions
from pages.rag import TRIES
from tests.real import borrowed

QUESTION = "When were the weights of Stable Diffusion released?"
FACT = "22 August 2022"


@pytest.fixture(scope="module", autouse=True)
def _real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    pytest.importorskip("xllamacpp")
    with borrowed(tmp_path_factory.mktemp("home"), MINILM, SMOLLM2):
        yield


def frames(name: str, **options: Any) -> list[Any]:
    return list(run(Recipe(name, {"question": QUESTION} | options)))


def test_the_library_answers_and_the_span_is_lit() -> None:
    found = frames("rag/ask")
    answer = "".join(frame.said for frame in found)
    assert FACT in answer
    assert found[-1].supported == 100
    assert FACT in "".join(tok.text for tok in found[-1].sources if tok.kind == "picked")
    assert FACT in next(frame.best for frame in found if frame.best)


def test_knocking_the_passage_out_changes_the_answer() -> None:
    found = frames("rag/knock")
    assert FACT in "".join(frame.said for frame in found)
    assert FACT not in "".join(frame.other_said for frame in found)
    assert found[-1].supported > found[-1].other_supported


def test_what_the_library_does_not_know_is_not_answered() -> None:
    found = frames("rag/ask", question="How do I prune an apple tree in winter?")
    assert "Nothing in the library" in found[-1].notice
    assert not any(frame.said for frame in found)


def test_the_kin_differ_on_the_same_passages() -> None:
    found = frames("rag/kin", max_new_tokens=28, every=8, k=2)
    assert len(set(found[-1].said)) > 1
    assert FACT in found[-1].said[0]


def test_what_is_on_the_subject_and_in_no_article_is_refused() -> None:
    library, decision = built_in(passages.embedder()), answerable.measured()
    assert decision is not None
    for question in (
        "On how many tokens was Falcon 180B trained?",
        "How does the Muon optimiser orthogonalise its updates?",
        "How many pictures of a subject does DreamBooth need?",
    ):
        assert decision.refuses(library, answerable.signs_of(library, question)), question


def test_no_question_that_the_page_opens_or_proposes_is_refused() -> None:
    library = built_in(passages.embedder())
    decision = answerable.measured()
    assert decision is not None
    asked = [dict(parse_qsl(one.query)) for one in TRIES]
    proposed = [AskOptions().question, KinOptions().question, *(one["question"] for one in asked if "question" in one)]
    refused = [one for one in proposed if decision.refuses(library, answerable.signs_of(library, one))]
    assert refused == ["How do I bake sourdough bread?"], "that one shows a refusal"


def test_a_sample_of_the_questions_is_told_apart_as_the_card_says() -> None:
    library, decision = built_in(passages.embedder()), answerable.measured()
    assert decision is not None
    held = [one for one in questions() if not measuring.even(one)]
    share: dict[bool, float] = {}
    for answered in (True, False):
        some = [one.question for one in held if bool(one.passages) == answered][::20]
        share[answered] = mean(decision.refuses(library, answerable.signs_of(library, one)) for one in some)
    assert share[True] <= 0.15
    assert share[False] >= 0.4
