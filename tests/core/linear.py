"""A model of one weight and the ways to have it, for the tests of where weights come from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.spec import Bundled, ModelSpec

VALUE = torch.arange(6.0).reshape(2, 3)


def build(path: Path) -> torch.nn.Linear:
    """A model of one weight, from a safetensors file."""
    model = torch.nn.Linear(3, 2, bias=False)
    model.load_state_dict(load_file(path))
    return model


def build_from_hub(place: str) -> Any:
    from genai_demo.diffusion.hub import build

    return build(place)


def spec_of(*sources: Any, how: str = "build") -> ModelSpec:
    return ModelSpec("test/linear", "Linear", sources, how, "none")


def put_bundled(file: str = "test/linear.safetensors") -> Bundled:
    source = Bundled(file)
    source.path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"weight": VALUE}, source.path)
    source.card_path.write_text(json.dumps({"sha256": hashlib.sha256(source.path.read_bytes()).hexdigest()}))
    return source


def refused(spec: ModelSpec) -> str:
    with pytest.raises(DemoError) as error:
        load(spec)
    text = str(error.value)
    assert len(text) < 300
    assert len(text.splitlines()) == 1
    return text
