from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.home import ASSETS
from genai_demo.rag import bm25, prompt, rank
from genai_demo.rag.library import Entry, Library, build
from genai_demo.rag.retrieve import LONGEST, STAGES, Search, StageResult, checked, retrieve
from tests.rag.stand_in import ENTRIES, tiny

DEFAULTS = Search()


@pytest.fixture(scope="module")
def library() -> Library:
    return build(ENTRIES, tiny())


def last(library: Library, question: str, search: Search = DEFAULTS, variants: tuple[str, ...] = ()) -> StageResult:
    return list(retrieve(library, question, search, variants))[-1]


def names(library: Library, result: StageResult) -> list[str]:
    return [library.chunks[i].document for i in result.chunks]


def test_the_stages_come_in_order_with_their_rankings(library: Library) -> None:
    results = list(retrieve(library, "What moves the sea?"))
    assert tuple(result.name for result in results) == STAGES
    for result in results:
        assert result.ms >= 0
        assert len(result.chunks) == len(result.passages) == len(result.scores)
        assert np.array_equal(result.passages, library.owner[result.chunks])
        assert len(set(result.passages.tolist())) == len(result.passages)
    for result in results[:3]:
        assert (np.diff(result.scores) <= 0).all()
    assert library.chunks[results[0].chunks[0]].text.endswith("The moon moves the sea.")


def test_a_passage_shows_the_chunk_that_fits(library: Library) -> None:
    dense = list(retrieve(library, "guards a ship"))[1]
    scores = library.vectors @ tiny().encode(["guards a ship"])[0]
    for chunk, passage in zip(dense.chunks, dense.passages):
        owned = np.flatnonzero(library.owner == passage)
        assert chunk == owned[scores[owned].argmax()]


def test_chunks_can_be_ranked_alone(library: Library) -> None:
    result = last(library, "fish", Search(unit="chunk", k=20, late=3))
    assert sorted(result.chunks.tolist()) == list(range(len(library.chunks)))


def test_only_the_documents_asked_for_are_found(library: Library) -> None:
    for result in retrieve(library, "fish by the river", Search(documents=("animals", "sky"))):
        assert set(names(library, result)) <= {"animals", "sky"}
    with pytest.raises(DemoError, match="document is sea"):
        retrieve(library, "fish", Search(documents=("sea",)))


@pytest.mark.parametrize("documents", [(), ("food", "sky")])
def test_a_chunk_knocked_out_is_not_found(library: Library, documents: tuple[str, ...]) -> None:
    search = Search(documents=documents)
    best = int(last(library, "bread flour", search).chunks[0])
    for unit in ("passage", "chunk"):
        knocked = Search(documents=documents, without=(best,), unit=unit)
        for result in retrieve(library, "bread flour", knocked):
            assert best not in result.chunks.tolist()


def test_everything_knocked_out_leaves_nothing(library: Library) -> None:
    every = tuple(range(len(library.chunks)))
    assert [len(result.chunks) for result in retrieve(library, "cat", Search(without=every))] == [0, 0, 0]
    assert [len(r.chunks) for r in retrieve(library, "cat", Search(without=every, documents=("sky",)))] == [0, 0, 0]


@pytest.mark.parametrize("chunk", [-1, 6, 10**12])
def test_a_chunk_that_is_not_here_is_refused(library: Library, chunk: int) -> None:
    with pytest.raises(DemoError, match=f"chunk is {chunk}; this library has 0 to 5"):
        retrieve(library, "cat", Search(without=(chunk,)))


def test_an_empty_library_answers_with_nothing() -> None:
    assert [len(result.chunks) for result in retrieve(build([], tiny()), "cat")] == [0, 0, 0]


def test_a_threshold_and_k_cut_off(library: Library) -> None:
    assert len(last(library, "cat", Search(k=2)).chunks) == 2
    assert len(last(library, "cat", Search(least=1.01, late=0)).chunks) == 0
    kept = last(library, "cat fish", Search(least=0.5, late=0))
    assert (library.vectors[kept.chunks] @ tiny().encode(["cat fish"])[0] >= 0.5).all()


def test_weights_choose_between_words_and_meaning(library: Library) -> None:
    bm25, dense, words, _ = retrieve(library, "the moon moves the sea", Search(words=1.0))
    assert words.chunks[: len(bm25.chunks)].tolist() == bm25.chunks.tolist()
    meaning = list(retrieve(library, "the moon moves the sea", Search(words=0.0)))[2]
    assert meaning.passages[: len(dense.passages)].tolist() == dense.passages.tolist()


def test_diversity_passes_over_a_copy() -> None:
    text = ENTRIES[2].text
    library = build([*ENTRIES, Entry("copy", "Sky", text)], tiny())
    search = Search(k=2, late=0)
    assert set(names(library, last(library, "the moon moves the sea", search))) == {"sky", "copy"}
    mixed = Search(k=2, late=0, balance=0.0)
    assert set(names(library, last(library, "the moon moves the sea", mixed))) != {"sky", "copy"}


def test_another_wording_brings_its_own_finds(library: Library) -> None:
    bm25 = next(iter(retrieve(library, "flour", variants=("tides",))))
    assert set(names(library, bm25)) == {"food", "sky"}


@pytest.mark.parametrize(
    "question", ["生成模型是什么？", "ما هو البحر؟", "?!", "💥", "a\x00\x1bb", "\ud800 moon", "[SEP]"]
)
def test_any_script_is_answered(library: Library, question: str) -> None:
    assert len(last(library, question).chunks) > 0


@pytest.mark.parametrize(
    ("question", "named"),
    [("", "empty"), (" \n\t\x00\x07", "empty"), ("x" * 100_000, f"100,000 characters; ask in at most {LONGEST:,}")],
)
def test_nothing_and_too_much_are_refused_before_the_first_stage(library: Library, question: str, named: str) -> None:
    with pytest.raises(DemoError, match=named):
        retrieve(library, question)
    with pytest.raises(DemoError, match=named):
        retrieve(library, "fine", variants=(question,))


def test_a_question_is_cleaned() -> None:
    assert checked("  what\x00is\n\nit? ") == "what is it?"


def test_several_ask_at_once(library: Library) -> None:
    asked = ["the cat eats fish", "bread of flour", "the moon and the sea"] * 4
    alone = [last(library, question) for question in asked]
    together = threading.Barrier(4)

    def ask(question: str) -> StageResult:
        together.wait(30)
        return last(library, question)

    with ThreadPoolExecutor(4) as pool:
        for mine, other in zip(alone, pool.map(ask, asked)):
            assert np.array_equal(mine.chunks, other.chunks)


def test_stopping_early_is_safe(library: Library) -> None:
    stages = retrieve(library, "cat")
    next(stages)
    stages.close()
    assert list(stages) == []


def test_the_page_states_the_constants_that_run() -> None:
    text = (ASSETS.parent / "pages" / "text" / "rag" / "how.md").read_text()
    search = Search()
    for said in (
        f"$k_1 = {bm25.K1:g}$, $b = {bm25.B:g}$",
        f"$w / ({rank.RANK_CONSTANT} + ",
        f"$w = {1 - search.words:g}$ for meaning and ${search.words:g}$ for words",
        f"A prompt takes {prompt.BUDGET} tokens",
    ):
        assert said in text, said


def test_bm25_is_what_the_page_writes() -> None:
    texts = ["moon sea sea", "sea ship", "bread stone flour"]
    counts, long = 2, [3, 2, 3]
    idf = np.log(1 + (len(texts) - 2 + 0.5) / (2 + 0.5))
    expected = idf * counts / (counts + bm25.K1 * (1 - bm25.B + bm25.B * long[0] / np.mean(long)))
    assert bm25.BM25(texts).scores("sea")[0] == pytest.approx(expected, rel=1e-4)
