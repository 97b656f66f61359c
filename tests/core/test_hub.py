"""Weights on the hub: a folder needs none, and one that is out of reach is one sentence with a remedy."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from genai_demo.core import load as load_module
from genai_demo.core import weights
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import Hub, find_spec
from tests.core.linear import refused, spec_of

pytestmark = pytest.mark.usefixtures("nothing_in_memory")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of the class that the hub's models have, as `save_pretrained` writes it."""
    from diffusers import UNet2DModel

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("hub") / "tiny"
    UNet2DModel(
        sample_size=8,
        in_channels=3,
        out_channels=3,
        block_out_channels=(8, 8),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
    ).save_pretrained(folder)
    return folder


def test_a_hub_model_loads_from_a_folder_and_denoises(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    real = find_spec("diffusion/cifar10")
    tiny = dataclasses.replace(real, sources=(Hub(str(saved)),))
    monkeypatch.setattr("genai_demo.core.run.find_spec", {real.key: tiny}.__getitem__)
    assert weights.is_here(tiny)
    recipe = Recipe("diffusion/denoise", {"label": "any", "steps": 2, "samples": 2}, 0, real.key)
    frames = list(run(recipe))
    assert frames[-1].index == frames[-1].total - 1
    assert any(getattr(frames[-1], name).shape == (2, 8, 8, 3) for name in ("x", "x0"))
    load_module.clear()


def test_a_hub_out_of_reach_names_the_bundled_model() -> None:
    spec = spec_of(Hub("nobody/no-such-model"), how="build_from_hub")
    assert not weights.is_here(spec)
    text = refused(spec)
    assert "connect this machine to the hub" in text
    assert "choose" not in text, "there is no other model of this architecture"
    real = dataclasses.replace(find_spec("diffusion/cifar10"), sources=spec.sources, build="build_from_hub")
    assert "choose the bundled" in refused(real)


def test_a_hub_that_comes_back_is_used(saved: Path, tmp_path: Path) -> None:
    place = tmp_path / "later"
    spec = spec_of(Hub(str(place)), how="build_from_hub")
    refused(spec)
    place.symlink_to(saved)
    assert load(spec).shape == (3, 8, 8)


def test_a_damaged_folder_is_said(saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    folder.mkdir()
    for file in saved.iterdir():
        (folder / file.name).write_bytes(file.read_bytes()[:50])
    assert "could not be had" in refused(spec_of(Hub(str(folder)), how="build_from_hub"))


def test_a_hub_that_does_not_answer_is_found_out_before_the_library_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib.error
    import urllib.request

    import huggingface_hub.constants

    asked: list[float] = []

    def no_answer(request: Any, timeout: float) -> None:
        asked.append(timeout)
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(urllib.request, "urlopen", no_answer)
    with pytest.raises(OSError, match="no route"):
        weights.reach(Hub("somebody/something"))
    assert asked == [weights.REACH_S]


def test_a_folder_needs_no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.urlopen", lambda *given, **more: pytest.fail("the network was asked"))
    weights.reach(Hub(str(tmp_path)))
