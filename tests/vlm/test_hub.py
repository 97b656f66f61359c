"""Models of the hub, as tiny ones of the same classes that were saved to a folder: LLaVA, and SmolVLM's Idefics3."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.spec import Hub, find_spec
from genai_demo.data.world_questions import Question
from genai_demo.vlm import answering, ask, hub, looking, options
from tests.vlm.stand_in import llava_folder, smolvlm_folder


@pytest.fixture(params=[("vlm/llava-7b", llava_folder), ("vlm/smolvlm", smolvlm_folder)], ids=["llava", "smolvlm"])
def model(request: Any, tmp_path: Path) -> hub.Borrowed:
    key, make = request.param
    make(tmp_path)
    found: hub.Borrowed = load(
        dataclasses.replace(find_spec(key), key=f"vlm/{tmp_path}", sources=(Hub(str(tmp_path)),))
    )
    return found


@torch.inference_mode()
def test_patches_in_the_places_of_a_picture_give_what_the_model_itself_gives(model: hub.Borrowed) -> None:
    pixels = looking.pixels_of(options.TWO)
    ids = torch.tensor([model.prompt((), "Where is the house?")])
    images = model.processor.image_processor(images=[[Image.fromarray(pixels)]], return_tensors="pt")
    given = {name: value for name, value in images.items() if name.startswith("pixel")}
    theirs = model.network(input_ids=ids, attention_mask=torch.ones_like(ids), **given).logits
    ours = model.sight(model.patches(pixels[None]))(ids).logits
    assert ours.allclose(theirs, atol=1e-4)


def test_a_conversation_is_in_the_models_own_template(model: hub.Borrowed) -> None:
    ids = model.prompt([Question("Is there a house?", "yes <image>")], "Where is it? <image>")
    text = model.processor.tokenizer.decode(ids)
    assert text.index("Is there a house?") < text.index("yes") < text.index("Where is it?")
    assert text.rstrip().endswith("assistant:")
    patches = model.patches(np.zeros((1, 64, 64, 3), np.uint8))
    assert ids.count(model.picture) == patches.shape[1], "what a visitor writes is no picture"


def test_it_answers_with_the_control_and_takes_any_word(model: hub.Borrowed) -> None:
    frames = list(ask.ask(model, options.AskOptions(turns="Where is the elephant?", max_new_tokens=4), seed=0))
    assert len(frames) == 5
    assert frames[-1].verdict
    patches = model.patches(looking.pixels_of(options.TWO)[None])
    found = answering.answer(model, patches, model.prompt((), "Where is the elephant?"), 4)
    assert tuple(frame.answer[0].id for frame in frames[:-1]) == found.ids[:4]
    assert hub.example(model, 2).shape[0] == 2


def test_a_language_model_without_eyes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    llava_folder(tmp_path)
    without: Callable[..., Any] = lambda *given, **more: torch.nn.Linear(2, 2)  # noqa: E731
    monkeypatch.setattr("transformers.AutoModelForImageTextToText.from_pretrained", without)
    with pytest.raises(DemoError, match="choose SmolVLM or LLaVA"):
        hub.build(str(tmp_path))
