"""The encoder page: attention both ways, a word swapped, the right side taken away, sentences compared."""

from __future__ import annotations

from pages.parts.bench import Bench
from pages.parts.lead import Try
from pages.parts.page import build_page
from pages.parts.timeline import Entry

LABELS = {"specials": "Draw start and end", "page": "Part of the text", "word": "Word", "other": "In its place"}
TIMELINE = (
    Entry("Transformer", 2017, "encoder/inside", "Attention in place of recurrence"),
    Entry("ELMo", 2018, "encoder/swap", "A word's vector depends on its sentence"),
    Entry("BERT", 2018, "encoder/masks", "Read both ways, name what is hidden"),
    Entry("RoBERTa", 2019, "", "More text, no next-sentence task"),
    Entry("Sentence-BERT", 2019, "encoder/similar", "Sentences as vectors"),
    Entry("DistilBERT", 2019, "", "A small one learns from a large one"),
    Entry("MiniLM", 2020, "encoder/inside", "The one on this page"),
    Entry("Vision Transformer", 2020, "", "Patches of a picture as words"),
    Entry("ModernBERT", 2024, "", "What decoders taught since"),
)
LOOK = (
    "Scrub through the layers. At first each word is a row of a table, the same in every text. Layer by layer it looks "
    "at the words before it and behind it, and turns into what it means here."
)
NOT = ("The film was good.", "The film was not good.", "The movie was great.", "The film was bad.")
TRIES = (
    Try(
        "Whose meaning hangs on one word?",
        "run=encoder/swap&text=He sat on the bank of the river and watched the water.&word=river&other=town",
        "In the table one row differs. Scrub: which tokens move for it, and in which layer?",
    ),
    Try(
        "Does a word know what comes after it?",
        "run=encoder/masks&text=The bank of the river was covered with flowers.",
        "A decoder's mask hides the right side. Look for the tokens with the strongest shade: their meaning came from "
        "behind them. The last token has nothing behind it; why does it differ all the same?",
    ),
    Try(
        "Where do heads look that have nothing to do?",
        "run=encoder/inside&specials=true",
        "Start and end are drawn here. Read the curve: what share of the words' attention goes there, layer by layer?",
    ),
    Try(
        "Which layer knows that two sentences say the same?",
        "run=encoder/similar",
        "Three pairs mean nearly the same and share hardly a word. Scrub, and watch the nearest pairs.",
    ),
    Try(
        "Is “not” a small word?",
        "run=encoder/similar&sentences=" + "%0A".join(NOT),
        "In the table, “The film was not good.” is nearest to “The film was good.”: nearly the same words. Scrub: from "
        "which layer on is it nearest to “The film was bad.”, which means the same?",
    ),
    Try(
        "What does it make of another language?",
        "run=encoder/inside&text=Der Hund schläft heute lange auf dem alten Teppich.",
        "It has read English. It answers all the same; the stage says what that is worth.",
    ),
)
BENCHES = (
    Bench(
        "Attention",
        "encoder/inside",
        "What each head of each layer looks at, before a word and behind it.",
        ("text", "specials", "page"),
        primary="Look inside",
    ),
    Bench(
        "Swap a word",
        "encoder/swap",
        "One word is swapped for another: which tokens move, and how far, layer by layer?",
        ("text", "word", "other"),
        primary="Swap",
    ),
    Bench(
        "Both ways",
        "encoder/masks",
        "The same network with a full mask and with a decoder's: what does a token owe to what comes after it?",
        ("text", "specials", "page"),
        primary="Compare",
    ),
    Bench(
        "Sentences",
        "encoder/similar",
        "Each sentence as one vector: which are near each other, after which layer?",
        ("sentences",),
        primary="Compare",
    ),
)


def build() -> None:
    """The page."""
    build_page("encoder", BENCHES, labels=LABELS, timeline=TIMELINE, models=("encoder/minilm",), tries=TRIES, look=LOOK)
