"""Tiny real networks, and the shipped ones in single precision."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pytest

from genai_demo.core.device import generator
from genai_demo.core.spec import WEIGHTS
from genai_demo.data import shapes
from genai_demo.inputs.pictures import SAMPLES, sample_picture
from genai_demo.vae import bundle, codes
from genai_demo.vae.model import Autoencoder, Codes, VaeConfig, fresh


@functools.cache
def _shipped(name: str) -> Autoencoder:
    return bundle.build(WEIGHTS / "vae" / f"{name}.safetensors").requires_grad_(False)


@pytest.fixture(scope="session")
def shipped() -> Callable[[str], Autoencoder]:
    """name, as "vae-2" -> the shipped network, float32 on the CPU whatever the device of the runs."""
    return _shipped


@pytest.fixture
def tiny() -> Callable[..., Autoencoder]:
    """kind, latent, seed -> a narrow untrained network that knows the codes of forty drawings."""

    def make(kind: str = "vae", latent: int = 2, seed: int = 0) -> Autoencoder:
        model = fresh(VaeConfig(kind, latent, width=4), generator(seed))  # type: ignore[arg-type]
        pictures, labels = shapes.load(40, 1)
        mean, logvar = codes.encode(model, pictures)
        model.test = Codes(mean, np.zeros_like(logvar), labels, codes.scores(model, pictures))
        return model

    return make


@pytest.fixture(scope="session")
def samples() -> np.ndarray:
    """The hundred test pictures, (100, 28, 28) uint8."""
    return np.stack([sample_picture(i) for i in range(SAMPLES)])
