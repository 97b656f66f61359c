"""Run rag/stores: comparing with every vector (FAISS flat) against walking a graph of neighbours (HNSW).

Malkov & Yashunin 2016: `ef`, how many candidates the walk keeps, buys recall for time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import faiss
import numpy as np

from genai_demo.core.frames import Tok, curve, number, prose, ranked
from genai_demo.rag.library import built_in
from genai_demo.rag.options import JITTER, StoresOptions
from genai_demo.rag.passages import embedder
from genai_demo.rag.store import FlatStore, HNSWStore, Store, filled

K, QUERIES, ASKED = 10, 100, 0.7  # nearest wanted, questions; length of what is added to a vector to make one
EFFORTS = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256)  # ef


@dataclass(frozen=True, slots=True, eq=False)
class StoreStep:
    """One value of ef. Times are per question, on one core; recall is the share of the true nearest that is found."""

    index: int
    total: int
    words: str = prose("what is compared")
    found: tuple[Tok, ...] = ranked("recall by ef", unit="recall")
    ef: int = number("ef", digits=5)
    recall: float = curve("HNSW recall@10", chart="recall against time", against="ms")
    ms: float = number("HNSW, a question", unit="ms", measured=True)
    flat_ms: float = number("flat, a question", unit="ms", measured=True)
    build_s: float = number("building HNSW", unit="s", digits=2, measured=True)
    flat_build_s: float = number("filling flat", unit="s", digits=2, measured=True)
    n: int = number("vectors", digits=6)


def stores(options: StoresOptions, *, seed: int) -> Iterator[StoreStep]:
    """Both stores are filled with the same vectors; then a frame for each value of ef."""
    faiss.omp_set_num_threads(1)  # of this thread; with more the graph is never the same twice
    vectors, queries = _vectors(options.n, seed)
    width = vectors.shape[1]
    flat, flat_build = _built(FlatStore(width), vectors)
    graph = HNSWStore(width)
    _, build = _built(graph, vectors)
    true, flat_ms = _asked(flat, queries)
    rows: list[Tok] = []
    for i, ef in enumerate(EFFORTS):
        graph.effort = ef
        got, ms = _asked(graph, queries)
        recall = float(np.mean([len(set(a) & set(b)) / K for a, b in zip(true.tolist(), got.tolist())]))
        rows.append(Tok(f"ef {ef}", recall, value=round(recall, 4)))
        yield StoreStep(
            i, len(EFFORTS), _words(options.n), tuple(rows), ef, recall, ms, flat_ms, build, flat_build, options.n
        )


def _vectors(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, d) and (QUERIES, d) unit rows: the library's, then shaken copies of them; questions are shaken more."""
    real = built_in(embedder()).vectors
    rng = np.random.default_rng(seed)
    copies = real[rng.integers(len(real), size=max(0, n - len(real)))]
    every = np.concatenate([real, _shaken(copies, JITTER, rng)])[:n]
    return every, _shaken(every[rng.integers(n, size=QUERIES)], ASKED, rng)


def _shaken(rows: np.ndarray, length: float, rng: np.random.Generator) -> np.ndarray:
    moved = rows + length * rng.standard_normal(rows.shape).astype(np.float32) / np.sqrt(rows.shape[1])
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)


def _built(store: Store, vectors: np.ndarray) -> tuple[Store, float]:
    begun = time.perf_counter()
    return filled(store, vectors), time.perf_counter() - begun


def _asked(store: Store, queries: np.ndarray) -> tuple[np.ndarray, float]:
    """(ids of the K nearest (q, K), milliseconds a question), one question at a time as visitors come."""
    begun = time.perf_counter()
    found = [store.search(query[None], K)[0] for query in queries]
    return np.concatenate(found), 1000 * (time.perf_counter() - begun) / len(queries)


def _words(n: int) -> str:
    return (
        f"{n:,} vectors, {QUERIES} questions. Flat compares each question with all of them and misses none; HNSW walks "
        "a graph from neighbour to neighbour and keeps the best ef of them on its way."
    )
