"""Measured quality of the flows on points: `measure` writes assets/flow.json, `table` reads it."""

from __future__ import annotations

from typing import Any

from genai_demo.core.home import ASSETS
from genai_demo.quality.cards import Watch, results
from genai_demo.quality.tables import table as table_of

RESULTS = ASSETS / "flow.json"


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Every data set with every kind of flow; its number of points is its own. See `measuring`."""
    from genai_demo.flow import measuring

    return measuring.measure(watch)


def table() -> str:
    """Log-likelihood of held-out points, and the round trip, from what was measured last."""
    found = results(RESULTS, "flow")
    heads = ["data", *found["kinds"], "the distribution itself", "round trip, splines", "round trip, affine"]
    rows = []
    for data, scores in found["scores"].items():
        best = scores["best"]
        rows.append(
            [
                data,
                *(f"{scores[kind]['log_p']:.3f}" for kind in found["kinds"]),
                "" if best is None else f"{best:.3f}",
                *(f"{scores[kind]['round_trip']:.0e}" for kind in ("splines", "affine")),
            ]
        )
    note = (
        f"Mean log-likelihood in nats of {found['held']:,} held-out points, exact for layers and integrated for flow "
        f"matching; default options but for the kind, {found['affine_layers']} layers where affine, means over the "
        f"seeds {found['seeds'][0]} to {found['seeds'][-1]}. "
        "The distribution itself: of the mixture that the points are drawn from, where it has a formula: what no model "
        "can beat but by chance. Round trip: the largest error of a held-out point, encoded and decoded in single "
        f"precision. {found['device']}."
    )
    return f"{table_of(heads, rows)}\n\n{note}"
