"""Measured quality of what is trained here for the encoder: `measure` writes it on the cards, `table` reads it."""

from __future__ import annotations

from typing import Any

from genai_demo.quality.cards import Watch, card, write
from genai_demo.quality.tables import percent
from genai_demo.quality.tables import table as table_of

WORDS, TOPIC, NAMES, PATCHES = "encoder/words", "encoder/topic", "encoder/names", "encoder/patches"
NEXT, ORDER, SPAN = "encoder/next", "encoder/order", "encoder/span"
AIMS = (0.45, 0.65)  # of hidden words told at once, and among the first five: what was aimed at
SOURCES = {
    "wordnet": "WordNet, glosses and examples",
    "descriptions": "descriptions of Debian's packages",
    "python": "documentation of Python",
    "austen": "novels of Jane Austen",
    "all": "all of them",
}


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """On held-out texts, as many as the trainings' own settings say: `samples` is not needed.

    Each card is written as soon as its model is measured: who stops it early keeps what there is.
    """
    import torch

    from genai_demo.core.load import load
    from genai_demo.data import fashion_mnist
    from genai_demo.encoder import heads_train, span_train, vit_train
    from genai_demo.encoder.train import judged

    model = load(WORDS)
    found: dict[str, Any] = {}

    def keep(key: str, values: dict[str, Any]) -> None:
        found[key] = values
        write(key, values)

    keep(WORDS, judged(model.network, model.pieces, model.mask, [0, model.start, model.end]))
    minilm = load("encoder/minilm")
    for key in watch((TOPIC, NAMES, NEXT, ORDER), "heads"):
        keep(key, heads_train.judged(key.split("/")[1], load(key), minilm))
    keep(SPAN, span_train.measured(load(SPAN), minilm, span_train.MODELS["span"]))
    images, labels = (torch.from_numpy(part.copy()) for part in fashion_mnist.load("test"))
    share = vit_train.accuracy(load(PATCHES), images, labels)
    keep(PATCHES, {"accuracy": round(share, 4), "pictures": len(labels)})
    return found


def table() -> str:
    """Share of the hidden tokens that are named, source by source; what heads read, layer by layer."""
    whole, topic, names = (card(key) for key in (WORDS, TOPIC, NAMES))
    q = whole["quality"]
    rows = [[title, percent(q[f"top1_{name}"]), percent(q[f"top5_{name}"])] for name, title in SOURCES.items()]
    note = (
        f"Hidden words: held-out documents, {q['sentences']:,} sentences, 15 % of the tokens hidden, none by whole "
        f"words; weights as shipped, in 8 bits, after {whole['steps']:,} steps of about "
        f"{whole['training']['tokens']:,} tokens. {_short_of(whole)}"
    )
    layers = range(sum(name.startswith("right_") for name in topic["quality"]))
    heads = [
        [
            "embedding" if not i else f"layer {i}",
            *(percent(one["quality"][f"right_{i}"]) for one in (topic, names)),
            *(percent(names["quality"][f"{which}_{i}"]) for which in ("known", "new")),
        ]
        for i in layers
    ]
    said = (
        f"Heads: topics of {topic['quality']['examples']:,} held-out glosses, {len(topic['config']['classes'])} kinds, "
        f"share told right (after the last layer {percent(topic['quality']['mean_over_kinds'])} as the mean over the "
        f"kinds); names: F1, token by token, of {names['quality']['examples']:,} tokens of held-out sentences, against "
        "marks from lists; then the share of their tokens that was found, of names that also stand in sentences learnt "
        "from, and of those that do not."
    )
    seen = card(PATCHES)
    pictures = (
        f"Vision Transformer, {seen['parameters']:,} parameters, after {seen['steps']:,} batches: "
        f"{percent(seen['quality']['accuracy'])} of Fashion-MNIST's {seen['quality']['pictures']:,} test pictures, "
        f"after {_minutes(seen)} on one thread. Convolutions do better: it has to learn that patches lie side by side. "
        "Tried: a rate for more batches, which was cut short. Not tried: smaller patches, more layers, more time."
    )
    hidden = table_of(["hidden words", "right at once", "among the first five"], rows)
    read = table_of(["read after", "topics", "names, F1", "known names found", "new names found"], heads)
    return "\n\n".join((hidden, note, read, said, _next(), _spans(), pictures))


def _short_of(whole: dict[str, Any]) -> str:
    """How far the masked model is from what was aimed at, and whether it was still learning."""
    rows = whole["history"]
    late = [row for row in rows if row[0] >= 0.75 * whole["steps"]]
    gained = late[-1][2] - late[0][2]
    return (
        f"Aimed at were {percent(AIMS[0], 0)} at once and {percent(AIMS[1], 0)} among five. Over the last quarter of "
        f"the steps, while the rate fell, it still gained {percent(gained)} at once ({_minutes(whole)} on one thread, "
        "shared with others). Tried: first weights for the head by ridge regression, which did not speed it up. Not "
        "tried: a GPU, more time."
    )


def _minutes(card: dict[str, Any]) -> str:
    return f"{max(1, round(card['wall_seconds'] / 60)):,} minutes"


def _next() -> str:
    """The two heads for the next sentence, side by side."""
    by_topic, by_order = (card(key)["quality"] for key in (NEXT, ORDER))
    last = max(int(name.split("_")[1]) for name in by_order if name.startswith("right_"))
    own, hard, order = (percent(q[f"{name}_{last}"]) for q, name in (
        (by_topic, "right"), (by_topic, "hard"), (by_order, "right"),
    ))  # fmt: skip
    return (
        f"Next sentence, after the last layer, {by_topic['examples']:,} held-out pairs, half of them right: told from "
        f"a sentence of another text, BERT's task, {own}; the same head, when the wrong ones are the same two turned "
        f"round or a later one of the paragraph, {hard}; a head trained on these {order}."
    )


def _spans() -> str:
    """The head for best spans."""
    whole = card(SPAN)
    q = whole["quality"]
    return (
        f"Best spans, {whole['parameters']:,} parameters, {whole['steps']:,} batches, {_minutes(whole)}: of "
        f"{q['questions']:,} questions made of held-out texts {percent(q['exact'])} to the token, F1 of the tokens "
        f"{q['f1']:.2f}; {percent(1 - q['kept'])} of them are wrongly said to have no answer, and of "
        f"{q['unanswerable']} put to a text that has none {percent(q['refused'])} rightly."
    )
