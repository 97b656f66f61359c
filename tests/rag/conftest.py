"""A library of three documents in the place of the articles, the tiny embedder in that of MiniLM."""

from __future__ import annotations

import pytest

from genai_demo.rag import passages
from genai_demo.rag.library import Library, build
from tests.rag.stand_in import ENTRIES, tiny


@pytest.fixture(scope="session")
def three() -> Library:
    return build(ENTRIES, tiny())


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, three: Library) -> Library:
    """What the runs look in, as long as a test asks for it."""
    monkeypatch.setattr(passages, "embedder", tiny)
    monkeypatch.setattr(passages, "built_in", lambda model: three)
    return three
