"""A network of the app's own kind, so small that a run takes a fraction of a second, in place of the trained one."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from genai_demo.core import run as run_module
from genai_demo.diffusion.model import UNET, Denoiser, empty

TINY: dict[str, Any] = {**UNET, "block_out_channels": (8, 16), "norm_num_groups": 4, "attention_head_dim": 8}


@pytest.fixture(scope="session")
def tiny_config() -> dict[str, Any]:
    """What the tiny network is made of."""
    return TINY


@pytest.fixture(scope="session")
def tiny() -> Denoiser:
    """A denoiser with random weights; its guesses depend on picture, noise level and class."""
    before = torch.random.get_rng_state()
    torch.manual_seed(0)
    model = empty(TINY).requires_grad_(False)
    torch.random.set_rng_state(before)
    return model


@pytest.fixture
def runs_are_tiny(tiny: Denoiser, monkeypatch: pytest.MonkeyPatch) -> None:
    """run(recipe) finds the tiny network, whichever model the recipe names."""
    monkeypatch.setattr(run_module, "load", lambda spec: tiny)
