"""Retrieval on MiniLM: a question, an index of documents, starting, memory; HNSW against flat.

The documents are sentences drawn from the articles, so that words are as frequent as in real text; embeddings of the
library that is asked are random directions, since only their number matters to the time it takes.
"""

from __future__ import annotations

import itertools
import random
import statistics
import time

import faiss
import numpy as np
import torch

from benchmarks import Row, alternate, seconds
from genai_demo.core.load import load
from genai_demo.data.knowledge import articles
from genai_demo.rag import MINILM, library
from genai_demo.rag.chunks import sentences
from genai_demo.rag.embed import BATCH, Embedder
from genai_demo.rag.library import Cutting, Entry, Library, build, built_in, cut_all
from genai_demo.rag.questions import questions
from genai_demo.rag.retrieve import Search, retrieve
from genai_demo.rag.store import FlatStore, HNSWStore, Store, filled

MANY, MOST = 10_000, 100_000  # chunks
ASKED = 20
INDEXED = 192  # chunks that are embedded
NEAREST = 10
GRAPH, EFFORTS = 30_000, (16, 64, 256)  # vectors in the graph, candidates kept while searching it
HYBRID = Search(k=NEAREST, late=0)
Texts = list[str]


def rows() -> list[Row]:
    """Milliseconds a question, chunks a second, milliseconds to start, megabytes; medians, taken in turn."""
    embedder: Embedder = load(MINILM)
    asked = [question.question for question in questions()[::7]][:ASKED]
    large = made(embedder, MANY)
    return [
        seconds(
            f"rag: {ASKED} questions to ranked passages, {MANY:,} chunks, embedding and FAISS bare (at most 1.2)",
            *alternate(lambda: ours(large, asked), lambda: bare(large, asked)),
        ),
        indexing(embedder),
        starting(embedder),
        memory(embedder),
        *graph(embedder),
    ]


def ours(large: Library, asked: Texts) -> list[np.ndarray]:
    """Words, meaning and fusion, one question after another."""
    return [list(retrieve(large, text, HYBRID))[-1].chunks for text in asked]


@torch.inference_mode()
def bare(large: Library, asked: Texts) -> list[np.ndarray]:
    """The network and a flat index by themselves, as one would write them down."""
    model = large.embedder
    found = []
    for text in asked:
        ids = torch.tensor([model.pieces.encode(text).ids], device=model.network.device)
        hidden = model.network(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state.float()
        query = torch.nn.functional.normalize(hidden.mean(1), dim=1).cpu().numpy()
        found.append(_flat(large).search(query, 10 * NEAREST)[1][0])
    return found


def indexing(embedder: Embedder) -> Row:
    """Chunks a second, cut, embedded, indexed by words and meaning; bare: batches of the embedder, sorted by length."""
    entries = documents(INDEXED)
    chunks = cut_all(entries, Cutting())
    of = {entry.name: entry for entry in entries}
    texts = [library.indexed(of[chunk.document], chunk) for chunk in chunks]
    spent = alternate(lambda: build(entries, embedder), lambda: bare_batches(embedder, texts), times=3)
    ours_, bare_ = (len(chunks) / second for second in spent)
    name = f"rag: indexing {len(chunks)} chunks, the embedder bare in batches (at least 0.9)"
    return name, f"{ours_:.0f} chunks/s", f"{bare_:.0f} chunks/s", ours_ / bare_


@torch.inference_mode()
def bare_batches(model: Embedder, texts: Texts) -> np.ndarray:
    """BertModel on padded batches of texts sorted by length: (n, width)."""
    order = sorted(texts, key=len)
    out = []
    for start in range(0, len(order), BATCH):
        read = [one.ids for one in model.pieces.encode_batch(order[start : start + BATCH])]
        ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in read], batch_first=True)
        mask = (ids != model.pad).long()
        hidden = model.network(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        out.append(torch.nn.functional.normalize(mean, dim=1).numpy())
    return np.concatenate(out)


def starting(embedder: Embedder) -> Row:
    """Milliseconds until the built-in library can be asked, its index being there, the embedder loaded."""
    spent = []
    for _ in range(5):
        library._built.clear()
        start = time.perf_counter()
        built_in(embedder)
        spent.append(1000 * (time.perf_counter() - start))
    return "rag: start with a built index (under 300 ms)", f"{statistics.median(spent):.0f} ms", "-", None


def memory(embedder: Embedder) -> Row:
    """Megabytes that a library of MOST chunks adds to the process, texts and all; bare: its vectors alone."""
    before = _resident()
    large = made(embedder, MOST)
    grown = _resident() - before
    vectors = large.vectors.nbytes / 1e6
    return f"rag: memory of {MOST:,} chunks", f"{grown:.0f} MB", f"{vectors:.0f} MB", grown / vectors


def graph(embedder: Embedder) -> list[Row]:
    """Milliseconds a query and share of the true nearest found, by search effort; bare: the flat store.

    Vectors: mixtures of two sections of the articles, with noise; queries: the real questions.
    """
    numbers = np.random.default_rng(0)
    real = built_in(embedder).vectors
    share = numbers.uniform(size=(GRAPH, 1))
    first, second = real[numbers.integers(len(real), size=(2, GRAPH))]
    vectors = unit(share * first + (1 - share) * second + 0.02 * numbers.normal(size=first.shape))
    queries = embedder.encode([question.question for question in questions()])
    flat = filled(FlatStore(vectors.shape[1]), vectors)
    start = time.perf_counter()
    small_world = HNSWStore(vectors.shape[1])
    filled(small_world, vectors)
    built = time.perf_counter() - start
    return [effort(small_world, flat, queries, tried, built) for tried in EFFORTS]


def effort(small_world: HNSWStore, flat: Store, queries: np.ndarray, tried: int, built: float) -> Row:
    """The graph at one effort of searching."""
    small_world.effort = tried
    pairs = zip(searched(flat, queries), searched(small_world, queries))
    share = statistics.mean(len(set(a) & set(b)) / NEAREST for a, b in pairs)
    ours_, bare_ = alternate(lambda: searched(small_world, queries), lambda: searched(flat, queries), times=3)
    name = f"rag: HNSW, effort {tried}: {share:.1%} of the {NEAREST} nearest of {GRAPH:,}, built in {built:.0f} s; flat"
    each = [f"{1000 * second / len(queries):.2f} ms" for second in (ours_, bare_)]
    return name, *each, ours_ / bare_


def searched(store: Store, queries: np.ndarray) -> list[np.ndarray]:
    """The nearest of each query, one after another."""
    return [store.search(query[None], NEAREST)[0][0] for query in queries]


def documents(chunks: int) -> list[Entry]:
    """As many sections of four sentences drawn from the articles, ten to a document."""
    every = [
        article.body[start:end]
        for article in articles()
        for start, end in sentences(article.body)
        if article.body[start] != "#"
    ]
    drawn = random.Random(0)
    sections = (f"## Part {i}\n\n{' '.join(drawn.choices(every, k=4))}" for i in itertools.count())
    return [
        Entry(f"d{i}", f"Document {i}", "\n\n".join(itertools.islice(sections, min(10, chunks - i))))
        for i in range(0, chunks, 10)
    ]


def made(embedder: Embedder, count: int) -> Library:
    """A library of `count` chunks with random vectors."""
    entries = documents(count)
    chunks = cut_all(entries, Cutting())
    return Library(entries, chunks, unit(np.random.default_rng(0).normal(size=(len(chunks), 384))), embedder)


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


_indices: dict[int, faiss.Index] = {}


def _flat(large: Library) -> faiss.Index:
    """A bare index of the library's vectors, made once."""
    if id(large) not in _indices:
        _indices[id(large)] = faiss.IndexFlatIP(large.vectors.shape[1])
        _indices[id(large)].add(large.vectors)
    return _indices[id(large)]


def _resident() -> float:
    """Megabytes of memory the process has now."""
    import psutil

    return psutil.Process().memory_info().rss / 1e6
