from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genai_demo.core.errors import DemoError
from genai_demo.rag.chunks import cut
from genai_demo.rag.compare import EFFORTS, stores
from genai_demo.rag.cuts import chunk, drawn
from genai_demo.rag.library import Library
from genai_demo.rag.options import ChunkOptions, StoresOptions

TEXT = "One two three four. Five six seven eight. Nine ten eleven twelve. And so it goes on and on."


def test_chunk_by_chunk() -> None:
    found = list(chunk(ChunkOptions(text=TEXT, how="sentences", size=10), seed=0))
    assert [frame.index for frame in found] == list(range(found[0].total))
    assert all("".join(tok.text for tok in frame.text) == TEXT for frame in found)
    assert found[-1].broken == 0
    assert found[-1].chunks == len(found)
    for frame in found:
        assert [tok.note for tok in frame.text if tok.kind == "picked"] == [f"chunk {frame.index + 1}"]


def test_cuts_inside_sentences_are_counted() -> None:
    found = list(chunk(ChunkOptions(text=TEXT, how="tokens", size=8), seed=0))
    assert found[-1].broken >= 2


def test_what_two_chunks_share_is_noted() -> None:
    found = list(chunk(ChunkOptions(text=TEXT, how="tokens", size=8, overlap=3), seed=0))
    assert found[-1].repeated == 3 * (len(found) - 1)
    assert any("overlap" in tok.note for tok in found[1].text)


@given(st.text(max_size=300), st.integers(8, 20), st.integers(0, 4))
def test_no_letter_is_lost(text: str, size: int, overlap: int) -> None:
    found = cut(text, "tokens", size, overlap)
    assert "".join(tok.text for tok in drawn(text, found, 0)) == text


def test_an_article_is_the_example() -> None:
    first = next(chunk(ChunkOptions(), seed=0))
    assert "".join(tok.text for tok in first.text).startswith("# DDPM")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ChunkOptions(text="\x00\x01"), "the text is empty"),
        (ChunkOptions(text="a " * 9999, how="tokens", size=8), "the limit here is 400"),
        (ChunkOptions(size=8, overlap=9), "overlap is 9"),
    ],
)
def test_what_can_not_be_cut_is_refused(options: ChunkOptions, message: str) -> None:
    with pytest.raises(DemoError, match=message):
        next(chunk(options, seed=0))


def test_a_graph_finds_more_where_it_looks_longer(monkeypatch: pytest.MonkeyPatch, small: Library) -> None:
    from genai_demo.rag import compare
    from tests.rag.stand_in import tiny

    monkeypatch.setattr(compare, "embedder", tiny)
    monkeypatch.setattr(compare, "built_in", lambda model: small)
    found = list(stores(StoresOptions(n=500), seed=0))
    assert [frame.ef for frame in found] == [*EFFORTS]
    assert found[-1].recall >= max(0.95, found[0].recall)
    assert all(0 <= frame.recall <= 1 and frame.ms > 0 for frame in found)
