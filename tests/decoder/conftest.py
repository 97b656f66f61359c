"""A tiny random language model; and the real one, where it has been fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from genai_demo.core.load import load
from genai_demo.decoder import FAST, SMALL, SMOLLM2
from genai_demo.language import prefixes
from genai_demo.language.model import LanguageModel
from tests.language import stand_in
from tests.real import borrowed


@pytest.fixture
def tiny() -> LanguageModel:
    return stand_in.tiny()


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    prefixes.forget()


@pytest.fixture(scope="module")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The cache folder holds the real model while the tests of a file run."""
    with borrowed(tmp_path_factory.mktemp("home"), SMOLLM2):
        yield


@pytest.fixture(scope="module")
def fast(real_home: None) -> Any:
    """The real model in llama.cpp."""
    pytest.importorskip("xllamacpp")
    return load(FAST)


@pytest.fixture(scope="module")
def real(real_home: None) -> LanguageModel:
    """The real model in PyTorch."""
    model: LanguageModel = load(SMALL)
    return model
