"""The table of the question set, from what was measured last; imports no library."""

from __future__ import annotations

import json
from typing import Any

from genai_demo.core.errors import DemoError
from genai_demo.core.home import ASSETS

RESULTS = ASSETS / "rag.json"
STAGES = ("bm25", "dense", "hybrid", "reranked")
METRICS = ("recall@1", "recall@3", "recall@10", "both@3", "MRR", "nDCG")


def results() -> dict[str, Any]:
    """What was measured last. Raises DemoError where nothing was."""
    if not RESULTS.exists():
        raise DemoError(f"assets/{RESULTS.name} is missing; `python -m genai_demo quality rag` measures it")
    found: dict[str, Any] = json.loads(RESULTS.read_text())
    return found


NAMES = {"bm25": "BM25", "dense": "dense", "hybrid": "hybrid", "reranked": "reranked"}
HEADS = ("by", "questions", "Recall@1", "Recall@3", "Recall@10", "both at 3", "MRR", "nDCG@10")


def table() -> tuple[list[str], list[list[str]], str]:
    """(headings, rows, the note below) of what was measured last. Raises DemoError where nothing was."""
    found = results()
    rows = [
        [NAMES[stage], f"{part}, {of['questions']}", *(f"{of[name]:.3f}" for name in METRICS)]
        for stage in STAGES
        for part, of in found["passage"][stage].items()
    ]
    rows += [
        [f"{NAMES[stage]}, by chunk", f"{part}, {of['questions']}", *(f"{of[name]:.3f}" for name in METRICS)]
        for stage in STAGES
        for part, of in found["chunk"][stage].items()
        if part == "all"
    ]
    none = found["nothing"]
    note = (
        f"{found['articles']} articles in {found['chunks']} chunks and {found['passages']} passages. Found: the ranked "
        "passage (by chunk: the ranked chunk) contains the answering span word for word. direct, paraphrase: any of "
        "the spans; two: the share of the two articles that is there; both at 3: 1 only if none is missing. "
        "The constants of fusion and reranking were chosen by Recall@3 on the questions of odd number; the others are "
        f"held out. Nothing relevant: below a cosine of {none['least']:.2f} lie {100 * none['spared']:.0f} % of the "
        f"answerable questions and {100 * none['refused']:.0f} % of the {none['unanswerable']} that nothing here "
        f"answers; the former lie higher in {100 * none['area']:.0f} of 100 pairs."
    )
    return list(HEADS), rows, note
