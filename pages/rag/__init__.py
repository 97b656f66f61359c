"""The RAG page: ask the library, knock passages out, cut a text, compare stores, and the kin."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Component

from genai_demo.data.knowledge import articles
from genai_demo.rag import orders
from genai_demo.rag.options import EXAMPLE, QUESTION, KinOptions
from pages.parts.bench import Bench, Panel, bench_id, later
from pages.parts.lead import Try
from pages.parts.page import build_page
from pages.parts.shelf.shelf import Articles, LeftOut, Shelf
from pages.parts.stream import BATCHED
from pages.parts.timeline import Entry
from pages.rag import documents

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
    "links": "Links",
    "ef": "Kept (ef)",
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
TIMELINE = (
    Entry("BM25", 1994, "rag/ask", "Words, weighed", "words=1"),
    Entry("HNSW", 2016, "rag/walk", "A graph of neighbours"),
    Entry("DPR", 2020, "rag/ask", "Meaning, as vectors", "words=0"),
    Entry("RAG", 2020, "rag/kin", "Passages averaged token by token"),
    Entry("RETRO", 2021, "rag/kin", "Looked up while writing"),
    Entry("HyDE", 2022, "rag/ask", "Look up an imagined answer", "rewrite=imagined answer (HyDE)"),
)
LOOK = (
    "Four columns put the same passages in order: by words, by meaning, by both, read once more. "
    "Which one moves up, and does the answer rest on it?"
)
TRIES = (
    Try(
        "What does it answer when its passage is gone?",
        "run=rag/knock&out=1",
        "The passage that answers is taken away. What does the model say, and how much of it is supported?",
        "Something else, as surely as before, and nothing of it is supported. It does not know what it was not given, "
        "and does not say so.",
    ),
    Try(
        "Does the bare model know the name?",
        "run=rag/knock&bare=true&question=Who named prompt injection?",
        "The same question with passages and without any. Which of the two names is real?",
        "That of the answer with passages: it stands in the source. The bare model answers as surely, and nothing "
        "supports it.",
    ),
    Try(
        "Words or meaning: which passage comes first?",
        "run=rag/ask&question=Which model turns noise into pictures step by step?&words=1",
        "Watch the ranks move from BM25 to dense to hybrid to reranked; then set the slider to 0.",
        "By words, those that share the rare ones of the question; by meaning, those that speak of the same in others. "
        "Here both lists have much in common, and reranking decides what is on top.",
    ),
    Try(
        "How much of the library does a search look at?",
        "run=rag/walk&ef=3",
        "How many of the chunks are compared with the question? Then keep 24 on the way: is the end nearer?",
        "A small part: it walks from one to its nearest neighbours. Keeping more costs more comparisons; the nearest "
        "is the same here, and one more of those behind it is found.",
    ),
    Try(
        "What does it say where nothing is relevant?",
        "run=rag/ask&question=How do I bake sourdough bread?",
        "The library knows nothing of bread. Look at the nearest passages and their cosines.",
        "That nothing is near enough, in place of making something up: the model is not asked. The nearest passages "
        "are near to nothing.",
    ),
    Try(
        "What does an instruction in a document do?",
        "run=rag/ask&question=How can instructions hidden in a document attack an assistant?",
        "Run it, then press “Try one with a hidden instruction” below the question, and compare answer and best span.",
        "The instruction is marked, and goes to the model as part of the source. This small one obeys seldom; where it "
        "does, only the best span still says what the document says.",
    ),
    Try(
        "How many chunks end inside a sentence?",
        "run=rag/chunk&how=tokens&size=32",
        "Cut anywhere, every 32 tokens. Then cut at sentences, and at headings.",
        "Nearly all of them. Cut at sentences or headings none does, and the chunks are of different lengths.",
    ),
)


def _enter(panel: Panel) -> None:
    """Enter asks."""
    panel.controls["question"].submit(None, js=f"() => atlas.generate('{panel.id}')")


def _asks(panel: Panel) -> None:
    """Enter asks; so does the example, once it is among the visitor's documents."""
    _enter(panel)
    asked = panel.controls["hashes"].example(
        None, None, panel.controls["question"], js=f"() => {json.dumps(orders.ASKED)}"
    )
    asked.then(None, js=f"() => atlas.generate('{panel.id}')")


def _question(run: str, text: str) -> Callable[[], gr.Textbox]:
    """The question, in sight on a phone too."""
    return later(
        gr.Textbox,
        text,
        label="Question",
        max_lines=4,
        max_length=QUESTION,
        interactive=True,
        min_width=0,
        elem_classes=["control", "question"],
        elem_id=f"{bench_id(run)}-question",
    )


def _about(run: str) -> dict[str, Callable[[], Component]]:
    """What a bench that asks is told: the question, the visitor's documents, and the articles in sight."""
    bench = bench_id(run)
    return {
        "question": _question(run, EXAMPLE),
        "hashes": later(Shelf, bench, example=orders.EXAMPLE, invite="Try one with a hidden instruction"),
        "documents": later(Articles, bench, [(article.stem, article.title) for article in articles()]),
    }


Asking = partial(Bench, private="visitor", slots=BATCHED, wire=_asks)

BENCHES = (
    Asking(
        "Ask",
        "rag/ask",
        f"{len(articles())} articles on generative AI, or your own documents, are searched; a model answers from them.",
        ("rewrite", "k", "words", "late", "least"),
        primary="Ask",
        own={**_about("rag/ask"), "without": later(LeftOut, bench_id("rag/ask"))},
        stage="without",
    ),
    Asking(
        "Knock out",
        "rag/knock",
        "The same question twice: with all passages, and without the ones you knock out.",
        ("bare", "k"),
        primary="Ask twice",
        own={**_about("rag/knock"), "out": later(LeftOut, bench_id("rag/knock"), ranks=True)},
        stage="out",
        hidden=("without",),
    ),
    Bench(
        "Chunks",
        "rag/chunk",
        "A text is cut into the pieces that are searched. Paste your own, or see an article cut.",
        ("text", "how", "size", "overlap"),
        primary="Cut",
    ),
    Bench(
        "Stores",
        "rag/stores",
        "Comparing with every vector against walking a graph (HNSW): how much is found, how fast.",
        ("n",),
        primary="Compare",
    ),
    Bench(
        "Graph",
        "rag/walk",
        "HNSW drawn: chunks, the links between neighbours, and the walk from layer to layer to what is nearest.",
        ("question", "links", "ef"),
        primary="Walk",
    ),
    Bench(
        "Three ways",
        "rag/kin",
        "The same passages used in three ways: in one prompt, averaged token by token, looked up again.",
        ("k", "every", "max_new_tokens"),
        primary="Answer thrice",
        own={"question": _question("rag/kin", KinOptions().question)},
        wire=_enter,
    ),
)
ROUTES = documents.ROUTES


def build() -> None:
    """The page."""
    models = ("rag/minilm",)
    build_page("rag", BENCHES, labels=LABELS, choices=CHOICES, timeline=TIMELINE, models=models, tries=TRIES, look=LOOK)
