"""A tiny random language model, saved to a folder as the hub would hold it, and loaded by the engine's own code."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import pytest

from genai_demo.decoder.model import LanguageModel
from tests.decoder.stand_in import language_model


@functools.cache
def _tiny() -> LanguageModel:
    folder = tempfile.mkdtemp(prefix="genai-demo-tiny-")
    return language_model(Path(folder))


@pytest.fixture
def tiny() -> LanguageModel:
    return _tiny()
