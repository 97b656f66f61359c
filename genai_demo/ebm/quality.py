"""Measured quality of the energy-based models: `measure` writes assets/ebm.json and the cards, `table` reads them."""

from __future__ import annotations

from typing import Any

from genai_demo.core.home import ASSETS
from genai_demo.quality.cards import Watch, card, results
from genai_demo.quality.tables import table as table_of

RESULTS = ASSETS / "ebm.json"
METHODS = {"CD": "contrastive divergence", "energy matching": "energy matching"}


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Train on every point set with both methods, measure the machines and the pictures. See `measuring`."""
    from genai_demo.ebm import measuring

    return measuring.measure(samples, watch)


def table() -> str:
    """Log-likelihoods of points, of machines, and what the pictures are worth, from what was measured last."""
    return "\n\n".join((_points(), _machines(), _pictures()))


def _points() -> str:
    found = results(RESULTS, "ebm")
    rows = [[data, *(f"{scores[name]:.3f}" for name in METHODS)] for data, scores in found["scores"].items()]
    note = (
        f"Mean log-likelihood in nats of {found['held']:,} held-out points, Z summed over the plane; default options, "
        f"seed {found['seed']}. {found['device']}."
    )
    return f"{table_of(['data', *METHODS], rows)}\n\n{note}"


def _machines() -> str:
    rows = []
    for name, title in (("rbm-cd", "RBM by CD-1"), ("rbm-pcd", "RBM by persistent CD-1")):
        q = card(f"ebm/{name}")["quality"]
        nats = (q["test_nats"], q["train_nats"], q["log_z"], q["log_z_error"])
        rows.append([title, *(f"{value:.2f}" for value in nats), f"{q['reconstruction']:.2f}"])
    heads = ["machine", "test, nats", "training, nats", "log Z", "its standard error", "wrong pixels, %"]
    q, deep = card("ebm/rbm-pcd")["quality"], card("ebm/dbn")["quality"]
    note = (
        f"Pictures on or off at grey 128; independent pixels have {q['independent_nats']:.1f} nats. log Z by annealed "
        f"importance sampling, {q['temperatures']:,} steps, {q['runs']} chains; its error is that of the spread of "
        "their weights, and says nothing of what no chain found. Wrong pixels: after one pass up and down. The stack "
        f"(a deep belief network) has at least {deep['test_bound_nats']:.2f} nats on the test pictures, its bound."
    )
    return f"{table_of(heads, rows)}\n\n{note}"


def _pictures() -> str:
    """Samples of the energy of pictures, and what it tells apart."""
    q = card("ebm/pictures")["quality"]
    heads = ["energy of pictures", "Fréchet distance", "density", "coverage"]
    names = ("frechet", "density", "coverage")
    rows = [
        ["samples", *(f"{q[name]:.2f}" for name in names)],
        ["training pictures", *(f"{q[f'{name}_train']:.2f}" for name in names)],
    ]
    apart = [[kind, f"{found['by_energy']:.2f}", f"{found['by_slope']:.2f}"] for kind, found in q["apart"].items()]
    note = (
        f"{q['samples']:,} samples after {q['steps']} steps of the chains. Told from {q['told']:,} test pictures: the "
        "chance that a strange one has the higher energy, or the longer slope (AUROC; 0.5 tells nothing)."
    )
    told = table_of(["told from test pictures, AUROC", "by energy", "by slope"], apart)
    return f"{table_of(heads, rows)}\n\n{told}\n\n{note}\n\n![Samples of the energy of pictures](samples.png)"
