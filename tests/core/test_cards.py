"""Cards: what is computed is right, and a card is written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from genai_demo.core import cards


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    save_file({"a": torch.zeros(2, 3), "b": torch.zeros(()), "n": torch.zeros(4, dtype=torch.int64)}, path)
    return path


def test_only_numbers_that_are_learnt_count(weights: Path) -> None:
    assert cards.parameters(weights) == 2 * 3 + 1


def test_a_card_tells_what_was_given_and_what_is_computed(weights: Path) -> None:
    path = cards.write_card(weights, title="Tiny", quality={"a": 1})
    cards.add_to_card(weights, "quality", {"b": 2})
    card = json.loads(path.read_text())
    assert (card["title"], card["parameters"], card["quality"]) == ("Tiny", 7, {"a": 1, "b": 2})
    assert sorted(file.name for file in weights.parent.iterdir()) == ["tiny.json", "tiny.safetensors"]


def test_a_card_that_can_not_be_written_stays_as_it_was(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cards.write_card(weights, title="Tiny")
    before, write = path.read_text(), Path.write_text

    def full(self: Path, text: str, *given: object, **more: object) -> int:
        write(self, text[:10])
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="no space"):
        cards.add_to_card(weights, "quality", {"b": 2})
    assert path.read_text() == before
    assert sorted(file.name for file in weights.parent.iterdir()) == ["tiny.json", "tiny.safetensors"]


def test_examples_are_counted_over_all_sittings_whatever_their_batch() -> None:
    card: dict[str, Any] = {"steps": 100, "training": {"batch_size": 4}}
    assert cards.examples(card) == 400
    assert cards.examples({**card, "begun_from": {"steps": 60, "begun_from": {"steps": 50}}}) == 400
    before = {"steps": 60, "batch_size": 8, "begun_from": {"steps": 50}}
    assert cards.examples({**card, "begun_from": before}) == 40 * 4 + 60 * 8
    assert cards.examples({**card, "begun_from": {"model": "another", "steps": 60, "batch_size": 8}}) == 400
