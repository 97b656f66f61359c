"""The encoder-decoder page: translation, beams, three ways to choose, forced and free, gaps mended, exact tasks."""

from __future__ import annotations

from typing import Any

import gradio as gr

from genai_demo.seq2seq.options import GAP, SIMPLE, MendOptions
from pages.parts.bench import Bench, Panel, bench_id, later
from pages.parts.gaps.gaps import GapPad
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
    "layer": "Layer drawn",
    "beams": "Beams",
    "length_penalty": "Length penalty",
    "begin": "Begin with",
    "given": "Translation",
    "other": "In place of running free",
    "way": "What is written",
    "tried": "Tried of each length",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "task": [("French", "fr"), ("German", "de"), ("Spanish", "es"), ("Italian", "it")],
    "way": [("The whole text (BART)", "repair"), ("What is missing (T5)", "spans")],
    "choose": [("The likeliest", "likeliest"), ("By chance", "by chance")],
}
TIMELINE = (
    Entry("IBM's models", 1993, "", "Which word became which, by counting"),
    Entry("Sequence to sequence", 2014, "seq2seq/beam", "Read all, then write; several beginnings at once"),
    Entry("Attention", 2015, "seq2seq/translate", "Look back at what was read for each word"),
    Entry("Transformer", 2017, "seq2seq/translate", "Attention in place of recurrence"),
    Entry("Marian, opus-mt", 2018, "seq2seq/translate", "Translators for hundreds of pairs of languages"),
    Entry("BART", 2019, "seq2seq/mend", "Mend a damaged text", "way=repair"),
    Entry("T5", 2019, "seq2seq/mend", "Every task as text to text; write what is missing", "way=spans"),
    Entry("Nucleus sampling", 2020, "", "Why the likeliest text is not all"),
    Entry("mBART", 2020, "seq2seq/translate", "The class of network on this page"),
    Entry("FLAN-T5", 2022, "", "Follow instructions"),
)
LOOK = (
    "Scrub through the translation. The encoder has read the text once, before the first piece; for each piece the "
    "decoder looks back at it, and the shade shows where."
)
BEGUN = "Il s'agit d'un programme simple pour convertir des fichiers"
TRIES = (
    Try(
        "Does the decoder look at the words in their order?",
        "run=seq2seq/translate&task=fr",
        "French puts “graphique” behind “interface”. Follow the shade as these two are written: does it go back?",
        "It goes to “interface” first and then back to “graphical”: it looks where the word is that it writes, and the "
        "order is its own.",
    ),
    Try(
        "Is the likeliest sentence made of the likeliest pieces?",
        "run=seq2seq/compare&task=fr",
        "Read the two log-probabilities at the end. Where did greedy go another way than beam search?",
        "No. Greedy takes the likelier piece where they part, and pays for it later: the text of beam search is the "
        "likelier one as a whole. Chance is far behind both.",
    ),
    Try(
        "What was pruned, and what would have become of it?",
        "run=seq2seq/beam&task=fr&beams=4",
        "Scrub to a step and click a piece of the tree that is struck out: the search goes on from it. Read the last "
        "sentence: does it come to a better score?",
        "Seldom: what was pruned had fallen behind already, and what follows can only cost more. Where it does win, "
        "the beam was too narrow.",
    ),
    Try(
        "Does the length penalty change the winner?",
        "run=seq2seq/beam&task=fr",
        "At the last step the same finished texts are ranked by five penalties. Which one wins at 0, and which at 2?",
        "Here the same one: the finished texts are nearly equally long. What changes is how far the others are behind; "
        "a penalty decides where short texts stand against long ones.",
    ),
    Try(
        "Forced or free: where does it leave the path?",
        "run=seq2seq/force&task=fr",
        "Forced, it gets the given pieces before each place; free, its own. Find the first place where they differ.",
        "At the verb, where two are right. Forced, it is back on the path one piece later: it is told what should have "
        "stood there. Free, it has to live with what it wrote.",
    ),
    Try(
        "Why not that word?",
        f"run=seq2seq/force&task=fr&text={SIMPLE}&given={BEGUN} audio.&other={BEGUN} son.",
        "Two endings, scored piece by piece: “audio” and “son”. Which one is likelier at its place? Go one step on: "
        "which text is ahead then?",
        "“son” is the likelier word there, and loses all the same: mostly it is the beginning of “sonores”, and a full "
        "stop behind it costs more than was gained. A word is also chosen for what can follow it.",
    ),
    Try(
        "How many words are missing?",
        "run=seq2seq/mend&way=repair",
        "One sign stands for a gap of any length. Read what it put in, and whether the rest came back whole. Then "
        "choose T5's way: who writes less?",
        "It finds out by itself when the gap is full, and this one is no good mender: it also changes what was no gap. "
        "T5's way writes the gaps only, and can't spoil the rest.",
    ),
    Try(
        "It writes six digits without a mistake. And seven?",
        "run=seq2seq/exact&text=472108",
        "Another network, which only learns to put numbers and dates in words, of up to six digits. Read the list at "
        "the end: what becomes of the lengths that are not marked?",
        "None is right. It drops digits at places that it never learnt to look at, and writes a shorter number that "
        "sounds as sure as a right one.",
    ),
    Try(
        "What does it make of a text that is no description of software?",
        "run=seq2seq/translate&task=fr&text=My grandmother bakes bread every Sunday morning.",
        "It has read package descriptions and little else. Which words does it know, and what does it do with others? "
        "Read the sentence at the end, too.",
        "Next to none of them. It cuts them into pieces and goes on with what it has written most often, in French "
        "that says something else. Its own probabilities tell: it guessed.",
    ),
)


def _go_on(panel: Panel) -> None:
    """A click on a candidate, or on its piece in the tree, searches on from its words; the penalty ranks at once."""

    def begin(event: gr.EventData) -> str:
        return str(event.note or event.text)

    search = f"() => document.getElementById('{panel.id}-run').click()"
    panel.strip.pick(begin, None, panel.controls["begin"], **ASIDE).then(None, js=search, **ASIDE)
    penalty = panel.controls["length_penalty"]
    ranked = f"power => document.querySelector('#{panel.id}-strip .film')?.rank?.('finished', power)"
    penalty.input(None, penalty, js=ranked, **ASIDE)


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
        "Several beginnings at once, the best kept. Click one, pruned or not, and the search goes on from it.",
        ("text", "task", "beams", "length_penalty", "begin"),
        primary="Search",
        wire=_go_on,
    ),
    Bench(
        "Three choices",
        "seq2seq/compare",
        "Greedy, beam search and chance write from the same text, side by side.",
        ("text", "task", "beams", "temperature"),
        primary="Compare",
    ),
    Bench(
        "Forced and free",
        "seq2seq/force",
        "Your translation scored piece by piece; what it would write behind your pieces, and behind its own.",
        ("text", "task", "given", "other"),
        primary="Score",
    ),
    Bench(
        "Mend",
        "seq2seq/mend",
        "Hide words; it writes the whole text anew, as BART, or only what is missing, as T5.",
        ("way",),
        primary="Mend",
        own={"text": later(GapPad, str(MendOptions.model_fields["text"].default), bench_id("seq2seq/mend"), mask=GAP)},
        stage="text",
    ),
    Bench(
        "Exact",
        "seq2seq/exact",
        "A number or a date in words: one answer is right. Then others, of every length.",
        ("text", "tried"),
        primary="Write",
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
