"""Measured quality of what is trained here for the encoder: `measure` writes it on the cards, `table` reads it."""

from __future__ import annotations

from typing import Any

from genai_demo.quality.cards import Watch, card, write
from genai_demo.quality.tables import percent
from genai_demo.quality.tables import table as table_of

WORDS, TOPIC, NAMES, PATCHES = "encoder/words", "encoder/topic", "encoder/names", "encoder/patches"
SOURCES = {
    "wordnet": "WordNet, glosses and examples",
    "descriptions": "descriptions of Debian's packages",
    "python": "documentation of Python",
    "austen": "novels of Jane Austen",
    "all": "all of them",
}


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """On held-out texts, as many as the trainings' own settings say: `samples` is not needed."""
    import torch

    from genai_demo.core.load import load
    from genai_demo.data import fashion_mnist
    from genai_demo.encoder import heads_train, vit_train
    from genai_demo.encoder.train import judged

    model = load(WORDS)
    found: dict[str, Any] = {WORDS: judged(model.network, model.pieces, model.mask, [0, model.start, model.end])}
    for key in watch((TOPIC, NAMES), "heads"):
        name = key.split("/")[1]
        _, held = heads_train.SOURCES[name](load("encoder/minilm"), heads_train.MODELS[name], "held out")
        found[key] = heads_train.measured(load(key), held)
    images, labels = (torch.from_numpy(part.copy()) for part in fashion_mnist.load("test"))
    share = vit_train.accuracy(load(PATCHES), images, labels)
    found[PATCHES] = {"accuracy": round(share, 4), "pictures": len(labels)}
    for key, values in found.items():
        write(key, values)
    return found


def table() -> str:
    """Share of the hidden tokens that are named, source by source; what heads read, layer by layer."""
    whole, topic, names = (card(key) for key in (WORDS, TOPIC, NAMES))
    q = whole["quality"]
    rows = [[title, percent(q[f"top1_{name}"]), percent(q[f"top5_{name}"])] for name, title in SOURCES.items()]
    note = (
        f"Hidden words: held-out documents, {q['sentences']:,} sentences, 15 % of the tokens hidden, none by whole "
        f"words; weights as shipped, in 8 bits, after {whole['steps']:,} steps of about "
        f"{whole['training']['tokens']:,} tokens."
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
        f"{percent(seen['quality']['accuracy'])} of Fashion-MNIST's {seen['quality']['pictures']:,} test pictures."
    )
    hidden = table_of(["hidden words", "right at once", "among the first five"], rows)
    read = table_of(["read after", "topics", "names, F1", "known names found", "new names found"], heads)
    return f"{hidden}\n\n{note}\n\n{read}\n\n{said}\n\n{pictures}"
