"""The encoder-decoder page: a translation piece by piece, beams, and what a given translation costs."""

from __future__ import annotations

from typing import Any

import gradio as gr

from pages.parts.bench import Bench, Panel
from pages.parts.lead import Try
from pages.parts.page import build_page
from pages.parts.timeline import Entry
from pages.parts.wiring import ASIDE

LABELS = {
    "task": "Into",
    "choose": "Next piece",
    "temperature": "Temperature",
    "top": "Listed",
    "most": "Pieces at most",
    "beams": "Beams",
    "length_penalty": "Length penalty",
    "begin": "Begin with",
    "given": "Translation",
    "other": "Beside it",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "task": [("French", "fr"), ("German", "de"), ("Spanish", "es"), ("Italian", "it"), ("A number in words", "words")],
    "choose": [("The likeliest", "likeliest"), ("By chance", "by chance")],
}
TIMELINE = (
    Entry("Sequence to sequence", 2014, "seq2seq/beam", "Read all, then write; several beginnings at once"),
    Entry("Attention", 2015, "seq2seq/translate", "Look back at what was read for each word"),
    Entry("Transformer", 2017, "seq2seq/translate", "Attention in place of recurrence"),
    Entry("Marian, opus-mt", 2018, "seq2seq/translate", "The class of network on this page"),
    Entry("BART", 2019, "", "Mend damaged text"),
    Entry("T5", 2019, "seq2seq/translate", "Every task as text to text", "task=words&text=4721"),
    Entry("FLAN-T5", 2022, "", "Follow instructions"),
)
LOOK = (
    "Scrub through the translation. The encoder has read the text once, before the first piece; for each piece the "
    "decoder looks back at it, and the shade shows where."
)
TRIES = (
    Try(
        "Does the decoder look at the words in their order?",
        "run=seq2seq/translate&task=fr",
        "French puts the adjective behind the noun. Follow the shade as these two are written: does it go back?",
    ),
    Try(
        "Is the likeliest sentence made of the likeliest pieces?",
        "run=seq2seq/beam&task=fr&beams=4",
        "Find a step where the best candidate was not the best one step before. With one beam it would be lost.",
    ),
    Try(
        "Why not that word?",
        "run=seq2seq/force&task=fr",
        "Both translations cost the same until they part. Which piece costs most, and what did the model want there?",
    ),
)


def _go_on(panel: Panel) -> None:
    """A click on a candidate puts its words into "begin"."""

    def begin(event: gr.EventData) -> str:
        return str(event.text)

    panel.strip.pick(begin, None, panel.controls["begin"], **ASIDE)


BENCHES = (
    Bench(
        "Translate",
        "seq2seq/translate",
        "Piece by piece, and where the decoder looks as it writes each.",
        ("text", "task", "choose", "temperature"),
        primary="Translate",
    ),
    Bench(
        "Beams",
        "seq2seq/beam",
        "Several beginnings at once, the best kept at each step. Click a candidate, then search on from it.",
        ("text", "task", "beams", "length_penalty", "begin"),
        primary="Search",
        blank=True,
        wire=_go_on,
    ),
    Bench(
        "Why not that word?",
        "seq2seq/force",
        "A given translation, scored piece by piece, beside another one or what the model writes by itself.",
        ("text", "task", "given", "other"),
        primary="Score",
        blank=True,
    ),
)


def build() -> None:
    """The page."""
    build_page(
        "seq2seq",
        BENCHES,
        labels=LABELS,
        choices=CHOICES,
        timeline=TIMELINE,
        models=("seq2seq/translator",),
        tries=TRIES,
        look=LOOK,
    )
