"""The RAG page as a visitor and as a program use it, on the real models, over the built-in library."""

from __future__ import annotations

from pathlib import Path

import pytest
from gradio_client.exceptions import AppError

from genai_demo.load import clear
from genai_demo.rag import MINILM
from tests.decoder.real import borrowed, true_home

ASK, KNOCK = "p-rag-ask", "p-rag-knock"
FACT = "22 August 2022"


@pytest.fixture(scope="module", autouse=True)
def real_models(tmp_path_factory):
    source = MINILM.sources[0]
    place = Path("packages") / f"{source.name}-{source.version}"
    if not (true_home() / place).exists():
        pytest.skip("the embedder is not here; `python -m genai_demo prefetch rag/minilm` fetches it")
    with borrowed(tmp_path_factory.mktemp("home")) as home:
        (home / place).symlink_to(true_home() / place)
        yield
    clear()


def live(page, bench):
    """Waits for a film that was computed now, to its end."""
    page.wait_for_function(
        f"(told => told?.done && told.badge === 'live')(document.querySelector('#{bench}-strip .film')?.told)"
    )
    return page.evaluate(f"document.querySelector('#{bench}-strip .film').told.frames")


@pytest.mark.browser
def test_opens_on_a_recorded_answer(visit):
    page = visit("rag")
    page.wait_for_function(f"document.querySelector('#{ASK}-strip .film')?.told?.badge === 'recorded'")


@pytest.mark.browser
def test_the_answer_and_the_span_it_rests_on(visit):
    page = visit("rag?run=rag/ask", width=390, dark=True)
    frames = live(page, ASK)
    assert FACT in "".join(frame.get("grown", {}).get("said", "") for frame in frames)
    lit = page.locator(f"#{ASK}-strip .film-tok[data-kind=picked]")
    assert any(FACT in text for text in lit.all_inner_texts())
    assert page.get_by_text("best span").first.is_visible()
    assert page.locator(f"#{ASK}-strip .film-column:visible").count() == 4, "what no longer changes stays on stage"


@pytest.mark.browser
def test_knocking_the_passage_out_changes_the_answer(visit):
    page = visit("rag?run=rag/knock")
    live(page, KNOCK)
    text = page.locator(f"#{KNOCK}-strip").inner_text()
    assert "Knocked out: Stable Diffusion" in text


def test_programs_ask_too(client):
    film, *_ = client.predict(question="What is BM25?", max_new_tokens=8, api_name="/rag_ask")
    assert film["frames"][0]["numbers"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"question": "   "}, "empty"), ({"question": "x" * 100_000}, "limit"), ({"documents": "nowhere"}, "nowhere"),
        ({"hashes": "a" * 64}, "document"), ({"without": "one"}, "whole numbers"),
    ],
    ids=["blank", "a hundred kilobytes", "no such article", "somebody else's document", "no number"],
)  # fmt: skip
def test_bad_questions_get_one_sentence(client, options, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(**options, api_name="/rag_ask")


def test_cutting_needs_no_model(client):
    film, *_ = client.predict(text="One. Two three four. Five.", how="sentences", size=8, api_name="/rag_chunk")
    assert film["frames"]
