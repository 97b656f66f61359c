"""Whether the articles answer a question: its signs, the decision, and where it has no say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genai_demo.inputs.documents.document import Document
from genai_demo.rag import answerable, own_documents
from genai_demo.rag.answerable import SIGNS, Decision, fitted, names, signs_of
from genai_demo.rag.ask import AskStep, ask
from genai_demo.rag.knock import knock
from genai_demo.rag.library import Entry, Library, build
from genai_demo.rag.options import AskOptions, KnockOptions
from genai_demo.rag.retrieve import Search, retrieve
from tests.rag.engines import Says
from tests.rag.stand_in import tiny

KNOWN, UNKNOWN = "What does the moon move?", "What does the Falcon 180B move?"
ANSWER = "The moon moves the sea."
KEEPERS = "# Lighthouse\n\nThe tower stands on a rock. A keeper is paid in salt."


def only(sign: str, weight: float) -> Decision:
    """A decision by one sign alone, with the tiny embedder."""
    weights = tuple(weight if one == sign else 0.0 for one in SIGNS)
    return Decision(tiny().identity, weights, 1.0, 0.5)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: Library) -> None:
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    monkeypatch.setattr(answerable, "measured", lambda: only("unknown name", -9.0))


def frames(engine: Says, **options: Any) -> list[AskStep]:
    return list(ask(engine, AskOptions.parse({"least": -0.99} | options), seed=0))


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("On how many tokens was Falcon 180B trained?", ["Falcon", "180B"]),
        ("Who bakes bread?", []),
        ("What is FLUX.1 made of, and DreamBooth's loss?", ["FLUX.1", "DreamBooth"]),
        ("MaskGIT?", ["MaskGIT"]),
        ("", []),
    ],
)
def test_names_are_told_from_other_words(question: str, found: list[str]) -> None:
    assert names(question) == found


def test_the_signs_of_a_question(small: Library) -> None:
    known, unknown = (dict(zip(SIGNS, signs_of(small, one).tolist())) for one in (KNOWN, UNKNOWN))
    assert known["words"] == 1
    assert 0 < unknown["words"] < 1
    assert (known["unknown name"], unknown["unknown name"]) == (0, 1)
    assert known["margin"] >= 0
    assert known["sentence"] > 0
    assert np.isfinite(signs_of(small, "?!")).all()


def test_a_name_that_no_article_knows_is_refused_before_the_model_is_asked() -> None:
    engine = Says(ANSWER)
    found = frames(engine, question=UNKNOWN)
    assert engine.streamed == 0
    assert [frame.stage for frame in found] == ["bm25", "dense", "hybrid", "reranked"]
    assert found[-1].index == found[-1].total - 1
    assert "Nothing in the library is near enough" in (found[-1].notice or "")
    assert found[-1].picked is not None
    assert len(found[-1].picked) == 0
    assert any(frame.said for frame in frames(Says(ANSWER), question=KNOWN))


def test_a_refusal_knocks_nothing_out() -> None:
    found = list(knock(Says(ANSWER), KnockOptions.parse({"question": UNKNOWN, "least": -0.99}), seed=0))
    assert len(found) == 1
    assert "Nothing in the library" in (found[0].notice or "")


@pytest.mark.parametrize("options", [{"least": -1}, {"documents": "sky"}, {"without": "0"}])
def test_who_chooses_what_is_looked_in_is_not_judged(options: dict[str, Any]) -> None:
    assert any(frame.said for frame in frames(Says(ANSWER), question=UNKNOWN, **options))


def test_another_embedder_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Decision("other", only("unknown name", -9.0).weights, 1.0, 0.5)
    monkeypatch.setattr(answerable, "measured", lambda: other)
    assert any(frame.said for frame in frames(Says(ANSWER), question=UNKNOWN))


def test_a_visitors_page_is_asked_by_its_words_where_its_meaning_seems_far() -> None:
    page = Document("lights.md", "text", KEEPERS, (), (), "a" * 64)
    with own_documents.visiting(None) as mine:
        mine.add(page)
        asked = {"question": "How are the keepers paid?", "hashes": "a" * 64, "least": 1}
        found = frames(Says("In salt."), **asked)
        other = frames(Says("No."), **{**asked, "question": "How do I bake bread?"})
    assert any(frame.said for frame in found)
    assert "Nothing in the library" in (other[-1].notice or "")


def test_half_of_the_words_spare_a_passage() -> None:
    library = build([Entry("lights", "Lighthouse", KEEPERS)], tiny())
    for question, kept in (("keeper of the north", 1), ("keeper of the cold north", 0), ("?!", 0)):
        *_, last = retrieve(library, question, Search(least=1.01, spared=True, late=0))
        assert len(last.chunks) == kept, question


def test_what_is_fitted_tells_the_kinds_apart_and_spares_what_it_may() -> None:
    rng = np.random.default_rng(0)
    answered = np.arange(200) < 100
    found = rng.standard_normal((200, len(SIGNS))) + 2.0 * answered[:, None]
    decision = fitted("x", found, answered, 0.05)
    refused = decision.chances(found) < decision.chance
    assert refused[answered].mean() == pytest.approx(0.05, abs=0.011)
    assert refused[~answered].mean() > 0.9
    assert min(decision.weights) > 0
