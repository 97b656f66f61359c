"""A tiny random language model, and nothing kept of an earlier test."""

from __future__ import annotations

import pytest

from genai_demo.language import prefixes
from genai_demo.language.model import LanguageModel
from tests.language import stand_in


@pytest.fixture
def tiny() -> LanguageModel:
    return stand_in.tiny()


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    prefixes.forget()
