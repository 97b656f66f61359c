"""From a question to ranked passages, stage by stage: BM25, dense, hybrid, reranked.

A passage is ranked by its best chunk. Hybrid: reciprocal rank fusion of the passages' ranks in BM25 and dense.
Reranked: the first passages of the hybrid ranking, their ranks by late interaction fused with it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from genai_demo.core.errors import DemoError
from genai_demo.rag import rank
from genai_demo.rag.bm25 import words
from genai_demo.rag.embed import clean
from genai_demo.rag.library import Library

StageName = Literal["bm25", "dense", "hybrid", "reranked"]
STAGES: tuple[StageName, ...] = ("bm25", "dense", "hybrid", "reranked")
LONGEST = 2000  # characters of a question
POOL = 100  # chunks that BM25 and dense each hand on, at least


@dataclass(frozen=True, slots=True)
class Search:
    """k: passages wanted; documents: names to look in, () for all; without: ids of chunks knocked out.

    unit: what is ranked, passages or single chunks. words: weight of BM25 against dense, 0 to 1. least: cosine of the
    best chunk below which a passage is dropped; spared: unless half of the question's words stand in it. balance: of
    relevance against being different (MMR), 1 for none of it. late: how many passages are reranked, 0 for none;
    late_weight: how much late interaction counts there, 0 to 1.
    """

    k: int = 10
    documents: tuple[str, ...] = ()
    without: tuple[int, ...] = ()
    unit: Literal["passage", "chunk"] = "passage"
    words: float = 0.3
    least: float = -1.0
    spared: bool = False
    balance: float = 1.0
    late: int = 5
    late_weight: float = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class StageResult:
    """A ranking. chunks (n,) int64: ids in library.chunks, of each passage the best; passages (n,): library.passages;

    scores (n,) float32: BM25's, cosines, or sums of reciprocal ranks; ms: milliseconds this stage took.
    """

    name: StageName
    ms: float
    chunks: np.ndarray
    passages: np.ndarray
    scores: np.ndarray

    def first(self, k: int) -> StageResult:
        """The first k of it."""
        return StageResult(self.name, self.ms, self.chunks[:k], self.passages[:k], self.scores[:k])


def checked(question: str) -> str:
    """The question without control characters and white space around it. Raises DemoError if nothing or too much."""
    if len(question) > LONGEST:
        raise DemoError(f"the question has {len(question):,} characters; ask in at most {LONGEST:,}")
    text = " ".join(clean(question).split())
    if not text:
        raise DemoError("the question is empty; write one")
    return text


def retrieve(
    library: Library, question: str, search: Search = Search(), variants: Sequence[str] = ()
) -> Iterator[StageResult]:
    """The stages, each as it is done; the last one is what to go on with. Lists may be shorter than k, or empty.

    variants: other wordings of the question, or an answer that was imagined (HyDE); each is looked up too, and all are
    fused. Raises DemoError where the question is empty or too long, a document or a chunk is not in the library.
    """
    strange = [i for i in search.without if not 0 <= i < len(library.chunks)]
    if strange:
        raise DemoError(f"chunk is {strange[0]}; this library has 0 to {len(library.chunks) - 1}, choose one of these")
    texts = [checked(question), *(checked(text) for text in variants)]
    return _stages(library, texts, search, _allowed(library, search))


def _stages(library: Library, texts: list[str], search: Search, allowed: np.ndarray | None) -> Iterator[StageResult]:
    start = time.perf_counter()
    pool = max(POOL, 10 * search.k)
    worded = [_by_words(library, text, pool, search, allowed) for text in texts]
    yield _result(library, "bm25", start, search, *_merged(worded))
    start = time.perf_counter()
    queries = library.embedder.encode(texts)
    near = [_by_meaning(library, query, pool, search, allowed) for query in queries]
    yield _result(library, "dense", start, search, *_merged(near))
    start = time.perf_counter()
    chunks, scores = _hybrid(library, search, worded, near)
    chunks, scores = _sifted(library, texts[0], queries, chunks, scores, search)
    yield _result(library, "hybrid", start, search, chunks, scores)
    if search.late and len(chunks):
        start = time.perf_counter()
        chunks, scores = _reranked(library, texts[0], chunks, scores, search)
        yield _result(library, "reranked", start, search, chunks, scores)


Ranked = tuple[np.ndarray, np.ndarray]  # chunk ids, best first, one for each unit; their scores


def _allowed(library: Library, search: Search) -> np.ndarray | None:
    """Ids of the chunks that may be found; None for all."""
    if not search.documents:
        return None
    return np.setdiff1d(library.chunks_of(search.documents), np.array(search.without, np.int64))


def _by_words(library: Library, text: str, pool: int, search: Search, allowed: np.ndarray | None) -> Ranked:
    scores = library.bm25.scores(text)
    if allowed is not None:
        kept = np.zeros(len(scores), bool)
        kept[allowed] = True
        scores = np.where(kept, scores, 0)
    elif search.without:
        scores = scores.copy()
        scores[list(search.without)] = 0
    if len(scores) > pool:
        best = np.argpartition(-scores, pool)[:pool]
        best.sort()
    else:
        best = np.arange(len(scores))
    best = best[scores[best] > 0]
    best = best[np.argsort(-scores[best], kind="stable")]
    return _units(library, best, scores[best], search)


def _by_meaning(library: Library, query: np.ndarray, pool: int, search: Search, allowed: np.ndarray | None) -> Ranked:
    if not len(library.store) or (allowed is not None and not len(allowed)):
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    without = np.array(search.without, np.int64) if search.without and allowed is None else None
    ids, scores = library.store.search(query[None], pool, allowed, without)
    there = ids[0] >= 0
    return _units(library, ids[0][there], scores[0][there], search)


def _units(library: Library, chunks: np.ndarray, scores: np.ndarray, search: Search) -> Ranked:
    """Of each passage its best chunk alone, where passages are ranked."""
    if search.unit == "chunk":
        return chunks, scores
    places = rank.firsts(library.owner[chunks])
    return chunks[places], scores[places]


def _merged(rankings: list[Ranked]) -> Ranked:
    """Of several wordings: each chunk with its best score, best first."""
    if len(rankings) == 1:
        return rankings[0]
    chunks = np.concatenate([ids for ids, _ in rankings])
    scores = np.concatenate([values for _, values in rankings])
    order = np.argsort(-scores, kind="stable")
    places = order[rank.firsts(chunks[order])]
    return chunks[places], scores[places]


def _hybrid(library: Library, search: Search, worded: list[Ranked], near: list[Ranked]) -> Ranked:
    """The rankings fused by unit, each shown by the chunk that gave it most; a ranking without weight is left out."""
    unit = library.owner if search.unit == "passage" else np.arange(len(library.chunks))
    rankings = [*((ids, 1 - search.words) for ids, _ in near), *((ids, search.words) for ids, _ in worded)]
    rankings = [(ids, weight) for ids, weight in rankings if weight > 0]
    ids, sums = rank.fused([unit[chunks] for chunks, _ in rankings], [weight for _, weight in rankings])
    shown: dict[int, tuple[float, int]] = {}
    for chunks, weight in rankings:
        for place, (owner, chunk) in enumerate(zip(unit[chunks].tolist(), chunks.tolist()), 1):
            given = weight / (rank.RANK_CONSTANT + place)
            if given > shown.get(owner, (0.0, 0))[0]:
                shown[owner] = (given, chunk)
    return np.array([shown[i][1] for i in ids.tolist()], np.int64), sums


def _sifted(
    library: Library, text: str, queries: np.ndarray, chunks: np.ndarray, scores: np.ndarray, search: Search
) -> Ranked:
    """Without what is too far from the question; the rest in the order of MMR where that is asked for."""
    if search.least > -1:
        near = (library.vectors[chunks] @ queries.T).max(axis=1) >= search.least
        if search.spared:
            wanted = frozenset(words(text))
            shared = [len(wanted & library.worded[owner]) for owner in library.owner[chunks].tolist()]
            near |= np.array([0 < len(wanted) <= 2 * number for number in shared], bool)
        chunks, scores = chunks[near], scores[near]
    if search.balance < 1 and len(chunks):
        few = slice(0, max(POOL // 2, search.k))
        places = rank.diverse(library.vectors[chunks[few]], scores[few], search.k, search.balance)
        chunks, scores = chunks[places], scores[places]
    return chunks, scores


def _reranked(library: Library, text: str, chunks: np.ndarray, scores: np.ndarray, search: Search) -> Ranked:
    """The first `late` units by late interaction fused with the ranking so far; the others after them as they were."""
    few = chunks[: search.late]
    question = library.embedder.tokens_of(text)
    near = np.array([_nearness(library, question, chunk, search) for chunk in few.tolist()])
    by_late = few[np.argsort(-near, kind="stable")]
    ids, sums = rank.fused([few, by_late], [1 - search.late_weight, search.late_weight])
    return np.concatenate([ids, chunks[len(few) :]]), np.concatenate([sums, scores[len(few) :] * 0])


def _nearness(library: Library, question: np.ndarray, chunk: int, search: Search) -> float:
    """Late interaction with a chunk; where passages are ranked, with the one of its passage that is nearest."""
    passage = library.passages[library.owner[chunk]]
    ids = [chunk] if search.unit == "chunk" else range(passage.first, passage.last + 1)
    allowed = [i for i in ids if i not in search.without]
    return max(rank.max_sim(question, rows) for rows in library.token_vectors(allowed))


def _result(
    library: Library, name: StageName, start: float, search: Search, chunks: np.ndarray, scores: np.ndarray
) -> StageResult:
    chunks, scores = chunks[: search.k], scores[: search.k].astype(np.float32)
    return StageResult(name, 1000 * (time.perf_counter() - start), chunks, library.owner[chunks], scores)
