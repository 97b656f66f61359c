"""From a finished training to what is shipped: weights with all checkpoints, and a card with measured quality."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genai_demo.core.cards import write_card
from genai_demo.core.device import generator
from genai_demo.core.training import Journal
from genai_demo.data import fashion_mnist
from genai_demo.vae import bundle, codes
from genai_demo.vae.model import Autoencoder, Codes, VaeConfig, empty, losses

CODES = 1000  # test pictures whose codes are shipped
HISTORY = 36  # points of the loss curves kept on the card


def export(notes: Journal, config: VaeConfig, training: Mapping[str, Any]) -> Path:
    """Write weights (safetensors, fp16) and card of a finished training. -> the card, with what is measured here.

    training: what the card says of how it was trained (batch size, learning rate, seed, ...). Needs the test split.
    """
    images, labels = fashion_mnist.load("test")
    model = empty(config)
    model.load_state_dict({name: value.float() for name, value in notes.kept[max(notes.kept)].items()})
    pictures = images[:CODES]
    mean, logvar = codes.encode(model, pictures)
    if config.kind != "vae":
        logvar = np.zeros_like(logvar)  # not used by the plain kinds
    test = Codes(mean, logvar, labels[:CODES], codes.scores(model, pictures).astype(np.float32))
    bundle.save(notes.weights, config, notes.kept, test)
    return write_card(
        notes.weights,
        data="Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), 60,000 training pictures, MIT",
        licence="Apache-2.0",
        config=dataclasses.asdict(config),
        training=dict(training),
        checkpoints=sorted(notes.kept),
        wall_seconds=round(notes.seconds),
        device=notes.device,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        quality=measure(model, images),
        history=thin(notes.history),
    )


@torch.inference_mode()
def measure(model: Autoencoder, images: np.ndarray, *, seed: int = 0) -> dict[str, Any]:
    """Both terms on test pictures (n, 28, 28), in nats a picture; codes drawn once a picture from a fixed seed.

    active_units: dimensions whose mean varies by more than 0.01 over the data (Burda et al. 2016).
    floor_nats: what a perfect reconstruction would cost, since grey values are read as probabilities.
    """
    random = generator(seed)
    reconstruction, kl, means, squares = [], [], [], []
    for batch in torch.from_numpy(images.copy()).split(500):
        x = batch.float().div(255).unsqueeze(1)
        mean, _ = model.encode(x)
        terms = losses(model, x, random=random)
        reconstruction.append(terms.reconstruction)
        kl.append(terms.kl)
        means.append(mean)
        squares.append((model.decode(mean) - x).square().mean((1, 2, 3)))
    per_dimension = torch.cat(kl).mean(0)
    variance = torch.cat(means).var(0, correction=0)
    nats = float(torch.cat(reconstruction).mean())
    return {
        "split": f"test, {len(images)} pictures",
        "reconstruction_nats": round(nats, 2),
        "floor_nats": round(float(codes.floor(images[:2000]).mean()), 2),
        "kl_nats": round(float(per_dimension.sum()), 3),
        "kl_per_dimension": [round(value, 4) for value in per_dimension.tolist()],
        "elbo_nats": round(-nats - float(per_dimension.sum()), 2) if model.config.kind == "vae" else None,
        "mean_squared_error": round(float(torch.cat(squares).mean()), 5),
        "variance_of_mean": [round(value, 4) for value in variance.tolist()],
        "active_units": int((variance > codes.ACTIVE).sum()),
    }


def thin(history: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    """About HISTORY evenly spaced reports, the first and the last among them.

    history: rows of step, seconds, reconstruction and the KL of each dimension.
    """
    keep = np.unique(np.linspace(0, len(history) - 1, HISTORY).round().astype(int))
    return [
        {
            "step": step,
            "reconstruction": round(reconstruction, 2),
            "kl": [round(value, 3) for value in kl],
            "seconds": round(seconds, 1),
        }
        for step, seconds, reconstruction, *kl in (history[i] for i in keep)
    ]
