"""The flows' runs on pictures: what their frames say is so. Small untrained flows stand in for the shipped ones."""

from __future__ import annotations

import copy
from typing import Any, get_args

import numpy as np
import pytest
import torch

from genai_demo.core.device import generator, seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.data import others
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.flow import bounds, likelihood, measuring_pictures, pictures
from genai_demo.flow.between import between, sphere
from genai_demo.flow.classify import classify
from genai_demo.flow.grey import dequantised
from genai_demo.flow.made import likeness, made
from genai_demo.flow.picture_options import BetweenOptions, ClassifyOptions, LikelihoodOptions, Others, PicturesOptions
from genai_demo.flow.pictures import PictureFlow
from genai_demo.inputs.pictures import decode_picture
from tests.flow.test_pictures import COUNTS, TINY, each


def flow(kind: str) -> PictureFlow:
    """Random weights, and costs of test pictures that nobody measured."""
    with seeded(2):
        built = pictures.make(kind, TINY[kind], COUNTS)
        x = dequantised(torch.zeros(4, 28, 28, dtype=torch.uint8), generator(0))
        built.encode(x, torch.zeros(4, dtype=torch.long))
        for part in built.parameters():
            part.data += 0.03 * torch.randn_like(part)
    built.test = pictures.judged(torch.linspace(1, 9, 40), np.zeros((40, 28, 28), np.uint8))
    return built.eval().requires_grad_(False)


@each
def test_noise_becomes_pictures_layer_by_layer(kind: str) -> None:
    model = flow(kind)
    frames = list(made(model, PicturesOptions.parse({"samples": 11}), seed=3))
    assert [frame.index for frame in frames] == list(range(frames[0].total))
    z = 0.7 * torch.randn(11, 1, 28, 28, generator=generator(3))
    assert (frames[0].drawn == pictures.pixels(model.grey.inverse(z))).all()
    label = torch.arange(11) % 10
    assert (frames[-1].drawn == pictures.pixels(model.decode(z, label))).all()
    assert frames[-1].bits is not None
    assert frames[1].changed == 100 * float((frames[1].drawn != frames[0].drawn).mean())
    cold = list(made(model, PicturesOptions.parse({"samples": 3, "temperature": 0, "label": "bag"}), seed=3))
    assert (cold[-1].drawn[0] == cold[-1].drawn[1]).all(), "without noise all are one"


def test_likeness_of_neighbours() -> None:
    ramp = np.tile(np.arange(28, dtype=np.uint8), (1, 28, 1))
    assert likeness(ramp) == pytest.approx(1)
    assert abs(likeness(others.load("grey noise", np.zeros((4, 28, 28)), 0))) < 0.1
    assert likeness(np.zeros((1, 28, 28), np.uint8)) == 0


@each
def test_likelihoods_are_ranked_and_compared(kind: str) -> None:
    model = flow(kind)
    options = LikelihoodOptions.parse({"count": 20, "draws": 4, "others": "grey noise", "picture": "sample:3"})
    frames = list(likelihood.likelihood(model, options, seed=0))
    assert [frame.index for frame in frames] == list(range(frames[0].total))
    last = frames[-1]
    assert [row.value for row in last.rows] == sorted(row.value for row in last.rows)
    assert {row.text for row in last.rows} >= {"your picture", "flat, grey 0", "clothes, mean"}
    exact = likelihood.costs(model, decode_picture("sample:3")[None], generator(0))[0]
    assert last.exact == pytest.approx(exact)
    assert last.likelier == pytest.approx(100 * float((model.test.cost < exact).mean()))
    assert last.test.sum() == pytest.approx(1)
    assert [frame.drawn for frame in frames[-3:]] == [1, 2, 4]
    assert all(frame.vae > 0 for frame in frames[-3:])


def test_auroc_and_histogram_on_paper() -> None:
    usual, strange = np.array([1.0, 2, 3]), np.array([2.0, 5])
    assert likelihood.auroc(usual, strange) == pytest.approx((1.5 + 3) / 6)
    assert likelihood.auroc(usual, usual) == 0.5
    shares = likelihood.histogram(np.array([0.1, 0.2, 99.0, -1]))
    assert (shares[0], shares[-1]) == (0.75, 0.25)


def test_the_bound_of_a_vae_lies_below_and_rises() -> None:
    vae = copy.deepcopy(load(bounds.VAE)).float()
    x = dequantised(torch.from_numpy(np.stack([decode_picture(f"sample:{i}") for i in (3, 55)])), generator(0))
    found = bounds.weights(vae, x, 64, generator(1))
    assert (bounds.bound(found) >= found.mean(1)).all(), "more codes, a tighter bound (Jensen)"
    assert torch.equal(bounds.bound(found[:, :1]), found[:, 0])
    grey = torch.linspace(0, 1, 20_001, dtype=torch.double).view(1, 1, -1, 1)

    class Flat:
        """Every pixel has this logit, whatever the code."""

        def __init__(self, logit: float) -> None:
            self.logit = logit

        def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return x.new_zeros(len(x), 1), x.new_zeros(len(x), 1)

        def decoder(self, z: torch.Tensor) -> torch.Tensor:
            return torch.full((len(z), 1, 1, 1), self.logit, dtype=torch.double)

    for logit in (0.0, -3.0, 7.0):
        pixels = grey.reshape(-1, 1, 1, 1)
        density = bounds.weights(Flat(logit), pixels, 1, generator(0)).exp()
        assert float(density.mean()) == pytest.approx(1, abs=1e-3), "a density over [0, 1]"


@each
def test_a_flow_stands_beside_the_vae_on_the_very_same_pictures(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring_pictures, "DRAWS", (1, 2))
    model, label = flow(kind), np.array([3, 8])
    images = np.stack([decode_picture("sample:30"), decode_picture("sample:80")])
    found = measuring_pictures.beside_vae(model, images, label)
    x = dequantised(torch.from_numpy(images), generator(2))
    own = pictures.bits(pictures.log_prob(model, x, torch.from_numpy(label))).mean()
    assert found["bounded"] == 2
    assert found["beside_vae"] == pytest.approx(float(own), abs=1e-4)
    assert found["vae"]["2"] <= found["vae"]["1"] + 0.5


@each
def test_a_walk_begins_and_ends_at_the_pictures(kind: str) -> None:
    frames = list(between(flow(kind), BetweenOptions.parse({"steps": 5}), seed=0))
    for frame, given in ((frames[0], "sample:93"), (frames[-1], "sample:70")):
        for way in (frame.straight, frame.spherical, frame.mixed):
            assert np.abs(way[0].astype(int) - decode_picture(given)).max() <= 1
    assert frames[0].round_trip <= 1
    assert frames[2].length < frames[2].spherical_length, "the straight way cuts the corner"
    assert (frames[0].label is not None) == (kind == "tarflow")


def test_a_sphere_keeps_its_length() -> None:
    a, b = torch.tensor([3.0, 0, 0]), torch.tensor([0.0, 3, 0])
    way = sphere(a, b, torch.linspace(0, 1, 7)[:, None])
    assert torch.allclose(way.norm(dim=1), torch.full((7,), 3.0), atol=1e-5)
    assert torch.allclose(sphere(a, a, torch.tensor([[0.5]])), a)


def test_the_class_that_makes_the_picture_likeliest_wins() -> None:
    model = flow("tarflow")
    frames = list(classify(model, ClassifyOptions.parse({"draws": 3}), seed=1))
    random = generator(1)
    drawn = [dequantised(torch.from_numpy(decode_picture("sample:60"))[None], random) for _ in range(3)]
    mean = torch.stack([pictures.all_classes(model, x)[0] for x in drawn]).mean(0)
    last = frames[-1]
    assert last.best == CLASSES[int(mean.argmax())]
    assert sum(row.share for row in last.chances) == pytest.approx(1, abs=1e-4)
    assert {row.text: row.share for row in last.chances} == pytest.approx(
        dict(zip(CLASSES, mean.softmax(0).tolist())), abs=1e-4
    )
    assert last.told.shape == (10, 28, 28)
    told = last.told[CLASSES.index(last.best)].astype(int)
    assert np.abs(told - decode_picture("sample:60")).max() <= 1, "its own class gives it back"


@pytest.mark.parametrize("kind", get_args(Others))
def test_other_pictures_are_pictures(kind: Any) -> None:
    known = np.stack([decode_picture(f"sample:{i}") for i in range(6)])
    found = others.load(kind, known, 0)
    assert (found.shape, found.dtype) == (known.shape, np.uint8)
    assert (found == others.load(kind, known, 0)).all()
    assert len(np.unique(found.reshape(6, -1), axis=0)) == 6
    assert all(one.any() for one in found)


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("pictures", {"temperature": 9}, "temperature is 9"),
        ("pictures", {"label": "boat"}, "label is"),
        ("likelihood", {"picture": "sample:100"}, "sample:0 to sample:99"),
        ("likelihood", {"picture": "sample"}, "no picture that can be read"),
        ("interpolate", {"steps": 1}, "steps is 1"),
        ("classify", {"draws": 0}, "draws is 0"),
    ],
)
def test_what_can_not_be_is_said(name: str, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DemoError, match=sentence):
        list(run(Recipe(f"flow/{name}", options)))
