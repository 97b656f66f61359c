"""Models of the Hugging Face hub, by a random one of the same class in a folder; nothing is fetched."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DDPMPipeline, DDPMScheduler, UNet2DModel

import genai_demo.diffusion as diffusion
from genai_demo.core.errors import DemoError
from genai_demo.core.load import clear, load, load_info
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import Hub, ModelSpec, find_spec
from genai_demo.diffusion.guide import Guide
from genai_demo.diffusion.hub import HubDenoiser, build
from genai_demo.diffusion.model import NULL, example
from genai_demo.diffusion.samplers import ddim
from genai_demo.diffusion.schedules import alphas_cumprod, grid

KEY = "diffusion/cifar10"


@pytest.fixture(autouse=True)
def _nothing_stays_loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GENAI_DEMO_DEVICE", "cpu")
    clear()
    yield
    clear()


@pytest.fixture(scope="module")
def unet() -> UNet2DModel:
    torch.manual_seed(0)
    return UNet2DModel(
        sample_size=8,
        in_channels=3,
        out_channels=3,
        layers_per_block=1,
        block_out_channels=(8, 16),
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
    ).eval()


@pytest.fixture(scope="module")
def folders(unet: UNet2DModel, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The network alone, and the pipeline it is part of, as `save_pretrained` writes them."""
    root = tmp_path_factory.mktemp("hub")
    unet.save_pretrained(root / "network")
    DDPMPipeline(unet, DDPMScheduler()).save_pretrained(root / "pipeline")
    return {"network": root / "network", "pipeline": root / "pipeline"}


def take_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModelSpec:
    """The spec of KEY with this folder as its source, in the place of the real one."""
    real = find_spec(KEY)
    spec = ModelSpec(real.key, real.title, (Hub(str(folder)),), real.build, real.licence, real.example)
    others = tuple(spec if entry.key == KEY else entry for entry in diffusion.SPECS)
    monkeypatch.setattr(diffusion, "SPECS", others)
    return spec


@pytest.mark.parametrize("saved", ["network", "pipeline"])
def test_a_saved_model_is_loaded_and_runs(
    saved: str, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = take_from(folders[saved], monkeypatch)
    options = {"label": "any", "steps": 3, "samples": 2, "schedule": "linear"}
    frames = list(run(Recipe("diffusion/denoise", options, 5, KEY)))
    assert len(frames) == 4
    assert all(frame.x.shape == frame.x0.shape == (2, 8, 8, 3) for frame in frames)
    assert not np.array_equal(frames[-1].x[0], frames[-1].x[1])
    assert frames[-1].evaluations == 3
    found = load_info(spec)
    assert (found.source, found.parameters) == (spec.sources[0], sum(p.numel() for p in found.model.parameters()))
    assert not found.model.training
    assert example(found.model, 2).shape == (2, 3, 8, 8)


@pytest.mark.parametrize("name", ["fork", "compare", "error"])
def test_the_other_runs_work_with_colours_too(
    name: str, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    take_from(folders["network"], monkeypatch)
    options = {
        "fork": {"steps": 3, "fork": 1, "samples": 1, "label": "any", "other_label": "any", "other_seed": 4},
        "compare": {"steps": 2, "other_steps": 2, "samples": 1, "label": "any"},
        "error": {"most": 4, "reference": 20, "samples": 1, "label": "any"},
    }[name]
    assert list(run(Recipe(f"diffusion/{name}", options, 5, KEY)))


def test_a_class_is_refused_where_the_model_knows_none(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    take_from(folders["network"], monkeypatch)
    with pytest.raises(DemoError, match=r"^label is bag, but this model knows no classes; choose any$"):
        next(run(Recipe("diffusion/denoise", {"label": "bag"}, 0, KEY)))


def test_it_is_told_the_timestep_of_its_own_schedule(unet: UNet2DModel) -> None:
    abar = torch.from_numpy(alphas_cumprod("linear"))
    angle = torch.atan2((1 - abar).sqrt(), abar.sqrt())
    assert torch.allclose(HubDenoiser(unet).timestep(angle), torch.arange(1000.0), atol=1e-3)
    assert HubDenoiser(unet).timestep(torch.tensor([0.0, math.pi / 2])).tolist() == [0, 999]


@torch.inference_mode()
def test_its_pictures_are_those_of_the_librarys_loop(unet: UNet2DModel, folders: dict[str, Path]) -> None:
    start = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(3))
    scheduler, theirs = DDIMScheduler(timestep_spacing="trailing"), start
    scheduler.set_timesteps(10)
    for t in scheduler.timesteps:
        eps = unet(theirs, t).sample
        theirs = scheduler.step(eps, t, theirs, use_clipped_model_output=True).prev_sample
    guide = Guide(build(str(folders["pipeline"])), [NULL, NULL], 1.0)
    ours = list(ddim(guide, start, grid("linear", 10), lambda: torch.zeros_like(start)))[-1].after
    assert float((ours - theirs).abs().max()) < 1e-3


def test_where_the_hub_is_out_of_reach_the_bundled_model_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DemoError) as caught:
        load(find_spec(KEY))
    said = str(caught.value)
    assert said.startswith("DDPM CIFAR-10, 32x32 colour could not be had from the Hugging Face hub (")
    assert "choose the bundled Fashion denoiser (diffusion/fashion), or connect this machine to the hub" in said
    assert "\n" not in said


def test_a_folder_that_holds_no_model_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = take_from(tmp_path, monkeypatch)
    with pytest.raises(DemoError, match="could not be had"):
        load(spec)
