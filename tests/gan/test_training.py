"""Training on pictures: the same twice, resumed or not; shipped as it was trained."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core import training as kit
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.data import fashion_mnist, shapes
from genai_demo.gan import bundle, live, train
from genai_demo.gan.grow import LATENT
from genai_demo.gan.model import GanConfig
from genai_demo.gan.objectives import OBJECTIVES
from genai_demo.gan.train_fashion import GanStep, TrainConfig, Training
from genai_demo.gan.train_fashion import train as train_on
from genai_demo.gan.train_grow import GrowConfig
from genai_demo.gan.train_translate import TranslateConfig, train_translation

SMALL = TrainConfig(GanConfig(4, 8, 6), steps=8, batch_size=8)


@pytest.fixture(scope="module")
def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = shapes.load(60, 0)
    return torch.from_numpy(images), torch.from_numpy(labels)


@pytest.fixture
def drawn_garments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shapes in the place of Fashion-MNIST, which is not everywhere."""
    monkeypatch.setattr(fashion_mnist, "load", lambda split: shapes_as_garments())


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path / "home"))


def shapes_as_garments() -> tuple[np.ndarray, np.ndarray]:
    return shapes.load(80, 1)[0], np.arange(80) % 10


def losses(training: Training, pictures: tuple[torch.Tensor, torch.Tensor]) -> list[tuple[float, ...]]:
    return [(step.loss, step.loss_d, step.real, step.fake) for step in train_on(training, *pictures, every=2)]


def test_the_curves_of_a_seed_are_the_same_twice(pictures: Any) -> None:
    first = losses(Training(SMALL), pictures)
    torch.rand(3)  # somebody else draws from the shared stream
    assert losses(Training(SMALL), pictures) == first
    assert losses(Training(dataclasses.replace(SMALL, seed=1)), pictures) != first


def test_a_stopped_training_goes_on_as_if_it_had_not_been(pictures: Any) -> None:
    whole, part = Training(SMALL), Training(SMALL)
    curves = losses(whole, pictures)
    for _ in range(4):
        part.advance(*pictures)
    again = Training(SMALL)
    again.restore(part.state())
    assert losses(again, pictures) == curves[2:]
    for a, b in zip(whole.mean.state_dict().values(), again.mean.state_dict().values(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_every_objective_trains(objective: Any, norm: Any, pictures: Any) -> None:
    cfg = dataclasses.replace(SMALL, objective=objective, model=GanConfig(4, 8, 0, norm), steps=4, clip=0.05)
    training = Training(cfg)
    found = losses(training, pictures)
    assert np.isfinite(found).all()
    if objective == "wasserstein":
        assert max(float(p.detach().abs().max()) for p in training.d.parameters()) <= 0.05001


def test_a_sure_discriminator_is_told_apart_from_a_fooled_one(pictures: Any) -> None:
    cfg = TrainConfig(GanConfig(8, 8, 0, "none"), "non-saturating", 40, 32, 0.0, 4e-3, (0.5, 0.99))
    found = losses(Training(cfg), pictures)
    assert found[-1][2] > 0.7 > 0.3 > found[-1][3], "D alone learns: the real look real, the generated do not"


def test_the_live_run_shows_the_last_step_and_the_same_latents() -> None:
    frames = list(run(Recipe("gan/train", {"steps": 10, "batch_size": 8, "width": 4})))
    assert [frame.step for frame in frames] == list(range(1, 11))
    assert frames[-1].drawn.shape == (live.FIXED, 28, 28)
    assert not np.array_equal(frames[0].drawn, frames[-1].drawn)


def test_the_last_frame_is_the_last_step_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "FRAMES", 4)
    frames = list(run(Recipe("gan/train", {"steps": 10, "batch_size": 8, "width": 4})))
    assert [frame.step for frame in frames] == [3, 6, 9, 10]
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert {frame.total for frame in frames} == {4}


def test_a_critics_values_are_not_shown_as_probabilities() -> None:
    for objective, shown in (("hinge", True), ("wgan-gp", False), ("wasserstein", False), ("least squares", False)):
        options = {"steps": 10, "batch_size": 8, "width": 4, "objective": objective}
        frame = next(iter(run(Recipe("gan/train", options))))
        assert (frame.on_real is not None) == shown


def test_a_loss_that_is_no_number_ends_it_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        yield GanStep(3, 9, float("nan"), 0.0, 0.0, 0.0, 0.0)

    monkeypatch.setattr(live, "train", broken)
    with pytest.raises(DemoError, match="at step 3; lower lr_g"):
        list(run(Recipe("gan/train", {"steps": 10})))


def test_live_on_fashion_mnist_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(split: str) -> Any:
        raise DemoError("Fashion-MNIST is not on this machine")

    monkeypatch.setattr(fashion_mnist, "load", missing)
    with pytest.raises(DemoError, match="Fashion-MNIST"):
        list(run(Recipe("gan/train", {"data": "fashion-mnist", "steps": 10})))


def tiny() -> dict[str, train.Shipped]:
    configs = {
        "fashion": TrainConfig(GanConfig(4, 8, 10), steps=50, batch_size=4),
        "pix2pix": TranslateConfig(width=4, steps=50, batch_size=2),
        "cyclegan": TranslateConfig("cyclegan", width=4, steps=50, batch_size=2, weight=10.0, identity=2.0),
        "grown": GrowConfig((0, 0), (50, 50, 0), batch_size=2),
    }
    return {name: dataclasses.replace(entry, config=configs[name]) for name, entry in train.MODELS.items()}


@pytest.mark.usefixtures("drawn_garments")
@pytest.mark.parametrize("name", ["fashion", "pix2pix", "cyclegan"])
def test_what_is_trained_is_shipped_and_not_trained_again(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "MODELS", tiny())
    reports = list(train.train_all((name,), out=tmp_path))
    assert (reports[-1].index, reports[-1].total, reports[-1].model) == (50, 50, name)
    path = tmp_path / f"{name}.safetensors"
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["steps"] == 50
    build = {"fashion": bundle.build, "pix2pix": bundle.build_pix2pix, "cyclegan": bundle.build_cyclegan}[name]
    assert all(bool(p.isfinite().all()) for p in build(path).parameters())
    assert list(train.train_all((name,), out=tmp_path)) == []


@pytest.mark.usefixtures("drawn_garments")
def test_growing_ships_its_younger_selves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "MODELS", tiny())
    list(train.train_all(("grown",), out=tmp_path))
    path = tmp_path / "grown.safetensors"
    kept = bundle.steps(path)
    assert kept == (50, 100)
    newest, oldest = bundle.build_grown(path), bundle.younger(path, kept[0])
    z = torch.ones(1, LATENT)
    assert not torch.equal(newest(z, 0), oldest(z, 0))
    assert bundle.history(path).shape == (2, 3)


@pytest.mark.usefixtures("drawn_garments")
def test_a_stopped_cyclegan_shows_its_judges_the_same_earlier_fakes(tmp_path: Path) -> None:
    cfg = tiny()["cyclegan"].config

    def losses(name: str, reports: int) -> list[float]:
        with kit.journal("gan", name, cfg) as notes:
            training = train_translation(notes, cfg, every=5, save=5)
            return [report.loss for report in itertools.islice(training, reports)]

    assert losses("broken", 4) + losses("broken", 99) == losses("whole", 99)
