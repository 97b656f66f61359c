"""Measured quality of the models with experts and their twins: `measure` writes cards and assets/moe.json."""

from __future__ import annotations

import json
from typing import Any

from genai_demo.core.home import ASSETS, whole
from genai_demo.quality.cards import Watch, card, results, write
from genai_demo.quality.tables import percent
from genai_demo.quality.tables import table as table_of

RESULTS = ASSETS / "moe.json"
DOMAINS = ("english", "french", "german", "italian", "python")


def _names() -> dict[str, str]:
    """Name -> title, of the models that are shipped."""
    from genai_demo import moe

    return {spec.key.split("/")[1]: spec.title for spec in moe.SPECS if spec not in moe.LARGER}


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """On the texts that the trainings held out: `samples` is not needed. Each model's card is written as it is done."""
    from genai_demo.core.cards import machine
    from genai_demo.core.load import load
    from genai_demo.core.recipe import versions
    from genai_demo.moe import measuring

    rows, found = measuring.held(), dict[str, Any]()
    for name in watch(_names(), "models"):
        model = load(f"moe/{name}")
        write(f"moe/{name}", measuring.perplexities(model, rows))
        if name.startswith("top"):
            found[name] = measuring.routing(model, rows)
    with whole(RESULTS) as partial:
        partial.write_text(json.dumps({**found, "device": machine(), "versions": versions()}, indent=1) + "\n")
    return found


def table() -> str:
    """Perplexity by domain of all models; what their routing says."""
    names = _names()
    q = results(RESULTS, "moe")
    cards = {name: card(f"moe/{name}") for name in names}
    rows = [
        [
            title,
            f"{cards[name]['parameters']:,}",
            *(f"{cards[name]['quality'][f'perplexity_{domain}']:.2f}" for domain in DOMAINS),
            f"{cards[name]['quality']['perplexity']:.2f}",
            f"{cards[name]['quality']['bits_per_byte']:.3f}",
        ]
        for name, title in names.items()
    ]
    first = next(iter(cards.values()))
    said = (
        f"Perplexity a token on {first['quality']['stretches']} stretches of {first['quality']['length']} tokens of "
        f"each domain, whole packages and modules held out; {first['steps']:,} steps each on the same text in the same "
        "order."
    )
    return "\n\n".join([
        table_of(["", "parameters", *(name.capitalize() for name in DOMAINS), "all", "bits a byte"], rows),
        said,
        *(_routing(names[name], q[name]) for name in names if name in q),
    ])  # fmt: skip


def _routing(title: str, q: dict[str, Any]) -> str:
    """What was measured of a router, layer by layer, and with other k."""
    rows = [
        [
            str(layer + 1),
            f"{q['bits'][layer]:.2f}",
            f"{q['bits_of_languages'][layer]:.2f}",
            percent(q["even"][layer], 0),
            *(percent(q["context"][layer][name], 0) for name in ("same", "near", "far")),
        ]
        for layer in range(len(q["bits"]))
    ]
    heads = [
        "layer",
        "I(domain; expert), bits",
        "of the languages alone",
        "evenness of the load",
        "same token, same experts",
        "different tokens of a domain",
        "of two domains",
    ]
    curve = [[domain.capitalize(), *(f"{value:.1f}" for value in q["topk"][domain])] for domain in DOMAINS]
    said = (
        f"**{title}.** The experts chosen in a stretch of {q['length']} tokens tell its domain in "
        f"{percent(q['told'])} of {len(DOMAINS) * q['stretches']} stretches. Perplexity with k experts a token, "
        f"trained with {q['top_k']}, on every fourth stretch:"
    )
    ks = [f"k = {k}" for k in range(1, q["experts"] + 1)]
    return "\n\n".join([said, table_of(["", *ks], curve), table_of(heads, rows)])
