"""Measures the autoencoders: draws from the prior of each, against real pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from genai_demo.core.load import load
from genai_demo.inputs.pictures import SAMPLES, sample_picture
from genai_demo.quality import measures, sheets
from genai_demo.quality.cards import Watch, write
from genai_demo.vae import SPECS, codes
from genai_demo.vae.model import Autoencoder

SHOWN = ("vae-2", "vae-16", "beta4-16")  # on the sheet


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Write the cards and the sheet. -> the distances of each model that has a prior."""
    models = {spec.key.split("/")[1]: load(spec) for spec in SPECS}
    real = measures.reference(samples // 10 * 10)
    found: dict[str, Any] = {}
    for name, model in watch(models.items(), "measure"):
        drawn = draws(model, samples // 10 * 10)
        sure = {"samples": len(drawn), "seed": 0, "confidence": measures.confidence(drawn)}
        if model.config.kind != "vae":
            write(f"vae/{name}", sure)
            continue
        part = {
            **sure,
            **measures.distances(real, measures.features(drawn)),
            **{f"{title}_train": value for title, value in real.floor.items()},
        }
        write(f"vae/{name}", part)
        found |= {f"{name} {title}": part[title] for title in ("frechet", "density", "coverage")}
    sheets.write("vae", rows([models[name] for name in SHOWN]))
    return found


def draws(model: Autoencoder, count: int) -> np.ndarray:
    """(count, 28, 28) uint8, as vae/sample draws at temperature 1: a plain kind from the spread of its codes."""
    centre, scale = codes.prior(model)
    return codes.draw(model, centre + scale * codes.normal(0, count, model.config.latent))


def rows(models: Sequence[Autoencoder]) -> list[np.ndarray]:
    """Test pictures, what each model makes of them, then two rows of prior samples of each."""
    every = range(0, SAMPLES, SAMPLES // sheets.SHOWN)
    pictures = np.stack([sample_picture(i) for i in every][: sheets.SHOWN])
    again = [codes.draw(model, codes.encode(model, pictures)[0]) for model in models]
    fresh = [codes.draw(model, codes.normal(0, 2 * sheets.SHOWN, model.config.latent)) for model in models]
    return [pictures, *again, *fresh]
