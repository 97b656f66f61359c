"""The judge: what is shipped recognises real pictures; its training resumes where it stopped and ships itself."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from genai_demo.core import training as kit
from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.run import all_runs
from genai_demo.core.spec import all_specs
from genai_demo.core.training import TrainStep
from genai_demo.data import fashion_mnist, shapes
from genai_demo.inputs.pictures import SAMPLES, sample_picture
from genai_demo.quality import measures
from genai_demo.quality.classifier import RUNS, SPECS
from genai_demo.quality.classifier.model import build, empty, example
from genai_demo.quality.classifier.train import TrainConfig, Training, train, train_all

TINY = TrainConfig(epochs=3, batch_size=32)


@pytest.fixture
def few(monkeypatch, tmp_path):
    """A data set of 128 drawn shapes, and a cache folder of its own."""
    monkeypatch.setattr(fashion_mnist, "load", lambda split: shapes.load(128, seed=split == "test"))
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path / "home"))


def test_it_recognises_the_bundled_test_pictures() -> None:
    pictures = np.stack([sample_picture(i) for i in range(SAMPLES)])
    assert measures.accuracy(pictures, np.arange(SAMPLES) // 10) >= 0.85
    assert measures.accuracy(pictures, (np.arange(SAMPLES) // 10 + 1) % 10) <= 0.15


def test_the_card_fits_the_file_and_states_its_accuracy() -> None:
    (spec,) = SPECS
    assert spec.card["parameters"] == sum(parameter.numel() for parameter in empty().parameters())
    assert spec.card["quality"]["accuracy"] >= 0.92
    assert spec.sources[0].path.stat().st_size == spec.card["bytes"] < 10e6  # type: ignore[union-attr]
    assert not {"data", "config", "seed", "epochs", "device", "wall_seconds", "loss", "sha256"} - set(spec.card)


def test_it_is_a_model_like_others_though_nothing_runs_it() -> None:
    assert SPECS[0].key in all_specs()
    assert not RUNS
    assert not any(name.startswith("classifier") for name in all_runs())
    assert example(load(SPECS[0]), 2).shape == (2, 10)


def test_features_are_what_the_last_layer_gets() -> None:
    model = build(SPECS[0].sources[0].path)  # type: ignore[union-attr]
    pictures = np.stack([sample_picture(i) for i in range(3)])
    x = torch.from_numpy(pictures)[:, None].float() / 255
    with torch.inference_mode():
        logits = model.head(torch.from_numpy(measures.features(pictures)).float())
        assert torch.allclose(logits, model(x), atol=1e-3)


def sat(stop_after: int = 99) -> tuple[list[TrainStep], Training]:
    """One sitting of the training kept in the cache folder, stopped after so many epochs."""
    with kit.journal("classifier", "fashion", TINY) as notes:
        training = Training(TINY)
        notes.resume(training)
        found = []
        for report in train(training):
            found.append(report)
            notes.keep(training, report, every=1)
            if len(found) == stop_after:
                break
    return found, training


@pytest.mark.usefixtures("few")
def test_a_stopped_training_ends_as_an_unbroken_one() -> None:
    unbroken = Training(TINY)
    (*_, whole) = train(unbroken)
    first, _ = sat(1)
    torch.manual_seed(99)  # what others did to the random numbers meanwhile must not matter
    rest, resumed = sat()
    assert [report.index for report in (*first, *rest)] == [1, 2, 3]
    assert rest[-1].loss == whole.loss
    state = resumed.model.state_dict()
    assert all(torch.equal(state[name], value) for name, value in unbroken.model.state_dict().items())
    with pytest.raises(DemoError, match="other settings"):
        next(train_all(TrainConfig(epochs=4, batch_size=32)))


@pytest.mark.usefixtures("few")
def test_train_all_ships_and_then_has_nothing_to_do(tmp_path) -> None:
    reports = list(train_all(TINY, out=tmp_path))
    assert [(report.index, report.total) for report in reports] == [(1, 3), (2, 3), (3, 3)]
    assert reports[-1].loss < reports[0].loss
    card = json.loads((tmp_path / "fashion.json").read_text())
    assert card["config"]["epochs"] == card["epochs"] == 3
    assert card["loss"] == pytest.approx(reports[-1].loss, abs=1e-4)
    assert card["quality"]["accuracy"] == pytest.approx(reports[-1].accuracy, abs=0.02)
    assert list(train_all(TINY, out=tmp_path)) == []
    (tmp_path / "fashion.safetensors").unlink()
    assert list(train_all(TINY, out=tmp_path)) == []
    assert build(tmp_path / "fashion.safetensors")
