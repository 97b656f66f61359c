"""Measured quality of the models trained here: `measure` writes it on their cards, `table` reads it."""

from __future__ import annotations

from typing import Any

from genai_demo.core.spec import Bundled, find_spec
from genai_demo.data.domains import DOMAINS
from genai_demo.quality.cards import Watch, card, write
from genai_demo.quality.tables import table as table_of
from genai_demo.ssm import SPECS

KEYS = tuple(spec.key for spec in SPECS if isinstance(spec.sources[0], Bundled))


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """On stretches held out, as many of each domain as the trainings judge by: `samples` is not needed."""
    from genai_demo.core.load import load
    from genai_demo.language.corpus import corpus, tokenizer
    from genai_demo.language.pretrain import JUDGED, TrainConfig, judged

    length = TrainConfig().length
    held = corpus("held out", 10**9).held(JUDGED, length + 1)
    found: dict[str, Any] = {}
    for key in watch(KEYS, "models"):
        values = judged(load(key).network, held, tokenizer())
        found[key] = {"stretches": JUDGED, "length": length, **values}
        write(key, found[key])
    return found


def table() -> str:
    """Perplexity by domain."""
    cards = [card(key) for key in KEYS]
    rows = [
        [
            find_spec(key).title.removesuffix(", trained here"),
            f"{one['parameters']:,}",
            *(f"{one['quality'][f'perplexity_{name}']:.1f}" for name in DOMAINS),
            f"{one['quality']['perplexity']:.1f}",
            f"{one['quality']['bits_per_byte']:.2f}",
        ]
        for key, one in zip(KEYS, cards)
    ]
    first = cards[0]
    note = (
        f"Perplexity of a token on {first['quality']['stretches']} stretches of {first['quality']['length']} tokens of "
        f"each domain, held out, after {first['steps']:,} steps; and bits a byte over all."
    )
    return "\n\n".join((table_of(["model", "parameters", *DOMAINS, "all", "bits a byte"], rows), note))
