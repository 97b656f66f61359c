"""Measures how well the built-in library is searched: its questions, their passages, and what each stage finds.

Found: a ranked passage, or chunk, contains the span that answers the question. "direct", "paraphrase": one
of the question's spans is enough. "two": one of each of its articles is needed; recall counts the share of them, `both`
only those questions where none is missing.
measure() asks all questions and writes assets/rag.json.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from statistics import mean
from typing import Any

import numpy as np
from torch import nn

from genai_demo.core.spec import find_spec
from genai_demo.decoder import CHAT
from genai_demo.language.engines import engine_of
from genai_demo.quality.cards import Watch
from genai_demo.rag import MINILM, answerable, injection, spans
from genai_demo.rag.embed import BATCH, Embedder
from genai_demo.rag.library import Cutting, Library, built_in, ship
from genai_demo.rag.quality import METRICS, RESULTS, STAGES
from genai_demo.rag.questions import Question, questions
from genai_demo.rag.retrieve import Search, StageResult, retrieve

DEPTH = 10  # passages that are looked at
KINDS = ("direct", "paraphrase", "two")
SPARED = 0.05  # of the answerable questions chosen on may be refused where nothing answers
FAR = 0.01  # of the answerable questions may lie below the least cosine
Ranks = list[int | None]  # from 1, of what a question needs; None where it is not among the first DEPTH


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Build the index that is shipped, ask every question by passages and by chunks, write RESULTS -> means overall."""
    from genai_demo.core.cards import machine
    from genai_demo.core.load import load
    from genai_demo.core.recipe import versions

    embedder = load(MINILM)
    ship(embedder)
    shipped = built_in(embedder)
    library = Library(shipped.entries, shipped.chunks, shipped.vectors, Remembering(embedder))
    found: dict[str, Any] = {
        "questions": len(questions()),
        "articles": len(library.entries),
        "chunks": len(library.chunks),
        "passages": len(library.passages),
        "cutting": asdict(Cutting()),
        "search": asdict(Search(k=DEPTH)),
        "embedder": str(MINILM.sources[0]),
        "device": machine(),
        "versions": versions(),
    }
    for unit in ("passage", "chunk"):
        asked = list(watch(ask(library, questions(), unit), f"ask, by {unit}"))
        found[unit] = summary(asked)
    found["spans"] = spans.compared(library, questions(), watch)
    found["nothing"] = nothing(library, questions(), watch)
    found["injection"] = {"model": CHAT[0], **injection.obeyed(engine_of(load(find_spec(CHAT[0]))), embedder, watch)}
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    return {f"{stage} {name}": found["passage"][stage]["all"][name] for stage in STAGES for name in METRICS}


class Remembering(Embedder):
    """An embedder that reads no text twice, for when some hundred questions are asked of the same articles."""

    def __init__(self, inner: Embedder) -> None:
        nn.Module.__init__(self)
        self.__dict__.update(inner.__dict__)
        self._rows: dict[str, np.ndarray] = {}
        self._tokens: dict[str, np.ndarray] = {}

    def encode(self, texts: Sequence[str], batch: int = BATCH) -> np.ndarray:
        """As Embedder.encode."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._rows]
        self._rows.update(zip(fresh, super().encode(fresh, batch)))
        return np.stack([self._rows[text] for text in texts]) if texts else super().encode(texts)

    def tokens_of(self, text: str) -> np.ndarray:
        """As Embedder.tokens_of."""
        if text not in self._tokens:
            self._tokens[text] = super().tokens_of(text)
        return self._tokens[text]


def ask(library: Library, every: Sequence[Question], unit: str) -> Iterator[tuple[Question, dict[str, Ranks]]]:
    """Each answerable question with the ranks of what it needs, by stage."""
    search = Search(k=DEPTH, unit="chunk" if unit == "chunk" else "passage")
    for question in every:
        if question.passages:
            stages = retrieve(library, question.question, search)
            yield question, {result.name: ranks(library, question, result, unit) for result in stages}


def ranks(library: Library, question: Question, result: StageResult, unit: str) -> Ranks:
    """Of each thing the question needs, the rank of the first passage (or chunk) that contains it."""
    listed = (
        [library.chunks[i] for i in result.chunks]
        if unit == "chunk"
        else [library.passages[i] for i in result.passages]
    )
    needed: dict[str, list[tuple[str, str]]] = {}
    for passage in question.passages:
        group = passage.article if question.kind == "two" else ""
        needed.setdefault(group, []).append((passage.article, passage.span))
    return [
        next(
            (
                rank
                for rank, one in enumerate(listed, 1)
                if any(one.document == article and span in one.text for article, span in spans)
            ),
            None,
        )
        for spans in needed.values()
    ]


def scores(needed: Ranks) -> dict[str, float]:
    """METRICS of one question. MRR counts what comes first; nDCG counts each thing needed once, to DEPTH."""
    ideal = sum(1 / math.log2(1 + rank) for rank in range(1, len(needed) + 1))
    there = [rank for rank in needed if rank is not None]
    return {
        **{f"recall@{k}": mean(rank is not None and rank <= k for rank in needed) for k in (1, 3, 10)},
        "both@3": float(len(there) == len(needed) and max(there) <= 3),
        "MRR": 1 / min(there) if there else 0.0,
        "nDCG": sum(1 / math.log2(1 + rank) for rank in there) / ideal,
    }


def summary(asked: Sequence[tuple[Question, Mapping[str, Ranks]]]) -> dict[str, Any]:
    """Means by stage and kind; "all"; and those of every other question, by whose halves constants are chosen."""
    parts: dict[str, list[Mapping[str, Ranks]]] = {
        kind: [found for question, found in asked if question.kind == kind] for kind in KINDS
    }
    parts |= {
        "all": [found for _, found in asked],
        "chosen on": [found for question, found in asked if even(question)],
        "held out": [found for question, found in asked if not even(question)],
    }
    return {
        stage: {
            part: {
                "questions": len(every),
                **{
                    name: round(mean(one[name] for one in [scores(found[stage]) for found in every]), 4)
                    for name in METRICS
                },
            }
            for part, every in parts.items()
            if every
        }
        for stage in STAGES
    }


def even(question: Question) -> bool:
    """Whether constants were chosen by this question: those of odd number, q001, q003 ..."""
    return int(question.id[1:]) % 2 == 1


def nothing(
    library: Library, every: Sequence[Question], watch: Watch = lambda items, text: iter(items)
) -> dict[str, Any]:
    """The decision on what nothing here answers, fitted on questions of odd number, and its errors on both halves.

    least: the cosine below which FAR of the answerable ones chosen on lie; decision: see `answerable.fitted`;
    "chosen on", "held out": by kind how many questions there are, and the share that is refused; area: chance that an
    answerable question held out lies above one that is not (the area under the ROC curve).
    """
    signs = np.stack([answerable.signs_of(library, one.question) for one in watch(every, "ask what nothing answers")])
    answered = np.array([bool(one.passages) for one in every])
    chosen = np.array([even(one) for one in every])
    decision = answerable.fitted(library.embedder.identity, signs[chosen], answered[chosen], SPARED)
    least = float(np.quantile(signs[chosen & answered, 0], FAR))
    refused = (decision.chances(signs) < decision.chance) | (signs[:, 0] < least)
    groups = {"answered": answered} | {
        kind: np.array([one.kind == kind for one in every]) for kind in ("unanswerable", "off subject")
    }
    halves = {
        half: {
            name: {"questions": int((part & of).sum()), "refused": round(float(refused[part & of].mean()), 4)}
            for name, of in groups.items()
            if (part & of).any()
        }
        for half, part in (("chosen on", chosen), ("held out", ~chosen))
    }
    chances = decision.chances(signs)
    yes, no = chances[~chosen & answered], chances[~chosen & ~answered]
    return {
        "least": round(least, 3),
        "decision": decision.told,
        **halves,
        "area": round(float((yes[:, None] > no).mean()), 4),
        "spared": SPARED,
    }
