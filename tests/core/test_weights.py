"""Where weights come from: each way it can fail is one sentence with a remedy, and the next load works again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from genai_demo.core import weights
from genai_demo.core.load import load, load_info
from genai_demo.core.spec import Bundled
from tests.core.linear import VALUE, put_bundled, refused, spec_of

pytestmark = pytest.mark.usefixtures("nothing_in_memory")


def test_a_bundled_file_is_loaded() -> None:
    found = load_info(spec_of(put_bundled()))
    assert torch.equal(found.model.weight.float().cpu(), VALUE)
    assert found.parameters == 6
    assert str(found.source) == "bundled test/linear.safetensors"
    assert not found.model.training
    assert not found.model.weight.requires_grad


@pytest.mark.parametrize("ending", [".safetensors", ".json"])
def test_a_missing_file_or_card_is_said_and_put_right(ending: str) -> None:
    source = put_bundled()
    path = source.path.with_suffix(ending)
    raw = path.read_bytes()
    path.unlink()
    assert "restore assets/weights" in refused(spec_of(source))
    path.write_bytes(raw)
    assert load(spec_of(source)) is not None


def test_a_corrupt_file_is_said_and_put_right() -> None:
    source = put_bundled()
    raw = source.path.read_bytes()
    for damaged in (raw[:-1] + bytes([raw[-1] ^ 1]), raw[:10], b"", raw + b"\0"):
        source.path.write_bytes(damaged)
        text = refused(spec_of(source))
        assert "SHA-256 differs" in text
        assert "restore assets/weights" in text
    source.path.write_bytes(raw)
    assert load(spec_of(source)) is not None


@pytest.mark.parametrize("card", ["", "{", "[]", "null", "{}", '{"sha256": 5}', "\x00\xff"])
def test_a_damaged_card_is_said_and_put_right(card: str) -> None:
    source = put_bundled()
    sound = source.card_path.read_text()
    source.card_path.write_text(card, encoding="latin-1")
    assert "restore assets/weights" in refused(spec_of(source))
    source.card_path.write_text(sound)
    assert load(spec_of(source)) is not None


def test_a_folder_in_the_place_of_a_file_is_said() -> None:
    source = put_bundled()
    source.path.unlink()
    source.path.mkdir()
    assert "restore assets/weights" in refused(spec_of(source))


def test_a_file_of_the_right_hash_that_is_no_such_model_is_said() -> None:
    source = put_bundled()
    save_file({"other": VALUE}, source.path)
    source.card_path.write_text(json.dumps({"sha256": hashlib.sha256(source.path.read_bytes()).hexdigest()}))
    text = refused(spec_of(source))
    assert "Linear could not be read from bundled test/linear.safetensors" in text


def test_the_next_source_is_taken_where_the_first_is_missing() -> None:
    assert load_info(spec_of(Bundled("no/such.safetensors"), put_bundled())).source == put_bundled()


def test_a_model_without_sources_is_said() -> None:
    assert "no source" in refused(spec_of())


def test_a_hash_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for raw in (b"one", b"other", b""):
        path.write_bytes(raw)
        assert weights.file_hash(path) == hashlib.sha256(raw).hexdigest()
