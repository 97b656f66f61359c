"""Measured quality of the judge: how many test pictures it recognises, by class."""

from __future__ import annotations

from typing import Any

from genai_demo.quality.cards import Watch, card, write
from genai_demo.quality.tables import percent
from genai_demo.quality.tables import table as table_of

MODEL = "classifier/fashion"


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """The whole test split, whatever `samples` is."""
    from genai_demo.data import fashion_mnist
    from genai_demo.quality import measures

    pictures, labels = fashion_mnist.load("test")
    right = measures.classes(pictures) == labels
    each = {name: round(float(right[labels == i].mean()), 4) for i, name in enumerate(fashion_mnist.CLASSES)}
    found = {"split": f"test, {len(labels)} pictures", "accuracy": round(float(right.mean()), 4), "by_class": each}
    write(MODEL, found)
    return found


def table() -> str:
    """How many test pictures of each class are recognised, from the card."""
    q = card(MODEL)["quality"]
    rows = [[name, percent(share)] for name, share in q["by_class"].items()]
    return table_of(["class", "recognised"], [*rows, [f"all ({q['split']})", percent(q["accuracy"], 2)]])
