"""The bundled denoiser is trained and shipped by one command, which has nothing to do when called again."""

from __future__ import annotations

import json

import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.data import fashion_mnist, shapes
from genai_demo.diffusion import model as denoiser
from genai_demo.diffusion import train as diffusion


@pytest.fixture
def few(monkeypatch, tmp_path):
    """A data set of 128 drawn shapes, and a cache folder of its own."""
    monkeypatch.setattr(fashion_mnist, "load", lambda split: shapes.load(128, seed=split == "test"))
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path / "home"))
    return tmp_path


def test_the_denoiser_is_trained_and_shipped(few) -> None:
    cfg = diffusion.TrainConfig(steps=3, batch_size=4)
    (report,) = diffusion.train_all(cfg, out=few)
    assert (report.index, report.total) == (3, 3)
    card = json.loads((few / "fashion.json").read_text())
    model = denoiser.build(few / "fashion.safetensors")
    assert card["parameters"] == sum(parameter.numel() for parameter in model.parameters())
    assert (card["steps"], card["seed"], card["quality"]) == (3, 0, {})
    assert card["config"]["training"]["batch_size"] == 4
    saved = torch.load(few / "home" / "train" / "diffusion" / "fashion.pt", weights_only=True)["state"]
    assert all(torch.equal(value, saved["average"][name].half().float()) for name, value in model.state_dict().items())
    assert list(diffusion.train_all(cfg, out=few)) == []
    with pytest.raises(DemoError, match="other settings"):
        next(diffusion.train_all(diffusion.TrainConfig(steps=4, batch_size=4), out=few))
