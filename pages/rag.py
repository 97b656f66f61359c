"""The RAG page: ask the library, knock passages out, cut a text, compare stores, and the kin."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from genai_demo.rag import orders
from genai_demo.rag.options import EXAMPLE, QUESTION, KinOptions
from pages import find_page
from pages.parts.info import Try, info
from pages.parts.panel import Panel, benches, panel
from pages.parts.shelf.shelf import Articles, LeftOut, Shelf
from pages.parts.stream import BATCHED
from pages.parts.theme import title
from pages.parts.timeline import Entry, timeline

LABELS = {
    "k": "Passages",
    "words": "Words or meaning",
    "late": "Reranked",
    "least": "Nearness at least",
    "how": "Cut",
    "balance": "Diversity",
    "documents": "Articles",
    "without": "Chunks left out",
    "grounded": "With passages",
    "max_new_tokens": "Length",
    "brief": "Sentences",
    "out": "Knock out",
    "bare": "Against the bare model",
    "n": "Vectors",
    "every": "Look up every",
    "rewrite": "Look up",
    "overlap": "Overlap",
    "size": "Chunk",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "rewrite": [
        ("As asked", "as asked"),
        ("Several wordings", "several wordings"),
        ("An imagined answer (HyDE)", "imagined answer (HyDE)"),
    ],
    "how": [("At headings", "headings"), ("At sentences", "sentences"), ("Anywhere", "tokens")],
}
FAMILY = (
    Entry("BM25", 1994, "rag/ask", "Ask", "Words, weighed", "words=1"),
    Entry("DPR", 2020, "rag/ask", "Ask", "Meaning, as vectors", "words=0"),
    Entry("RAG", 2020, "rag/ask", "Ask", "Passages in the prompt"),
    Entry("FiD", 2020, "rag/kin", "The kin", "Each passage on its own, fused"),
    Entry("RETRO", 2021, "rag/kin", "The kin", "Looked up while writing"),
    Entry("Atlas", 2022, "rag/kin", "The kin", "Retriever and reader trained together"),
    Entry("HyDE", 2022, "rag/ask", "Ask", "Look up an imagined answer", "rewrite=imagined answer (HyDE)"),
)
TRIES = (
    Try(
        "Take away the passage that answers",
        "run=rag/knock&out=1",
        "What does the model say when the passage is gone, and how much of it is supported?",
    ),
    Try(
        "No retrieval at all",
        "run=rag/knock&bare=true&question=Who named prompt injection?",
        "The bare model answers as surely as before. Which of the two names is real?",
    ),
    Try(
        "Words against meaning",
        "run=rag/ask&question=Which model turns noise into pictures step by step?&words=1",
        "Watch the ranks move from BM25 to dense to hybrid to reranked; then set the slider to 0.",
    ),
    Try(
        "Nothing relevant",
        "run=rag/ask&question=How do I bake sourdough bread?",
        "The library knows nothing of bread, and the page says so in place of making something up.",
    ),
    Try(
        "An instruction in a document",
        "run=rag/ask&question=Could a hidden line in a web page make my assistant do something I never asked for?",
        "Then press “Try one with a hidden instruction” below the question, and compare answer and best span.",
    ),
    Try(
        "Cut anywhere",
        "run=rag/chunk&how=tokens&size=32",
        "How many chunks end inside a sentence? Then cut at sentences, and at headings.",
    ),
)


def build() -> None:
    """The page."""
    page = find_page("rag")
    title(page)
    timeline(FAMILY)
    info(page, benches(TABS), models=("rag/minilm",), tries=TRIES)


def _panel(run: str, blurb: str, show: tuple[str, ...], **more: Any) -> Panel:
    parts = panel(run, blurb=blurb, show=show, **{"labels": LABELS, "choices": CHOICES, **more})
    if "question" in parts.controls:  # Enter asks
        parts.controls["question"].submit(None, js=f"() => atlas.generate('{parts.id}')")  # type: ignore[attr-defined]
    return parts


def _ask() -> Panel:
    return _asking(
        "rag/ask",
        "113 articles on generative AI, or your own documents, are searched; a small model answers from "
        "what was found.",
        ("rewrite", "k", "words", "late", "least"),
        LeftOut("p-rag-ask", render=False),
        "without",
        primary="Ask",
    )


def _knock() -> Panel:
    return _asking(
        "rag/knock",
        "The same question twice: with all passages, and without the ones you knock out.",
        ("bare", "k"),
        LeftOut("p-rag-knock", ranks=True, render=False),
        "out",
        primary="Ask twice",
        hidden=("without",),
    )


def _asking(run: str, blurb: str, show: tuple[str, ...], out: LeftOut, option: str, **more: Any) -> Panel:
    """A bench that asks: the question, the visitor's documents and the articles in sight, `out` above the film."""
    bench = "p-" + run.replace("/", "-")
    shelf = Shelf(bench, example=orders.EXAMPLE, invite="Try one with a hidden instruction", render=False)
    extra = {"question": _question(bench, EXAMPLE), "hashes": shelf, "documents": Articles(bench, render=False)}
    parts = _panel(run, blurb, show, extra={**extra, option: out}, stage=out, private="visitor", slots=BATCHED, **more)
    asked = shelf.example(None, None, parts.controls["question"], js=f"() => {json.dumps(orders.ASKED)}")  # type: ignore[attr-defined]
    asked.then(None, js=f"() => atlas.generate('{bench}')")
    return parts


def _question(bench: str, text: str) -> gr.Textbox:
    """The question, in sight on a phone too."""
    return gr.Textbox(
        text,
        label="Question",
        max_lines=4,
        max_length=QUESTION,
        interactive=True,
        min_width=0,
        render=False,
        elem_classes=["control", "question"],
        elem_id=f"{bench}-question",
    )


def _chunk() -> Panel:
    return _panel(
        "rag/chunk",
        "A text is cut into the pieces that are searched. Paste your own, or see an article cut.",
        ("text", "how", "size", "overlap"),
        primary="Cut",
    )


def _stores() -> Panel:
    return _panel(
        "rag/stores",
        "Comparing with every vector against walking a graph (HNSW): how much is found, how fast.",
        ("n",),
        primary="Compare",
    )


def _kin() -> Panel:
    return _panel(
        "rag/kin",
        "The same passages used in three ways: in one prompt, fused in the decoder, looked up again.",
        ("k", "every", "max_new_tokens"),
        primary="Answer thrice",
        extra={"question": _question("p-rag-kin", KinOptions().question)},
    )


TABS = {"Ask": _ask, "Knock out": _knock, "Chunks": _chunk, "Stores": _stores, "The kin": _kin}
