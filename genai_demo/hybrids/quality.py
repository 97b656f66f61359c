"""Measured quality of the hybrids trained here: `measure` writes it on their cards, `table` reads it."""

from __future__ import annotations

from typing import Any

from genai_demo.hybrids import ACTORS, VAEGANS
from genai_demo.quality.cards import Watch, card, write
from genai_demo.quality.tables import table as table_of

ASKED = (0, 4, 8, 10, 12)  # returns of the table


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Returns, and distances of `samples` pictures to real ones."""
    from genai_demo.core.load import load
    from genai_demo.hybrids import measuring
    from genai_demo.hybrids.train_decision import measured as returns

    found: dict[str, Any] = {spec.key: returns(load(spec)) for spec in ACTORS}
    for spec in watch(VAEGANS, "VAE-GANs"):
        found[spec.key] = measuring.pictures(load(spec), samples)
    for key, values in found.items():
        write(key, values)
    return found


def table() -> str:
    """Returns by what was asked for; pictures by the adversarial weight."""
    actor, clone, best = (card(spec.key)["quality"] for spec in ACTORS)
    returns = table_of(
        ["", *(f"asked for {asked}" for asked in ASKED)],
        [
            ["Decision Transformer", *(f"{actor[f'asked {asked}']:.1f}" for asked in ASKED)],
            ["imitates all walks", *[f"{clone['had']:.1f}"] * len(ASKED)],
            ["imitates the best tenth", *[f"{best['had']:.1f}"] * len(ASKED)],
        ],
    )
    pictures = table_of(
        ["weight", "error of pixels", "error of features", "sharpness", "Frechet distance", "coverage"],
        [_row(card(spec.key)) for spec in VAEGANS],
    )
    first = card(VAEGANS[0].key)["quality"]
    return "\n\n".join(
        (
            returns,
            f"Returns, means over {actor['starts']:.0f} starts; the most there is: {actor['most']:.1f}.",
            pictures,
            f"Errors and sharpness in grey levels, on {first['again']} test pictures (real ones: sharpness "
            f"{first['sharp_real']:.1f}); distance and coverage of {first['samples']} pictures of its own (as many "
            f"real ones: {first['frechet_train']:.1f} and {first['coverage_train']:.2f}).",
        )
    )


def _row(found: dict[str, Any]) -> list[str]:
    q = found["quality"]
    return [
        f"{found['config']['weight']:g}",
        f"{q['pixel_error']:.1f}",
        f"{q['feature_error']:.4f}",
        f"{q['sharp']:.1f}",
        f"{q['frechet']:.1f}",
        f"{q['coverage']:.2f}",
    ]
