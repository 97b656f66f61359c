"""Measured quality of the translator and of the small exact model: `measure` writes the cards, `table` reads them."""

from __future__ import annotations

from typing import Any

from genai_demo.quality.cards import Watch, card, write
from genai_demo.quality.tables import percent
from genai_demo.quality.tables import table as table_of
from genai_demo.seq2seq.options import LEARNT_DIGITS, YEAR_DIGITS

TRANSLATOR, EXACT = "seq2seq/translator", "seq2seq/exact"
LANGUAGES = {"fr": "French", "de": "German", "es": "Spanish", "it": "Italian"}
WAYS = {"repair": "the whole text, as BART", "spans": "only what is missing, as T5"}


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """On held-out texts, a fixed number of each kind: `samples` is not needed."""
    from genai_demo.core.load import load
    from genai_demo.seq2seq import measuring

    small = measuring.exact(load(EXACT), watch)
    write(EXACT, small)
    found = measuring.measure(load(TRANSLATOR), watch)
    write(TRANSLATOR, found)
    return {**found, "exact": small}


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
            exact_table(),
            table_of(["gaps", "missing words restored", "other words kept", "sentences restored"], gaps),
            mended,
        )
    )


def exact_table() -> str:
    """Numbers and dates in words, by their length."""
    whole = card(EXACT)
    q = whole["quality"]
    made = {what: {int(n.split("_")[1]): q[n] for n in q if n.startswith(what)} for what in ("numbers", "dates")}
    digits = sorted(set(made["numbers"]) | set(made["dates"]))
    rows = [
        [title, *(percent(made[what][d], 1) if d in made[what] else "" for d in digits)]
        for what, title in (("numbers", "numbers"), ("dates", "dates, by their year"))
    ]
    said = (
        f"In words, right to the last word: {q['tried']} of each length that no training saw (of one and two digits it "
        f"has seen all); it has learnt numbers of up to {LEARNT_DIGITS} digits and dates whose year has {YEAR_DIGITS}. "
        f"{whole['parameters']:,} parameters, {whole['steps']:,} steps."
    )
    return table_of(["digits", *map(str, digits)], rows) + "\n\n" + said
