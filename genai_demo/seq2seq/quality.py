"""Measured quality of the translator: `measure` writes it on the card, `table` reads it."""

from __future__ import annotations

from typing import Any

from genai_demo.quality.cards import Watch, card, write
from genai_demo.quality.tables import percent
from genai_demo.quality.tables import table as table_of
from genai_demo.seq2seq.options import LEARNT_DIGITS

TRANSLATOR = "seq2seq/translator"
LANGUAGES = {"fr": "French", "de": "German", "es": "Spanish", "it": "Italian"}
WAYS = {"repair": "the whole text, as BART", "spans": "only what is missing, as T5"}


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """On held-out texts, a fixed number of each kind: `samples` is not needed."""
    from genai_demo.core.load import load
    from genai_demo.seq2seq import measuring

    found = measuring.measure(load(TRANSLATOR), watch)
    write(TRANSLATOR, found)
    return found


def table() -> str:
    """Translations beside copying; numbers by their length; gaps."""
    whole = card(TRANSLATOR)
    q = whole["quality"]
    names = [f"{what}_{how}" for how in ("beams", "greedy", "copy") for what in ("chrf", "bleu")]
    rows = [
        [title, str(q[f"pairs_{key}"]), *(f"{q[f'{name}_{key}']:.1f}" for name in names)]
        for key, title in LANGUAGES.items()
    ]
    said = (
        f"Paragraphs of held-out packages, a fixed choice, as sacrebleu scores them; {q['beams']} "
        f"beams; copied: the English text left as it is. {whole['parameters']:,} parameters, {whole['steps']:,} steps."
    )
    digits = sorted(int(name.split("_")[1]) for name in q if name.startswith("digits_"))
    numbers = [["digits", *map(str, digits)], ["right", *(percent(q[f"digits_{d}"], 0) for d in digits)]]
    counted = (
        f"Numbers in words, right to the last word: {q['numbers']} of each length, held out; it has learnt with up to "
        f"{LEARNT_DIGITS} digits."
    )
    gaps = [
        [title, *(percent(q[f"{way}_{name}"]) for name in ("restored", "kept", "whole"))] for way, title in WAYS.items()
    ]
    mended = (
        f"{q['sentences']} held-out sentences of WordNet, one or two gaps of one to three words each; a word counts as "
        "restored where it stands in its place again."
    )
    heads = ["into", "paragraphs", "chrF", "BLEU", "greedy chrF", "BLEU", "copied chrF", "BLEU"]
    return "\n\n".join(
        (
            table_of(heads, rows),
            said,
            table_of(numbers[0], numbers[1:]),
            counted,
            table_of(["gaps", "missing words restored", "other words kept", "sentences restored"], gaps),
            mended,
        )
    )
