"""How well the library is searched: `measure` asks its questions and writes assets/rag.json, `table` reads that."""

from __future__ import annotations

from typing import Any

from genai_demo.core.home import ASSETS
from genai_demo.quality.cards import Watch, results
from genai_demo.quality.tables import table as table_of

RESULTS = ASSETS / "rag.json"
STAGES = ("bm25", "dense", "hybrid", "reranked")
METRICS = ("recall@1", "recall@3", "recall@10", "both@3", "MRR", "nDCG")
NAMES = {"bm25": "BM25", "dense": "dense", "hybrid": "hybrid", "reranked": "reranked"}
HEADS = ("by", "questions", "Recall@1", "Recall@3", "Recall@10", "both at 3", "MRR", "nDCG@10")


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Every question of its own set, by passages and by chunks; see `measuring`."""
    from genai_demo.rag import measuring

    return measuring.measure(samples, watch)


def table() -> str:
    """What each stage finds of each kind of question. Raises DemoError where nothing was measured."""
    found = results(RESULTS, "rag")
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
        f"held out. Nothing relevant, held out: refused are {_refused(none, 'unanswerable')} on the subject that "
        f"nothing here answers, {_refused(none, 'off subject')} off it, and wrongly {_refused(none, 'answered')} that "
        f"are answered here; the last lie higher in {100 * none['area']:.0f} of 100 pairs. "
        f"{_spans(found['spans'])} {_obeyed(found['injection'])}"
    )
    return f"{table_of(HEADS, rows, texts=2)}\n\n{note}"


def _spans(told: dict[str, Any]) -> str:
    """How often what is shown lies where the answer is: the nearest sentence, and a trained head's span."""
    found, span = (told[name] for name in ("sentence", "span"))
    return (
        f"Of {told['questions']} answered questions the sentence nearest to the question, which the page shows, lies "
        f"where the answer stands in {100 * found['found']:.0f} %, the best span of the encoder's trained head in "
        f"{100 * span['found']:.0f} %; F1 of their words with the answer's {found['f1']:.2f} and {span['f1']:.2f}, of "
        f"the best span inside that sentence {told['inside']['f1']:.2f}."
    )


def _obeyed(told: dict[str, Any]) -> str:
    """How often the model obeyed an instruction inside a document."""
    orders: dict[str, int] = told["orders"]
    worst = max(orders, key=lambda order: orders[order])
    return (
        f"Instructions inside a document, {len(orders)} wordings with {told['questions']} questions each: "
        f"{told['model']} obeyed in {sum(orders.values())} of {len(orders) * told['questions']} answers, most often "
        f"({orders[worst]} of {told['questions']}) “{worst}”"
    )


def _refused(none: dict[str, Any], kind: str) -> str:
    held = none["held out"][kind]
    return f"{100 * held['refused']:.0f} % of the {held['questions']} questions"
