"""The encoder page: gaps filled, attention both ways, a word swapped, sentences, heads, three ways to learn."""

from __future__ import annotations

from typing import Any

from genai_demo.encoder.options import MASK, FillOptions, UnmaskOptions
from pages.parts.bench import Bench, bench_id, later
from pages.parts.gaps.gaps import GapPad
from pages.parts.lead import Try
from pages.parts.pads.pads import PicturePad
from pages.parts.page import build_page
from pages.parts.timeline import Entry

LABELS = {
    "top": "Listed",
    "masks": "Gaps behind the text",
    "order": "Which gap is next",
    "at_once": "Gaps at once",
    "temperature": "Temperature",
    "repeats": "Words may repeat",
    "specials": "Draw start and end",
    "page": "Part of the text",
    "word": "Word",
    "other": "In its place",
    "place": "Character taken apart",
    "hidden": "Share hidden from the encoder",
    "hole": "Length of the hole",
    "learning_rate": "Learning rate",
    "shuffle": "Patches in another order",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "order": [("Surest", "surest first"), ("Left to right", "left to right"), ("By chance", "by chance")]
}
TIMELINE = (
    Entry("Transformer", 2017, "encoder/inside", "Attention in place of recurrence"),
    Entry("ELMo", 2018, "encoder/swap", "A word's vector depends on its sentence"),
    Entry("BERT", 2018, "encoder/fill", "Read both ways, name what is hidden"),
    Entry("Mask-Predict", 2019, "encoder/unmask", "Fill the surest gaps first"),
    Entry("RoBERTa", 2019, "", "More text, no next-sentence task"),
    Entry("Probing BERT", 2019, "encoder/names", "What can be read in which layer"),
    Entry("Sentence-BERT", 2019, "encoder/similar", "Sentences as vectors"),
    Entry("DistilBERT", 2019, "", "A small one learns from a large one"),
    Entry("T5", 2019, "encoder/ways", "Every task as text to text"),
    Entry("MiniLM", 2020, "encoder/inside", "The one on this page"),
    Entry("Vision Transformer", 2020, "encoder/patches", "Patches of a picture as words"),
    Entry("Masked diffusion", 2024, "encoder/unmask", "Write from nothing but gaps", "text=&masks=10&temperature=0.7"),
    Entry("ModernBERT", 2024, "", "What decoders taught since"),
)
LOOK = (
    "Click a word to hide it: the network reads what stands before the gap and behind it, all at once, and names words."
)
NOT = ("The film was good.", "The film was not good.", "The movie was great.", "The film was bad.")
ANTIBODY = (
    "E V Q L V E S G G G L V Q P G G S L R L S C A A S G F T F S S Y A M S [MASK] V R Q A P G K G L E W V S A I S G"
)
TRIES = (
    Try(
        "Fill the surest gap first, or go from left to right?",
        "run=encoder/unmask&text=The [MASK] of the [MASK] was [MASK] by the [MASK] of the [MASK].&order=left to right",
        "Run it, then choose Surest. Look at the log-probability of all that was put in: which order gets more?",
    ),
    Try(
        "What becomes of all gaps at once?",
        "run=encoder/unmask&text=&masks=8&at_once=8",
        "In a single pass no gap knows of its neighbours: read what comes out. Then set Gaps at once to 1.",
    ),
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
        "In which layer is a name easiest to find?",
        "run=encoder/names",
        "A head of its own reads each layer. Guess first: does the last layer find names best? Then read the curve.",
    ),
    Try(
        "Which of three ways learns fastest from the same text?",
        "run=encoder/ways",
        "All three see the same stretches in each step. Guess, then read the curves, and how many characters each is "
        "asked for in a step.",
    ),
    Try(
        "Is there a place in the network for “no”?",
        "run=encoder/neurons&layer=1&neuron=829&text=There is no doubt that nobody has ever seen it, has not.",
        "One of the first layer's many numbers. What do its places have in common? Then take its neighbour, 830.",
    ),
    Try(
        "Does it need to know where a patch lies?",
        "run=encoder/patches&picture=sample:13&shuffle=true",
        "Sixteen patches of a pair of trousers in another order, nothing left out. Guess, then untick it.",
    ),
    Try(
        "Does the same architecture read something else than English?",
        "run=encoder/fill&model=encoder/antiberty&text=" + ANTIBODY,
        "A stretch of an antibody, an amino acid a letter; AntiBERTy, fetched first, never saw a word. The gap was W. "
        "How sure is it, compared with a gap in a sentence?",
    ),
    Try(
        "What does it make of another language?",
        "run=encoder/inside&text=Der Hund schläft heute lange auf dem alten Teppich.",
        "It has read English. It answers all the same; the stage says what that is worth.",
    ),
)


def _text(run: str, value: str, *, runs: bool = False) -> dict[str, Any]:
    return {"text": later(GapPad, value, bench_id(run), mask=MASK, runs=runs)}


def _default(options: Any) -> str:
    """The text that a run is opened with."""
    return str(options.model_fields["text"].default)


BENCHES = (
    Bench(
        "Fill",
        "encoder/fill",
        "Hide words of your own sentence; click a word of a list to put it in.",
        ("top",),
        primary="Fill",
        own=_text("encoder/fill", _default(FillOptions), runs=True),
        stage="text",
        group="Gaps",
    ),
    Bench(
        "Unmask",
        "encoder/unmask",
        "Gap by gap, the surest first; with nothing but gaps, it writes a sentence.",
        ("masks", "order", "at_once", "temperature"),
        primary="Unmask",
        own=_text("encoder/unmask", _default(UnmaskOptions)),
        stage="text",
        blank=True,
        group="Gaps",
    ),
    Bench(
        "Heads",
        "encoder/inside",
        "What each head of each layer looks at, before a word and behind it.",
        ("text", "specials", "page"),
        primary="Look inside",
        group="Attention",
    ),
    Bench(
        "Both ways",
        "encoder/masks",
        "The same network with a full mask and with a decoder's: what does a token owe to what comes after it?",
        ("text", "specials", "page"),
        primary="Compare",
        group="Attention",
    ),
    Bench(
        "Swap a word",
        "encoder/swap",
        "One word is swapped for another: which tokens move, and how far, layer by layer?",
        ("text", "word", "other"),
        primary="Swap",
    ),
    Bench(
        "Sentences",
        "encoder/similar",
        "Each sentence as one vector: which are near each other, after which layer?",
        ("sentences",),
        primary="Compare",
    ),
    Bench(
        "Topic",
        "encoder/topic",
        "What kind of thing do these words describe? A trained head reads each layer; the network was never told.",
        ("text",),
        primary="Read",
        group="What layers know",
    ),
    Bench(
        "Names",
        "encoder/names",
        "Which words are names, of people or of places? A trained head reads each token after each layer.",
        ("text",),
        primary="Read",
        group="What layers know",
    ),
    Bench(
        "Neurons",
        "encoder/neurons",
        "One number inside a layer: at which words of the library of articles is it largest, and at which of yours?",
        ("text", "layer", "neuron", "sentences"),
        primary="Search",
        group="What layers know",
    ),
    Bench(
        "Pictures",
        "encoder/patches",
        "The same layers read a picture: its patches are the words, and one token more gathers what it is.",
        ("shuffle",),
        primary="Read",
        own={
            "picture": later(PicturePad, "sample:84", label="Picture", elem_id=f"{bench_id('encoder/patches')}-picture")
        },
    ),
    Bench(
        "Three ways to learn",
        "encoder/ways",
        "Decoder, encoder and encoder-decoder, small and new, learn from the same text while you watch.",
        ("steps", "place", "hidden", "hole", "learning_rate"),
        primary="Train",
    ),
)


def build() -> None:
    """The page."""
    build_page(
        "encoder",
        BENCHES,
        labels=LABELS,
        choices=CHOICES,
        timeline=TIMELINE,
        models=("encoder/words", "encoder/minilm", "encoder/topic", "encoder/names", "encoder/patches"),
        tries=TRIES,
        look=LOOK,
    )
