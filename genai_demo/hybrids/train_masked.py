"""Trains masked diffusion of text as the small language models are trained (language/pretrain.py). See train.py."""

from __future__ import annotations

from collections.abc import Iterator

from genai_demo.core.training import ModelStep
from genai_demo.hybrids import masked
from genai_demo.language.pretrain import Model, train_models

NAME = "masked"
MODELS = (Model(NAME, "Masked diffusion of text", masked.network, masked.bound, masked.CONFIG, masked.bound),)


def train_one(*, anew: bool = False) -> Iterator[ModelStep]:
    """Train it, going on where it was stopped, and write weights and card into the cache folder."""
    return train_models("hybrids", MODELS, anew=anew)
