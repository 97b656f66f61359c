from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from genai_demo.rag.store import FlatStore, HNSWStore, QdrantStore, Store, filled

WIDTH, MANY = 16, 200


def vectors(count: int = MANY, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def qdrant() -> Store:
    from qdrant_client import QdrantClient

    return QdrantStore(QdrantClient(":memory:"), WIDTH)


each_store = pytest.mark.parametrize(
    "make", [lambda: FlatStore(WIDTH), lambda: HNSWStore(WIDTH, effort=MANY), qdrant], ids=["flat", "hnsw", "qdrant"]
)


def exact(rows: np.ndarray, query: np.ndarray, k: int, allowed: np.ndarray) -> list[int]:
    order = np.argsort(-(rows @ query), kind="stable")
    return [int(i) for i in order if i in allowed][:k]


@each_store
def test_the_nearest_come_first(make: Callable[[], Store]) -> None:
    rows, queries = vectors(), vectors(5, seed=1)
    store = filled(make(), rows)
    ids, scores = store.search(queries, 7)
    assert len(store) == MANY
    for query, found, near in zip(queries, ids, scores):
        assert found.tolist() == exact(rows, query, 7, np.arange(MANY))
        assert np.allclose(near, rows[found] @ query, atol=1e-4)


@each_store
def test_filters_are_kept_to(make: Callable[[], Store]) -> None:
    rows, query = vectors(), vectors(1, seed=2)
    store = filled(make(), rows)
    only, without = np.arange(0, MANY, 5), np.arange(0, MANY, 10)
    assert store.search(query, 6, only)[0][0].tolist() == exact(rows, query[0], 6, only)
    rest = np.setdiff1d(np.arange(MANY), without)
    assert store.search(query, 6, None, without)[0][0].tolist() == exact(rows, query[0], 6, rest)
    both = np.setdiff1d(only, without)
    assert store.search(query, 6, only, without)[0][0].tolist() == exact(rows, query[0], 6, both)


@each_store
def test_what_is_removed_vanishes(make: Callable[[], Store]) -> None:
    rows, query = vectors(), vectors(1, seed=3)
    store = filled(make(), rows)
    gone = store.search(query, 5)[0][0]
    store.remove(gone)
    store.remove(np.array([MANY + 99]))
    found = store.search(query, 5)[0][0]
    assert len(store) == MANY - 5
    assert not set(found) & set(gone)
    assert found.tolist() == exact(rows, query[0], 5, np.setdiff1d(np.arange(MANY), gone))


@each_store
def test_more_than_there_are_is_padded(make: Callable[[], Store]) -> None:
    store = filled(make(), vectors(4), [7, 8, 9, 10])
    ids, scores = store.search(vectors(1, seed=4), 4, np.array([8, 10]))
    assert sorted(ids[0]) == [-1, -1, 8, 10]
    assert scores[0][ids[0] < 0].tolist() == [-1, -1]
    assert (store.search(vectors(1), 4, np.zeros(0, np.int64))[0] == -1).all()


@each_store
def test_more_can_be_added(make: Callable[[], Store]) -> None:
    store = filled(make(), vectors())
    fresh = vectors(3, seed=5)
    store.add(np.array([500, 501, 502]), fresh)
    assert store.search(fresh, 1)[0][:, 0].tolist() == [500, 501, 502]


def test_an_id_that_was_removed_is_not_used_again_in_a_graph() -> None:
    store = filled(HNSWStore(WIDTH), vectors(5))
    store.remove(np.array([2]))
    with pytest.raises(ValueError, match="removed"):
        store.add(np.array([2]), vectors(1))
