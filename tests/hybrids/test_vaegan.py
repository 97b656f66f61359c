"""VAE-GAN: its loss, its training, and what the shipped ones show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core.device import generator
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.data import shapes
from genai_demo.hybrids import likeness, vaegan
from genai_demo.hybrids.train_vaegan import TrainConfig, Training
from genai_demo.inputs.pictures import sample_picture
from genai_demo.vae.model import losses

IMAGES = torch.from_numpy(shapes.load(64, 0)[0])


def test_without_a_weight_it_is_the_loss_of_a_vae() -> None:
    torch.manual_seed(0)
    model = vaegan.VaeGan(0.0)
    x = IMAGES[:8].float().div(255).unsqueeze(1)
    value, pixels = vaegan.loss(model, x, 0.0, generator(1))
    terms = losses(model.vae, x, random=generator(1))
    assert float(pixels) == pytest.approx(terms.reconstruction.mean().item(), rel=1e-5)
    assert value.item() == pytest.approx((terms.reconstruction + terms.kl.sum(1)).mean().item(), rel=1e-5)


def test_the_encoder_does_not_see_the_adversary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vaegan, "FEATURES", 0.0)
    torch.manual_seed(0)
    model, x = vaegan.VaeGan(), IMAGES[:8].float().div(255).unsqueeze(1)
    grown = []
    for size in (0.0, 50.0):
        monkeypatch.setattr(vaegan, "ADVERSARY", size)
        model.zero_grad()
        vaegan.loss(model, x, 1.0, generator(1))[0].backward()
        both = (model.vae.encoder, model.vae.decoder)
        grown.append([p.grad.clone() for part in both for p in part.parameters() if p.grad is not None])
    count = len(list(model.vae.encoder.parameters()))
    assert all(a.allclose(b) for a, b in zip(grown[0][:count], grown[1][:count]))
    assert not all(a.allclose(b) for a, b in zip(grown[0][count:], grown[1][count:]))


def test_a_training_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    cfg = replace(TrainConfig(), batch_size=8, rising=1)
    whole, half = (Training(cfg, IMAGES, 0.5, 4) for _ in range(2))
    ends = [whole.advance() for _ in range(4)]
    for _ in range(2):
        half.advance()
    torch.save(half.state(), tmp_path / "state")
    rest = Training(cfg, IMAGES, 0.5, 4)
    rest.restore(torch.load(tmp_path / "state", weights_only=True))
    assert [rest.advance(), rest.advance()] == pytest.approx(ends[2:], rel=1e-5)


def test_measures_of_likeness() -> None:
    a = np.stack([sample_picture(i) for i in range(3)])
    assert likeness.pixel_error(a, a) == 0
    assert likeness.pixel_error(np.zeros_like(a), np.full_like(a, 10)) == 10
    flat, steps = np.full((1, 28, 28), 9, np.uint8), np.zeros((1, 28, 28), np.uint8)
    steps[:, ::2] = 100
    assert likeness.sharpness(flat) == 0
    assert likeness.sharpness(steps) == 50


def test_along_the_weight_pixels_get_worse_features_better_and_pictures_sharper() -> None:
    frames: list[Any] = list(run(Recipe("hybrids/weigh")))
    assert [frame.weight for frame in frames] == [0, 0.25, 0.5, 0.75, 1]
    first, last = frames[0], frames[-1]
    assert last.pixel_error > first.pixel_error
    assert last.feature_error < first.feature_error
    assert first.sharp < last.sharp


def test_a_search_comes_nearer_and_an_encoder_needs_none() -> None:
    frames: list[Any] = list(run(Recipe("hybrids/sides", {"steps": 40})))
    errors = [frame.gan_error for frame in frames]
    assert errors[-1] < errors[0]
    assert len({frame.vae_error for frame in frames}) == len({frame.hybrid_error for frame in frames}) == 1


def test_two_networks_begin_alike_and_learn() -> None:
    frames: list[Any] = list(run(Recipe("hybrids/learn", {"steps": 20})))
    assert (frames[0].plain == frames[0].hybrid).all()
    assert frames[-1].plain_error < frames[0].plain_error
    assert frames[-1].step == 20
