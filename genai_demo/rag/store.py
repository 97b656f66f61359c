"""Where vectors are kept and the nearest are found: FAISS flat, HNSW beside it, Qdrant behind the same interface.

Flat (Douze et al. 2024, "The Faiss library") compares the query with every vector. HNSW (Malkov & Yashunin 2016) walks
a graph of neighbours: quicker among very many, but it may miss one. Qdrant is a database on a server of its own.
ids: whole numbers from 0, chosen by the caller. Vectors have length 1, so that a score is a cosine.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Protocol

import faiss
import numpy as np

Found = tuple[np.ndarray, np.ndarray]  # ids (q, k) int64, -1 where there are no more; scores (q, k) float32
LINKS, BUILD_EFFORT, SEARCH_EFFORT = 32, 80, 64  # HNSW: neighbours of a node, candidates kept in building and searching


class Store(Protocol):
    """Searching is for several threads at once; a search sees what was added and removed before it began."""

    def __len__(self) -> int: ...

    def add(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        """Keep vectors (n, d) float32 of length 1 under ids (n,) that are not in use."""

    def remove(self, ids: np.ndarray) -> None:
        """Forget these; ids that are not there are passed over."""

    def search(
        self, queries: np.ndarray, k: int, only: np.ndarray | None = None, without: np.ndarray | None = None
    ) -> Found:
        """The k nearest to each query (q, d), best first; of `only` and not of `without`, where they are given."""


class FlatStore:
    """Every vector is compared. Writing makes a new index and puts it in the place of the old one."""

    def __init__(self, width: int) -> None:
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(width))
        self._writing = threading.Lock()

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        with self._writing:
            fresh = faiss.clone_index(self._index) if len(self) else self._index
            fresh.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.ascontiguousarray(ids, np.int64))
            self._index = fresh

    def remove(self, ids: np.ndarray) -> None:
        with self._writing:
            fresh = faiss.clone_index(self._index)
            fresh.remove_ids(np.ascontiguousarray(ids, np.int64))
            self._index = fresh

    def search(
        self, queries: np.ndarray, k: int, only: np.ndarray | None = None, without: np.ndarray | None = None
    ) -> Found:
        chosen = _selector(only, without)
        parameters = faiss.SearchParameters(sel=chosen) if chosen is not None else None
        return _searched(self._index, queries, k, parameters)


class HNSWStore:
    """A graph of neighbours. What is removed stays in the graph as a way to others, but is never found."""

    def __init__(self, width: int, links: int = LINKS, effort: int = SEARCH_EFFORT) -> None:
        graph = faiss.IndexHNSWFlat(width, links, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = BUILD_EFFORT
        self._index, self.effort = faiss.IndexIDMap2(graph), effort
        self._gone = np.zeros(0, np.int64)
        self._writing = threading.Lock()

    def __len__(self) -> int:
        return int(self._index.ntotal) - len(self._gone)

    def add(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        with self._writing:
            if np.isin(ids, self._gone).any():
                raise ValueError("an id that was removed can't be used again")
            fresh = faiss.clone_index(self._index) if self._index.ntotal else self._index
            fresh.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.ascontiguousarray(ids, np.int64))
            self._index = fresh

    def remove(self, ids: np.ndarray) -> None:
        with self._writing:
            here = faiss.vector_to_array(self._index.id_map)
            self._gone = np.union1d(self._gone, np.intersect1d(np.asarray(ids, np.int64), here))

    def search(
        self, queries: np.ndarray, k: int, only: np.ndarray | None = None, without: np.ndarray | None = None
    ) -> Found:
        refused = self._gone if without is None else np.union1d(self._gone, without)
        chosen = _selector(only, refused if len(refused) else None)
        parameters = faiss.SearchParametersHNSW(sel=chosen, efSearch=max(self.effort, k))
        return _searched(self._index, queries, k, parameters)


class QdrantStore:
    """A collection of a Qdrant database; `client` is a qdrant_client.QdrantClient, of a server or in local mode."""

    def __init__(self, client: Any, width: int, collection: str = "chunks") -> None:
        from qdrant_client import models

        self._models, self._client, self._name = models, client, collection
        if not client.collection_exists(collection):
            client.create_collection(
                collection, vectors_config=models.VectorParams(size=width, distance=models.Distance.COSINE)
            )

    def __len__(self) -> int:
        return int(self._client.count(self._name).count)

    def add(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        points = [self._models.PointStruct(id=int(i), vector=v.tolist()) for i, v in zip(ids, vectors, strict=True)]
        self._client.upload_points(self._name, points, wait=True)

    def remove(self, ids: np.ndarray) -> None:
        self._client.delete(self._name, self._models.PointIdsList(points=[int(i) for i in ids]), wait=True)

    def search(
        self, queries: np.ndarray, k: int, only: np.ndarray | None = None, without: np.ndarray | None = None
    ) -> Found:
        must = [self._models.HasIdCondition(has_id=[int(i) for i in only])] if only is not None else None
        never = [self._models.HasIdCondition(has_id=[int(i) for i in without])] if without is not None else None
        wanted = self._models.Filter(must=must, must_not=never)
        ids, scores = np.full((len(queries), k), -1, np.int64), np.full((len(queries), k), -1, np.float32)
        for row, query in enumerate(queries):
            points = self._client.query_points(self._name, query=query.tolist(), limit=k, query_filter=wanted).points
            ids[row, : len(points)] = [point.id for point in points]
            scores[row, : len(points)] = [point.score for point in points]
        return ids, scores


def filled(store: Store, vectors: np.ndarray, ids: Sequence[int] | None = None) -> Store:
    """The store, after `vectors` went in under ids 0, 1, 2 ..., or those given."""
    if len(vectors):
        store.add(np.arange(len(vectors)) if ids is None else np.asarray(ids, np.int64), vectors)
    return store


def _searched(index: Any, queries: np.ndarray, k: int, parameters: Any) -> Found:
    """FAISS's answer; the score where there are no more is -1."""
    k = max(1, min(k, int(index.ntotal)))
    scores, ids = index.search(np.ascontiguousarray(queries, np.float32), k, params=parameters)
    return ids, np.where(ids < 0, np.float32(-1), scores)


def _selector(only: np.ndarray | None, without: np.ndarray | None) -> Any:
    """FAISS's filter of ids; None where all are wanted."""
    if only is not None and without is not None:
        only, without = np.setdiff1d(only, without), None
    if only is not None:
        return faiss.IDSelectorBatch(np.ascontiguousarray(only, np.int64))
    if without is not None and len(without):
        return faiss.IDSelectorNot(faiss.IDSelectorBatch(np.ascontiguousarray(without, np.int64)))
    return None
