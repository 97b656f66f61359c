"""Measured quality of the flows: `measure` writes assets/flow.json (points) and the cards (pictures), `table` reads."""

from __future__ import annotations

from typing import Any

from genai_demo.core.home import ASSETS
from genai_demo.flow import TITLES
from genai_demo.quality.cards import Watch, card, results
from genai_demo.quality.tables import percent
from genai_demo.quality.tables import table as table_of

RESULTS = ASSETS / "flow.json"


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Glow and TarFlow on pictures, then every data set of points with every kind of flow. See `measuring*`."""
    from genai_demo.flow import measuring, measuring_pictures

    return measuring_pictures.measure(samples, watch) | measuring.measure(watch)


def table() -> str:
    """Pictures, then points, from what was measured last."""
    return f"{_pictures()}\n\n{_points()}"


def _pictures() -> str:
    """Bits per dimension, classes, samples; then what the likelihood tells apart."""
    cards = {name: card(f"flow/{name}")["quality"] for name in TITLES}
    one = cards["tarflow"]
    heads = ["pictures", *(TITLES[name] for name in cards), "to compare"]

    def row(title: str, shown: Any, other: str = "") -> list[str]:
        return [title, *(shown(q) for q in cards.values()), other]

    bound = ", ".join(f"{value:.3f} ({count} code{'s' * (count != '1')})" for count, value in one["vae"].items())
    rows = [
        row(
            "bits per dimension, all test pictures",
            lambda q: f"{q['bits_per_dimension']:.3f} (standard error {q['standard_error']:.3f})",
        ),
        row(
            f"bits per dimension, the first {one['bounded']:,} of them",
            lambda q: f"{q['beside_vae']:.3f}",
            f"VAE, at most: {bound}",
        ),
        row("more if the class is not told", lambda q: f"{q['untold']:.4f}" if "sorted" in q else ""),
        row("the likeliest class is the right one", lambda q: percent(q["sorting_accuracy"]) if "sorted" in q else ""),
        *(
            row(
                f"the judge sees the class asked for, temperature {t}",
                lambda q, name=name: percent(q[name]) if name in q else "",
            )
            for t, name in (("1", "accuracy"), ("0.7", "accuracy_at_0.7"))
        ),
        row("round trip, greys", lambda q: f"{q['round_trip']:.1g}"),
        *(
            row(f"{words}, temperature {t}", lambda q, name=f"{title}{at}", form=form: f"{q[name]:{form}}", floor)
            for title, words, form in (("frechet", "Fréchet distance", ".1f"), ("coverage", "coverage", ".3f"))
            for t, at in (("1", ""), ("0.7", "_at_0.7"))
            for floor in [f"{one[f'{title}_train']:{form}} (training pictures)"]
        ),
    ]
    apart = [
        [kind, *(f"{q['apart'][kind][name]:.2f}" for q in cards.values() for name in ("by_cost", "by_distance"))]
        for kind in one["apart"]
    ]
    apart_heads = ["told from test pictures, AUROC", *(f"{TITLES[name]}, {way}" for name in cards for way in WAYS)]
    flat = "; ".join(
        f"{TITLES[name]}: " + ", ".join(f"{cost:.2f} (grey {grey})" for grey, cost in q["flat"].items())
        for name, q in cards.items()
    )
    note = (
        f"Fashion-MNIST, {one['split']}, with uniform noise in each grey (dequantised). Classes: of "
        f"{one['sorted']:,} of them. The VAE's bound (greys as a continuous Bernoulli's) is of the same dequantised "
        f"pictures as the flows' bits in its row. The AUROC is of {one['beside']} test pictures, and as many others. "
        f"Samples: {one['samples']:,}. Flat pictures cost, in bits per dimension, {flat}."
    )
    rows_of = ", ".join(f"{TITLES[name]} at temperature {t}" for name in cards for t in ("1", "0.7"))
    sheet = f"![A row each: {rows_of}](samples.png)"
    return f"{table_of(heads, rows)}\n\n{table_of(apart_heads, apart)}\n\n{note}\n\n{sheet}"


WAYS = ("by likelihood", "by distance from the usual")


def _points() -> str:
    """Log-likelihood of held-out points, and the round trip."""
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
