from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genai_demo.core.caches import weigh
from genai_demo.core.errors import DemoError
from genai_demo.data.knowledge import articles
from genai_demo.inputs.documents.document import Document
from genai_demo.rag import MINILM, library
from genai_demo.rag.chunks import cut
from genai_demo.rag.library import (
    PASSAGE,
    Cutting,
    Entry,
    build,
    building,
    built_in,
    fingerprint,
    indexed,
    of_article,
    of_document,
)
from tests.rag.stand_in import ENTRIES, tiny


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    library._built.clear()


def test_building_counts_chunks_and_ends_with_the_library() -> None:
    many = [Entry(f"d{i}", f"D {i}", "The cat. " * (i + 1)) for i in range(40)]
    steps = list(building(many, tiny()))
    assert [step.total for step in steps] == [40] * len(steps)
    assert [step.done for step in steps] == [32, 40]
    assert [step.library is None for step in steps] == [True, False]
    assert len(build([], tiny()).chunks) == 0


def test_vectors_that_were_kept_are_used_where_they_fit() -> None:
    made = build(ENTRIES, tiny())
    mine = made.chunks_of(["food"])
    marked = np.roll(made.vectors[mine], 1, axis=1)
    steps = list(building(ENTRIES, tiny(), Cutting(), {"food": marked, "sky": marked[:1], "gone": marked}))
    again = steps[-1].library
    assert again is not None
    assert np.array_equal(again.vectors[mine], marked)
    others = np.setdiff1d(np.arange(len(made.chunks)), mine)
    assert np.allclose(again.vectors[others], made.vectors[others], atol=1e-5)


def test_a_file_is_named_by_its_hash_and_cut_at_its_headings() -> None:
    file = Document("a.pdf", "pdf", "Intro. Rest of it.", (0,), ((0, "One"), (7, "Two")), "ab" * 32)
    made = build([of_document(file)], tiny())
    assert [(chunk.document, chunk.heading, chunk.text) for chunk in made.chunks] == [
        ("ab" * 32, "One", "Intro."),
        ("ab" * 32, "Two", "Rest of it."),
    ]
    assert made.entry("ab" * 32).title == "a.pdf"


def test_passages_hold_their_chunks_and_no_more_than_they_may() -> None:
    long = Entry("long", "Long", "\n\n".join(f"## Part {i}\n\n{'The moon. ' * 60}" for i in range(9)))
    made = build([*ENTRIES, long], tiny())
    assert len(made.passages) == 3 + 3
    for number, passage in enumerate(made.passages):
        assert made.entry(passage.document).text[passage.start : passage.end] == passage.text
        assert len(passage.text) <= PASSAGE
        for i in range(passage.first, passage.last + 1):
            assert made.owner[i] == number
            assert made.chunks[i].text in passage.text
    assert made.owner.tolist() == sorted(made.owner.tolist())


def test_a_document_taken_out_is_gone_and_the_library_stays() -> None:
    made = build(ENTRIES, tiny())
    less = made.without(["food"])
    assert [entry.name for entry in less.entries] == ["animals", "sky"]
    assert {chunk.document for chunk in less.chunks} == {"animals", "sky"}
    assert len(less.vectors) == len(less.chunks) == len(less.store)
    assert not less.bm25.scores("flour").any()
    assert made.bm25.scores("flour").any()
    kept = [i for i, chunk in enumerate(made.chunks) if chunk.document != "food"]
    assert np.array_equal(less.vectors, made.vectors[kept])
    with pytest.raises(DemoError, match="nowhere"):
        made.without(["nowhere"])


def test_names_are_one_of_their_kind() -> None:
    with pytest.raises(DemoError, match="sky is there 2 times"):
        build([ENTRIES[2], ENTRIES[2]], tiny())


def test_the_vectors_can_not_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        build(ENTRIES, tiny()).vectors[0] = 0


def test_what_is_indexed_names_the_document_and_the_section() -> None:
    chunk = cut("## Fish\n\nOne two three four five six. Seven eight nine ten.", size=8)[-1]
    assert indexed(ENTRIES[1], chunk) == "Food (Meals). Fish. Seven eight nine ten."


def test_the_map_is_always_the_same() -> None:
    one, other = (build(ENTRIES, tiny()) for _ in range(2))
    places = one.placed(one.vectors)
    assert places.shape == (len(one.chunks), 2)
    assert np.array_equal(places, other.placed(other.vectors))
    assert places[:, 0].var() >= places[:, 1].var() > 0
    assert build(ENTRIES[:1], tiny(), Cutting("tokens", 512)).placed(one.vectors[:1]).shape == (1, 2)


def test_token_vectors_are_remembered_but_not_all(monkeypatch: pytest.MonkeyPatch) -> None:
    every = build(ENTRIES, tiny()).token_vectors(range(len(build(ENTRIES, tiny()).chunks)))
    monkeypatch.setattr(library, "TOKEN_BYTES", 2 * max(map(weigh, every)))
    made = build(ENTRIES, tiny())
    made.token_vectors(range(len(made.chunks)))
    assert 2 <= len(made._tokens) < len(made.chunks)
    again = made.token_vectors([1, 0, 1])
    for i, rows in zip([1, 0, 1], again):
        assert np.array_equal(rows, every[i])  # to the last digit, whatever was asked for before


def test_the_built_in_one_is_built_once_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    some = articles()[:4]
    monkeypatch.setattr(library, "articles", lambda: some)
    first = built_in(tiny())
    assert built_in(tiny()) is first
    assert first.entries == tuple(of_article(article) for article in some)
    assert len(list(tmp_path.glob("rag/*.safetensors"))) == 1
    library._built.clear()
    monkeypatch.setattr(library, "build", lambda *_: pytest.fail("it was kept"))
    again = built_in(tiny())
    assert np.allclose(again.vectors, first.vectors, atol=2e-3)
    assert np.allclose(np.linalg.norm(again.vectors, axis=1), 1, atol=1e-5)


def test_a_kept_index_that_is_damaged_or_of_other_articles_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    some = articles()[:2]
    monkeypatch.setattr(library, "articles", lambda: some)
    built_in(tiny())
    (path,) = tmp_path.glob("rag/*.safetensors")
    path.write_bytes(path.read_bytes()[:20])
    library._built.clear()
    assert len(built_in(tiny()).vectors) > 0
    entries = [of_article(article) for article in some]
    keys = {
        fingerprint(entries, tiny(), Cutting()),
        fingerprint(entries[:1], tiny(), Cutting()),
        fingerprint(entries, tiny(), Cutting(size=100)),
    }
    assert len(keys) == 3


def test_the_shipped_index_is_that_of_the_articles_as_they_are() -> None:
    """Where it is not: `python -m genai_demo quality rag`."""
    source = MINILM.sources[0]
    shipped = type("Shipped", (), {"identity": source.sha256[:16], "width": 384})()
    entries = [of_article(article) for article in articles()]
    vectors = library.restored(library.SHIPPED, fingerprint(entries, shipped, Cutting()))
    assert vectors is not None
    assert vectors.shape == (len(library.cut_all(entries, Cutting())), 384)
    assert library.SHIPPED.stat().st_size < 10_000_000
