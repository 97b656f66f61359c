"""Measured quality of the autoencoders: `measure` writes the cards, `table` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genai_demo.quality.cards import Watch, card
from genai_demo.quality.tables import table as table_of
from genai_demo.vae import SPECS


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Draw from the prior of each variational model and compare with real pictures; see `measuring`."""
    from genai_demo.vae import measuring

    return measuring.measure(samples, watch)


def table() -> str:
    """A model a row, from the cards."""
    heads = [
        "model",
        "reconstruction, nats",
        "KL, nats",
        "ELBO, nats",
        "squared error",
        "units in use",
        "Fréchet",
        "density",
        "coverage",
        "judge is sure",
    ]
    cards = {spec.key: card(spec.key) for spec in SPECS}
    rows = [_row(key.split("/")[1], found) for key, found in cards.items()]
    q = cards["vae/vae-2"]["quality"]
    note = (
        f"On the test split; even a perfect reconstruction costs {q['floor_nats']:.1f} nats, since grey values are "
        f"read as probabilities. Fréchet distance, density and coverage: {q['samples']:,} draws from the prior; as "
        f"many training pictures have {q['frechet_train']:.2f}, {q['density_train']:.3f} and "
        f"{q['coverage_train']:.3f}. The plain kinds have no prior, so no KL and no ELBO; what is drawn of them has "
        "the spread of their codes. Judge is sure: mean probability of the class that the classifier sees in a draw."
    )
    rows_of = "test pictures; vae-2, vae-16 and beta4-16 on them; two rows drawn from the prior of each of the three"
    return f"{table_of(heads, rows)}\n\n{note}\n\n![From the top: {rows_of}](samples.png)"


def _row(name: str, found: Mapping[str, Any]) -> list[str]:
    q = found["quality"]
    variational = found["config"]["kind"] == "vae"
    only = [f"{q['kl_nats']:.2f}", f"{q['elbo_nats']:.1f}"] if variational else ["", ""]
    drawn = [f"{q['frechet']:.2f}", f"{q['density']:.3f}", f"{q['coverage']:.3f}"] if variational else ["", "", ""]
    units = f"{q['active_units']} of {found['config']['latent']}"
    measured = [f"{q['reconstruction_nats']:.1f}", *only, f"{q['mean_squared_error']:.4f}", units, *drawn]
    return [name, *measured, f"{q['confidence']:.2f}"]
