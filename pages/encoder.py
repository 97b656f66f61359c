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
    "question": "Question",
    "first": "First sentence",
    "second": "Second sentence",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "order": [("Surest", "surest first"), ("Left to right", "left to right"), ("By chance", "by chance")]
}
TIMELINE = (
    Entry("SQuAD", 2016, "encoder/answer", "The answer is a stretch of the text"),
    Entry("Transformer", 2017, "encoder/inside", "Attention in place of recurrence"),
    Entry("ELMo", 2018, "encoder/swap", "A word's vector depends on its sentence"),
    Entry("BERT", 2018, "encoder/fill", "Read both ways, name what is hidden"),
    Entry("Next sentence", 2018, "encoder/follows", "BERT's second task"),
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
        "Surest first: each gap is filled where the rest says most. It has its price: what was put in makes the same "
        "word likelier everywhere, and it repeats itself.",
    ),
    Try(
        "What becomes of all gaps at once?",
        "run=encoder/unmask&text=&masks=8&at_once=8",
        "In a single pass no gap knows of its neighbours: read what comes out. Then set Gaps at once to 1.",
        "At once: signs and small words, each likely on its own and together nothing. One by one each reads those "
        "before it, and something like a sentence comes out.",
    ),
    Try(
        "Whose meaning hangs on one word?",
        "run=encoder/swap&text=He sat on the bank of the river and watched the water.&word=river&other=town",
        "At first only the swapped word differs. Scrub: which tokens move for it, and in which layer?",
        "“Bank” and “water” move first, from the first layer on: their meaning hangs on the river. In the last layer "
        "small words move most, which have taken up what the sentence is about.",
    ),
    Try(
        "Does a word know what comes after it?",
        "run=encoder/masks&text=The bank of the river was covered with flowers.",
        "A decoder's mask hides the right side. Look for the tokens with the strongest shade: their meaning came from "
        "behind them. The full stop has only the end behind it; why does it differ all the same?",
        "Yes: the first word and other small ones change most, since they mean little without what follows. The full "
        "stop reads others that could not look ahead: what it reads is another.",
    ),
    Try(
        "Where do heads look that have nothing to do?",
        "run=encoder/inside&specials=true",
        "Start and end are drawn here. Read the curve: what share of the words' attention goes there, layer by layer?",
        "To start and end: about half of all attention in the middle layers, less in the first and the last. The "
        "shares of a softmax add up to one, so a head can't look nowhere.",
    ),
    Try(
        "Which layer knows that two sentences say the same?",
        "run=encoder/similar",
        "Three pairs mean nearly the same and share hardly a word. Scrub, and watch the nearest pairs.",
        "The table already puts the three in front: a kitten's row is near a cat's. What the layers do is to part them "
        "from the rest: only in the last are all other pairs far behind.",
    ),
    Try(
        "Is “not” a small word?",
        "run=encoder/similar&sentences=" + "%0A".join(NOT),
        "Is “The film was not good.” nearer to “The film was good.” or to “The film was bad.”? Scrub from the table "
        "on.",
        "In the table to “good”, for nearly all words are the same. From the third layer on to “bad”, which means the "
        "same: by then “not” has changed what its neighbours mean.",
    ),
    Try(
        "In which layer is a name easiest to find?",
        "run=encoder/names",
        "A head of its own reads each layer. Does the last one find names best? Read the curve.",
        "In the middle. The last layer is hardly better than the table: it was trained to say what a whole sentence "
        "means, and has given up much of what single words are.",
    ),
    Try(
        "Can it say that a text does not answer?",
        "run=encoder/answer&question=How tall is the Eiffel Tower?",
        "The probability that nothing here answers stands below the stage. Is it above that of the best stretch? Then "
        "ask what the text does say.",
        "Here it can: one place stands for “nothing here answers”, and that gets nearly all. The best stretches are "
        "listed all the same, struck out.",
    ),
    Try(
        "Does “next sentence” mean what comes next?",
        "run=encoder/follows",
        "The second row has the two sentences turned round. Does BERT's task notice? In the curves: how often is its "
        "head right when it is asked for the order?",
        "No: turned round it gives the same answer, and of the order its head is right little more often than by "
        "chance. It learnt whether the topic is one. A head that was asked for the order does better.",
    ),
    Try(
        "Which of three ways learns fastest from the same text?",
        "run=encoder/ways",
        "All three see the same stretches in each step. Read the curves, and how many characters each is asked for in "
        "a step.",
        "The decoder: it is asked for every next character, the others only for those that are hidden. Per step that "
        "is several times as much to learn from.",
    ),
    Try(
        "Is there a place in the network for “no”?",
        "run=encoder/neurons&layer=1&neuron=829&text=There is no doubt that nobody has ever seen it, has not.",
        "One of the first layer's many numbers. What do its places have in common? Then take its neighbour, 830.",
        "This one likes “no”, “not”, “only”, “without”. Its neighbour likes “passages”, “caption”, “prompt”, and other "
        "neurons mix more. That one fits a word doesn't say that the network needs it.",
    ),
    Try(
        "Does it need to know where a patch lies?",
        "run=encoder/patches&picture=sample:13&shuffle=true",
        "Sixteen patches of a pair of trousers in another order, nothing left out. Then untick it.",
        "Yes: in order it says trousers, and is sure; in most other orders it says something else, often shoes. Try "
        "another seed. Each patch brings the place where it lies, and here the places lie.",
    ),
    Try(
        "Does the same architecture read something else than English?",
        "run=encoder/fill&model=encoder/antiberty&text=" + ANTIBODY,
        "A stretch of an antibody, an amino acid a letter; AntiBERTy, fetched first, never saw a word. How sure is it "
        "of the gap, compared with a gap in a sentence?",
        "Surer than of nearly any word: the gap was W, which stands there in nearly every antibody, and it says W.",
    ),
    Try(
        "What does it make of another language?",
        "run=encoder/inside&text=Der Hund schläft heute lange auf dem alten Teppich.",
        "It has read English. Compare the heads with those of an English sentence.",
        "It answers all the same, and the attention looks as orderly as ever. It cuts the words into pieces that it "
        "knows from English; the stage says what that is worth.",
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
        "Alike",
        "encoder/similar",
        "Each sentence as one vector: which are near each other, after which layer?",
        ("sentences",),
        primary="Compare",
        group="Sentences",
    ),
    Bench(
        "Next?",
        "encoder/follows",
        "Does the second sentence follow the first? BERT's second task, beside a head that was trained on order.",
        ("first", "second"),
        primary="Judge",
        group="Sentences",
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
        "Answers",
        "encoder/answer",
        "Ask something of a text: a trained head points to where an answer begins and ends, or says there is none.",
        ("question", "text", "top"),
        primary="Ask",
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
        models=(
            "encoder/words",
            "encoder/minilm",
            "encoder/topic",
            "encoder/names",
            "encoder/span",
            "encoder/next",
            "encoder/order",
            "encoder/patches",
        ),
        tries=TRIES,
        look=LOOK,
    )
