"""The weights file: what is written comes back, checkpoints included; what the shipped networks are good for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.vae import bundle, codes
from genai_demo.vae.model import Autoencoder, empty
from genai_demo.vae.study import corrupt

Shipped = Callable[[str], Autoencoder]
Tiny = Callable[..., Autoencoder]
VAES = ("vae-2", "vae-16", "beta4-16")


@pytest.fixture
def saved(tmp_path: Path, tiny: Tiny) -> tuple[Path, Autoencoder, Autoencoder]:
    first, last = tiny(seed=0), tiny(seed=1)
    path = tmp_path / "new" / "one.safetensors"
    bundle.save(path, last.config, {0: first.state_dict(), 40: last.state_dict()}, codes.known(last))
    return path, first, last


def test_a_file_gives_back_every_checkpoint(saved: tuple[Path, Autoencoder, Autoencoder]) -> None:
    path, first, last = saved
    assert bundle.steps(path) == (0, 40)
    for step, model in ((0, first), (40, last)):
        found = bundle.checkpoint(path, step)
        assert found.config == model.config
        for name, value in model.state_dict().items():
            torch.testing.assert_close(found.state_dict()[name], value.half().float(), rtol=0, atol=0)


def test_a_file_gives_back_the_last_network_and_its_test_codes(saved: tuple[Path, Autoencoder, Autoencoder]) -> None:
    path, _, last = saved
    model = bundle.build(path)
    assert model.path == path
    assert not model.training
    pictures = np.zeros((1, 28, 28), np.uint8)
    np.testing.assert_allclose(codes.encode(model, pictures)[0], codes.encode(last, pictures)[0], atol=2e-3)
    known, there = codes.known(model), codes.known(last)
    np.testing.assert_array_equal(known.label, there.label)
    for name in ("mean", "logvar", "score"):
        np.testing.assert_allclose(getattr(known, name), getattr(there, name), rtol=1e-3, atol=1e-4)


def test_weights_without_codes_say_how_to_get_some(tiny: Tiny) -> None:
    with pytest.raises(DemoError, match="export"):
        codes.known(empty(tiny().config))


@pytest.mark.parametrize("name", ["vae-2", "ae-16"])
def test_shipped_codes_are_those_of_test_pictures(name: str, shipped: Shipped) -> None:
    model = shipped(name)
    known = codes.known(model)
    assert known.mean.shape == (1000, model.config.latent)
    assert set(known.label) == set(range(10))
    assert np.isfinite(known.mean).all()
    assert np.isfinite(known.score).all()


@pytest.mark.parametrize("name", VAES)
def test_noise_is_stranger_than_any_test_picture(name: str, shipped: Shipped, samples: np.ndarray) -> None:
    model = shipped(name)
    noise = np.random.default_rng(0).integers(0, 256, (8, 28, 28), np.uint8)
    ordinary, strange = codes.scores(model, samples), codes.scores(model, noise)
    assert strange.min() > np.quantile(ordinary, 0.98)
    assert codes.percentile(model, float(strange.min())) > 98
    assert np.median(strange) > 3 * np.median(ordinary)
    assert 35 < np.mean([codes.percentile(model, float(score)) for score in ordinary]) < 65


def test_denoising_beats_the_plain_one_on_noise_and_not_on_clean_pictures(
    shipped: Shipped, samples: np.ndarray
) -> None:
    noise = codes.normal(0, *samples.shape)
    noisy = np.stack([corrupt(x, "noise", 0.4, e) for x, e in zip(samples, noise)])

    def error(name: str, given: np.ndarray) -> float:
        model = shipped(name)
        back = codes.decode(model, codes.encode(model, given)[0])
        return float(np.square(back - samples / 255.0).mean())

    assert error("dae-16", noisy) < 0.8 * error("ae-16", noisy)
    assert error("dae-16", samples) > error("ae-16", samples)


def test_a_larger_latent_reconstructs_better_and_beta_uses_fewer_numbers(shipped: Shipped, samples: np.ndarray) -> None:
    def error(name: str) -> float:
        model = shipped(name)
        return float(np.square(codes.decode(model, codes.encode(model, samples)[0]) - samples / 255.0).mean())

    assert error("ae-16") < error("vae-16") < error("vae-2")
    active = {name: int((codes.used(shipped(name)) > codes.ACTIVE).sum()) for name in VAES}
    assert 0 < active["beta4-16"] < active["vae-16"] < 16


@pytest.mark.parametrize("how", ["noise", "covered", "turned", "negative", "stripes"])
def test_a_corruption_of_strength_0_leaves_the_picture_and_grows(how: str, samples: np.ndarray) -> None:
    noise = codes.normal(0, 28, 28)
    np.testing.assert_array_equal(corrupt(samples[84], how, 0, noise), samples[84])
    worse = [np.abs(corrupt(samples[84], how, s, noise) - samples[84].astype(float)).mean() for s in (0.2, 0.5)]
    assert 0 < worse[0] < worse[1]
