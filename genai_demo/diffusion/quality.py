"""Measured quality of the diffusion model: `measure` writes the card, `table` reads it."""

from __future__ import annotations

from typing import Any

from genai_demo.quality.cards import Watch, card
from genai_demo.quality.tables import percent
from genai_demo.quality.tables import table as table_of


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Draw `samples` pictures, as many of each class, and compare them with real ones; see `measuring`."""
    from genai_demo.diffusion import measuring

    return measuring.measure(samples, watch)


def table() -> str:
    """Samples against real pictures, from the card."""
    q = card("diffusion/fashion")["quality"]
    rows = [
        ["the judge sees the class asked for", percent(q["accuracy"]), f"{percent(q['accuracy_test'])} (test)"],
        ["Fréchet distance to the test split", f"{q['frechet']:.2f}", f"{q['frechet_train']:.2f} (training)"],
        ["density", f"{q['density']:.3f}", f"{q['density_train']:.3f} (training)"],
        ["coverage", f"{q['coverage']:.3f}", f"{q['coverage_train']:.3f} (training)"],
        [
            "distance to the nearest training picture, median",
            f"{q['nearest_median']:.2f}",
            f"{q['nearest_median_test']:.2f} (test)",
        ],
        ["the same, smallest of all", f"{q['nearest_least']:.2f}", f"{q['nearest_least_test']:.2f} (test)"],
        ["nearer than half of the test pictures are", percent(q["below_median"]), "50.0 %"],
        ["nearer than 99 % of the test pictures are", percent(q["below_percentile"]), "1.0 %"],
    ]
    note = (
        f"{q['samples']:,} samples, as many of each class: {q['sampler']}, {q['steps']} steps, guidance "
        f"{q['guidance_scale']:g}, {q['schedule']} schedule, seeds {q['seed']} to {q['seed'] + q['seeds'] - 1}. "
        "Real pictures: as many in the place of the samples."
    )
    sheet = "![Twelve samples of each class, a class a row](samples.png)"
    return f"{table_of(['', 'samples', 'real pictures'], rows)}\n\n{note}\n\n{sheet}"
