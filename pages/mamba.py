"""The page of state spaces: a signal, a text's state, hidden attention, tasks, length, recall, models."""

from __future__ import annotations

from typing import Any

from genai_demo.ssm import SHIPPED
from pages.parts.bench import Bench
from pages.parts.lead import Try
from pages.parts.page import build_page
from pages.parts.timeline import Entry

LABELS = {
    "signal": "Signal",
    "delta": "Length of a moment, delta",
    "a": "Fading, a",
    "selection": "Selection",
    "turn": "Turning",
    "rule": "Discretisation",
    "task": "Task",
    "convolution": "Short convolution",
    "beside": "Beside it",
    "steps": "Steps",
    "length": "Length",
    "learning_rate": "Learning rate",
    "layers": "Layers",
    "every": "Steps a frame",
    "longest": "Up to",
    "text": "Text",
    "layer": "Layer",
    "head": "Head",
    "page": "Part of the text",
    "learnt": "Learnt up to",
    "pairs": "Keys",
    "max_new_tokens": "Tokens written",
    "temperature": "Temperature",
    "top_k": "Top-k",
    "top_p": "Top-p",
    "min_p": "Min-p",
    "repetition_penalty": "Repetition penalty",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "signal": [("Values in noise", "values in noise"), ("Steps", "steps"), ("Waves", "waves"), ("Pulses", "pulses")],
    "task": [
        ("Selective copying", "selective copying"),
        ("Induction", "induction"),
        ("Associative recall", "associative recall"),
    ],
    "beside": [
        ("Nothing", "nothing"),
        ("The same, selection switched", "selection switched"),
        ("The same, convolution switched", "convolution switched"),
    ],
    "rule": [("Zero-order hold", "zero-order hold"), ("Bilinear", "bilinear"), ("Euler", "Euler")],
}
TIMELINE = (
    Entry("HiPPO", 2020, "", "A state that remembers a signal"),
    Entry("S4", 2021, "ssm/signal", "A state space is one long convolution", "signal=steps&selection=false"),
    Entry("S4D", 2022, "ssm/compare", "Numbers that fade and turn, each by itself", "model=ssm/s4"),
    Entry("Induction", 2022, "ssm/tasks", "What stood behind it the last time?"),
    Entry("RWKV", 2023, "", "Attention's sums as a recurrence"),
    Entry("Mamba", 2023, "ssm/signal", "What is kept depends on what is read", "selection=true&delta=5"),
    Entry("Jamba", 2024, "ssm/length", "Mamba with a layer of attention now and then"),
    Entry("Mamba-2", 2024, "ssm/hidden", "A state space is a kind of attention"),
)
LOOK = (
    "One number remembers a signal. Make its moments longer, then shorter, and see what it follows and what it keeps."
)
TRIES = (
    Try(
        "Can a state keep four values and ignore the noise between them?",
        "run=ssm/signal&signal=values in noise&delta=5&selection=false",
        "Long moments: the state follows everything, noise too. Make them short with delta: what becomes of the four "
        "values? Then tick Selection, with delta at 5.",
        "Not with a fixed delta: long moments follow the noise, short ones average values and noise away. With "
        "selection each value is taken up at once and held until the next, and the noise leaves no trace.",
    ),
    Try(
        "Why is the state computed with an exponential?",
        "run=ssm/signal&signal=steps&rule=Euler&delta=2.1&a=1",
        "Euler's rule keeps 1 - delta times a of the state. At delta 2.1 that is less than -1. Then choose zero-order "
        "hold under More.",
        "Euler's state swings wider with every moment and leaves the chart. The exponential is never above 1: whatever "
        "delta a network chooses, its state stays bounded.",
    ),
    Try(
        "Does a state computed token by token differ from all tokens at once?",
        "run=ssm/state&layer=8&head=1",
        "A text of yours, too: the largest difference between the two forms of the scan stands below the stage. Is it "
        "an approximation?",
        "Only in the last digits, as sums are rounded in another order. The chunked form is the same sum, which is why "
        "a network can learn in one form and write in the other.",
    ),
    Try(
        "Where does Mamba's induction live: in the state, or in the short convolution?",
        "run=ssm/tasks&task=induction&beside=convolution switched",
        "A mark stood somewhere, with a letter behind it; now it comes again: which letter? Beside it learns the same "
        "network without its convolution over four tokens. A paper says that it then can't. Which gets there?",
        "Mostly in the convolution, here. With it all answers are right well before the end, and that holds with "
        "Selection off, too. Without it the network learns later, and many answers are wrong at the end; without both "
        "it learns least. The state carries, the convolution shows what stood side by side.",
    ),
    Try(
        "Which looks further back, Mamba-2 or attention?",
        "run=ssm/hidden",
        "A scan is a kind of attention, with weights that fade. Guess from that which map lies closer to its diagonal, "
        "then scrub through the layers and read the mean distances.",
        "Neither for good: the curves cross, and lie a token or two apart. What differs is how: the decoder's rows "
        "pick single tokens and sum to 1; Mamba-2's spread over many, and some are negative, in the last layer nearly "
        "all.",
    ),
    Try(
        "How far back does a state reach?",
        "run=ssm/recall",
        "Three small networks learn to recall with few symbols between. Then there are more and more. Which of them "
        "still knows the values at the end?",
        "Attention, at nearly every distance: it looks up what it needs. The state space holds on for several times "
        "the distance it has learnt, then falls to chance; without selection it never got as good, and falls sooner.",
    ),
    Try(
        "Does a state space keep less of a text than attention?",
        "run=ssm/compare&max_new_tokens=40",
        "Which of the two lines is higher after forty tokens, the state or the keys and values? Then begin with a text "
        "of a hundred words.",
        "Not of a short text: the state has its full size from the first token on, when there are few keys and values "
        "to keep. But these grow with each token, and in the longer text they are above it; the state stays.",
    ),
    Try(
        "Is a state space quicker than attention?",
        "run=ssm/length&longest=4096",
        "Both read texts of growing length. Which curve is lower, and which bends? And what has to be kept for the "
        "next token at the end?",
        "Not in texts as short as these: the state space's time grows evenly, but its many small steps cost more here. "
        "Attention's bends upwards, and longer texts would turn it round. What attention keeps grows with every token; "
        "the state has one size from the first on.",
    ),
)

BENCHES = (
    Bench(
        "Signal",
        "ssm/signal",
        "A state of one number: what it follows and what it forgets hangs on how long a moment lasts for it.",
        ("signal", "delta", "a", "selection"),
        primary="Follow",
    ),
    Bench(
        "State",
        "ssm/state",
        "A trained Mamba-2 reads your text: what each token writes into the state, and what is left of the others.",
        ("text", "layer", "head"),
        primary="Read",
    ),
    Bench(
        "Hidden attention",
        "ssm/hidden",
        "What each token of Mamba-2 reads of those before it, its scan written as attention; and a decoder's own.",
        ("text",),
        primary="Read",
    ),
    Bench(
        "Tasks",
        "ssm/tasks",
        "A tiny state space learns to remember while you watch; take selection or the short convolution away.",
        ("task", "selection", "convolution", "beside", "steps", "length"),
        primary="Train",
    ),
    Bench(
        "Recall",
        "ssm/recall",
        "Keys with values, other text, the keys again: how far back does a state reach, and how far attention?",
        ("learnt", "longest", "pairs", "steps"),
        primary="Train",
    ),
    Bench(
        "Length",
        "ssm/length",
        "Time and memory against the length of a text, measured now on this machine: of random weights, since neither "
        "hangs on what was learnt.",
        ("longest",),
        primary="Measure",
    ),
    Bench(
        "Models",
        "ssm/compare",
        "One beginning, gone on with by each model; how well each knows which text, and what it keeps.",
        ("text", "temperature", "max_new_tokens"),
        primary="Write",
        model_in_sight=True,
    ),
)


def build() -> None:
    """The page."""
    build_page(
        "mamba",
        BENCHES,
        labels=LABELS,
        choices=CHOICES,
        timeline=TIMELINE,
        tries=TRIES,
        look=LOOK,
        models=tuple(spec.key for spec in SHIPPED),
    )
