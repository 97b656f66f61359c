from __future__ import annotations

import json
from pathlib import Path

import pytest

from genai_demo.core.errors import DemoError
from genai_demo.quality import tables
from genai_demo.quality.cards import results
from genai_demo.rag import answerable, measuring, quality, spans
from genai_demo.rag.library import build
from genai_demo.rag.questions import Passage, Question
from genai_demo.rag.retrieve import STAGES
from tests.rag.stand_in import ENTRIES, tiny

QUESTIONS = (
    Question("q001", "What eats fish?", "direct", (Passage("animals", "The cat eats fish."),), "the cat"),
    Question("q002", "What moves water?", "paraphrase", (Passage("sky", "The moon moves the sea."),), "the moon"),
    Question(
        "q003",
        "Who guards, and what is baked?",
        "two",
        (Passage("animals", "The dog guards a ship."), Passage("food", "Bread is baked of flour.")),
        "both",
    ),
    Question("q004", "Who wrote Faust?", "off subject", (), ""),
)


def test_scores_of_one_question() -> None:
    assert measuring.scores([2]) == {
        "recall@1": 0,
        "recall@3": 1,
        "recall@10": 1,
        "both@3": 1,
        "MRR": 0.5,
        "nDCG": pytest.approx(0.6309, abs=1e-4),
    }
    half = measuring.scores([1, None])
    assert (half["recall@3"], half["both@3"], half["MRR"]) == (0.5, 0, 1)
    assert half["nDCG"] == pytest.approx(1 / (1 + 0.6309), abs=1e-4)
    assert measuring.scores([2, 1])["nDCG"] == pytest.approx(1)
    assert measuring.scores([1, 4])["both@3"] == 0
    assert set(measuring.scores([None]).values()) == {0}


def test_a_rank_is_of_the_first_that_contains_the_span() -> None:
    library = build(ENTRIES, tiny())
    for unit, places in (("passage", library.passages), ("chunk", library.chunks)):
        for question, found in measuring.ask(library, QUESTIONS, unit):
            assert tuple(found) == STAGES
            assert len(found["dense"]) == (2 if question.kind == "two" else 1)
            assert None not in found["dense"], f"{len(places)} are fewer than are looked at"
    bm25 = dict(measuring.ask(library, QUESTIONS, "passage"))[QUESTIONS[0]]["bm25"]
    assert bm25 == [1]


def test_the_summary_is_by_kind_and_by_half() -> None:
    found = measuring.summary(list(measuring.ask(build(ENTRIES, tiny()), QUESTIONS, "passage")))
    assert {part: of["questions"] for part, of in found["hybrid"].items()} == {
        "direct": 1,
        "paraphrase": 1,
        "two": 1,
        "all": 3,
        "chosen on": 2,
        "held out": 1,
    }


def test_what_nothing_answers_is_told_by_several_signs_and_measured_on_the_other_half() -> None:
    more = [Question(f"q{i:03}", f"Who is Xyzzy{i}?", "unanswerable", (), "") for i in range(5, 9)]
    found = measuring.nothing(build(ENTRIES, tiny()), [*QUESTIONS, *more])
    assert {kind: of["questions"] for kind, of in found["held out"].items()} == {
        "answered": 1,
        "unanswerable": 2,
        "off subject": 1,
    }
    assert "off subject" not in found["chosen on"]
    assert set(found["decision"]["weights"]) == set(answerable.SIGNS)
    assert found["decision"]["weights"]["unknown name"] < 0
    assert found["held out"]["unanswerable"]["refused"] == 1
    assert 0 <= found["area"] <= 1
    assert -1 <= found["least"] <= 1


def test_the_measured_decision_refuses_what_it_should_and_spares_what_is_answered() -> None:
    held = results(quality.RESULTS, "rag")["nothing"]["held out"]
    assert held["off subject"]["refused"] > 0.9
    assert held["unanswerable"]["refused"] > 0.4
    assert held["answered"]["refused"] <= 0.05


def test_the_table_is_that_of_the_results() -> None:
    assert tables.render("rag") == tables.shown("rag")
    hybrid = results(quality.RESULTS, "rag")["passage"]["hybrid"]
    row = next(line for line in tables.render("rag").splitlines() if line.startswith("| hybrid | all"))
    assert f"{hybrid['all']['recall@3']:.3f}" in row
    assert hybrid["all"]["recall@3"] >= 0.9, "hybrid finds nine of ten"


def test_without_results_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(quality, "RESULTS", tmp_path / "rag.json")
    with pytest.raises(DemoError, match=r"rag.json is missing; `python -m genai_demo quality rag`"):
        tables.render("rag")
    (tmp_path / "rag.json").write_text(json.dumps({"passage": {}}))
    with pytest.raises(DemoError, match="of rag is not measured"):
        tables.render("rag")


def test_a_span_of_sentences_put_together_is_found_in_the_document() -> None:
    text = "# Title\n\nOne here.\n\nTwo there."
    places = [(9, 18), (20, 30)]
    joined = " ".join(text[slice(*place)] for place in places)
    for word in ("One", "here", "Two", "there"):
        at = joined.find(word)
        assert text[spans._back(places, at) :].startswith(word)
