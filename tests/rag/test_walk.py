"""The graph of HNSW: read as FAISS built it, walked as FAISS walks it."""

from __future__ import annotations

import faiss
import numpy as np
import pytest

from genai_demo import DemoError, Recipe, run
from genai_demo.rag import walk
from tests.rag.stand_in import tiny

N, WIDTH, LINKS = 400, 16, 4


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    rows = np.random.default_rng(0).standard_normal((N, WIDTH)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_every_chunk_is_on_the_lowest_layer_and_links_stay_on_theirs(vectors):
    graph = walk.graph_of(vectors, LINKS)
    assert sorted(graph.links[0]) == list(range(N))
    for upper, lower in zip(graph.links[1:], graph.links, strict=False):
        assert set(upper) < set(lower)
        assert all(set(others) <= set(upper) and i not in others for i, others in upper.items())
    assert graph.entry in graph.links[-1]
    assert max(map(len, graph.links[0].values())) <= 2 * LINKS


@pytest.mark.parametrize("ef", [3, 16, 64])
def test_the_walk_finds_what_faiss_finds(vectors, ef):
    graph = walk.graph_of(vectors, LINKS)
    index = faiss.IndexHNSWFlat(WIDTH, LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = walk.BUILD_EFFORT, ef
    faiss.omp_set_num_threads(1)
    index.add(vectors)
    asked = np.random.default_rng(1).standard_normal((40, WIDTH)).astype(np.float32)
    for q, found in zip(asked, index.search(asked, walk.K)[1].tolist(), strict=True):
        *_, last = walk.moved(graph, vectors @ q, ef)
        assert [i for _, i in last.found[: walk.K]] == found


def test_a_walk_of_all_finds_the_nearest_and_compares_each_once(vectors):
    graph, near = walk.graph_of(vectors, LINKS), vectors @ vectors[7]
    moves = list(walk.moved(graph, near, N))
    assert [i for _, i in moves[-1].found[: walk.K]] == np.argsort(-near)[: walk.K].tolist()
    assert moves[-1].compared == 1 + sum(move.new for move in moves) <= N
    assert moves[0].at == graph.entry
    assert [move.layer for move in moves] == sorted((move.layer for move in moves), reverse=True)


@pytest.fixture
def library(monkeypatch, three):
    monkeypatch.setattr(walk, "embedder", tiny)
    monkeypatch.setattr(walk, "built_in", lambda model: three)
    return three


def test_nothing_is_no_question(library):
    with pytest.raises(DemoError, match="question is empty"):
        list(run(Recipe("rag/walk", {"question": "  "}, 0)))


def test_the_frames_say_where_the_walk_is_and_how_near_it_came(library):
    frames = list(run(Recipe("rag/walk", {"ef": 64, "question": "What is in the sea?"}, 0)))
    last = frames[-1]
    assert last.compared == last.chunks == len(library.chunks)
    assert last.nearest == pytest.approx(last.true)
    assert [tok.value for tok in last.best] == sorted((tok.value for tok in last.best), reverse=True)
    assert "the walk ends" in last.words
    assert len(last.nodes) == last.chunks
    assert all(len(frame.kept) for frame in frames)
