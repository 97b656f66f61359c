"""Every run on another's model: a tiny ViT in open_clip's format with its own tokenizer, as one from the hub is."""

from __future__ import annotations

import json
from pathlib import Path

import open_clip
import pytest
import torch

from genai_demo.clip import RUNS, features, hub
from genai_demo.clip.model import Clip
from genai_demo.core.device import seeded
from genai_demo.core.spec import resolve

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 96, "layers": 1, "width": 32, "head_width": 16, "patch_size": 32},
    "text_cfg": {"context_length": 20, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}
FEW = {"pictures": 20, "scenes": 8, "steps": 2, "batch_size": 4, "shown": 2, "patch": 32, "stride": 32, "k": 3}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    folder = tmp_path_factory.mktemp("tiny")
    with seeded(0):
        net = open_clip.model.CLIP(**TINY)
    torch.save(net.state_dict(), folder / "open_clip_pytorch_model.bin")
    (Path(folder) / "open_clip_config.json").write_text(json.dumps({"model_cfg": TINY, "preprocess_cfg": {}}))
    return hub.build(str(folder)).requires_grad_(False)


@pytest.mark.parametrize("entry", RUNS, ids=lambda entry: entry.name)
def test_a_run_takes_it(entry: object, tiny: Clip) -> None:
    known = entry.options.model_fields  # type: ignore[attr-defined]
    few = {name: value for name, value in FEW.items() if name in known and known[name].annotation is int}
    frames = list(resolve(entry.start)(tiny, entry.options.parse(few), seed=0))  # type: ignore[attr-defined]
    assert frames[-1].index == frames[-1].total - 1


def test_words_learnt_from_nothing_know_its_tokens(tiny: Clip) -> None:
    entry = next(entry for entry in RUNS if entry.name == "clip/contrast")
    options = entry.options.parse({"texts": "from nothing", "steps": 2, "batch_size": 4, "shown": 2})
    assert len(list(resolve(entry.start)(tiny, options, seed=0))) == 3


def test_one_that_sees_finer_is_shown_larger_pictures(tiny: Clip) -> None:
    assert features.side(tiny) == 128
