"""The VAE on 2-D points: its two terms against cases worked by hand, and the run."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import pack
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.inputs.points import encode_points
from genai_demo.quality import laboratory
from genai_demo.vae import points
from genai_demo.vae.options import PointsOptions

SHORT = {"train_steps": 60, "samples": 40, "width": 16}


def frames(seed: int = 0, **options: Any) -> list[Any]:
    return list(run(Recipe("vae/points", {**SHORT, **options}, seed)))


def fixed(mean: float, logvar: float, decoded: tuple[float, float], noise: float) -> points.PointVae:
    """A network whose encoder and decoder say the same whatever they are given."""
    model = points.PointVae(1, 8, noise, generator(0))
    with torch.no_grad():
        for net, says in ((model.encoder, [mean, logvar]), (model.decoder, list(decoded))):
            net[-1].weight.zero_()
            net[-1].bias.copy_(torch.tensor(says))
    return model


def test_both_terms_are_those_worked_on_paper() -> None:
    """N(x; (0, 0), 0.5^2 I) at x = (0.3, 0.4), and KL of N(1, 2) from N(0, 1)."""
    nats, kl = fixed(1.0, math.log(2), (0, 0), 0.5).terms(torch.tensor([[0.3, 0.4]]), generator(0))
    assert nats.tolist() == pytest.approx([0.25 / (2 * 0.25) + math.log(2 * math.pi * 0.25)])
    assert kl.shape == (1, 1)
    assert kl.item() == pytest.approx((1 + 2 - 1 - math.log(2)) / 2)
    assert fixed(0.0, 0.0, (0, 0), 0.5).terms(torch.zeros(1, 2), generator(0))[1].item() == 0


def test_reconstruction_is_the_log_density_torch_knows() -> None:
    x = torch.randn(50, 2, generator=generator(1))
    found, _ = fixed(0.0, 0.0, (0.2, -0.1), 0.07).terms(x, generator(0))
    gaussian = torch.distributions.Normal(torch.tensor([0.2, -0.1]), 0.07)
    assert torch.allclose(found, -gaussian.log_prob(x).sum(1), rtol=1e-4)


def test_beta_and_the_decoders_variance_are_one_knob() -> None:
    """beta 4 at noise s has the gradient of beta 1 at noise 2s, four times over."""
    x, found = torch.randn(64, 2, generator=generator(1)) / 2, []
    for noise, beta in ((0.1, 4.0), (0.2, 1.0)):
        model = points.PointVae(2, 16, noise, generator(0))
        nats, kl = model.terms(x, generator(2))
        (nats.mean() + beta * kl.sum(1).mean()).backward()
        found.append(torch.cat([p.grad.flatten() for p in model.parameters() if p.requires_grad]))
    assert torch.allclose(found[0], 4 * found[1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("latent", [1, 2, 3, 8])
def test_a_run_and_its_frames(latent: int) -> None:
    found = frames(data="ring", latent=latent)
    first, last = found[0], found[-1]
    assert [frame.index for frame in found] == list(range(first.total))
    assert (first.step, last.step) == (1, 60)
    assert first.real.shape == first.given.shape == last.codes.shape == (laboratory.SHOWN, 2)
    assert last.real is None, "grey points are sent once"
    assert last.made.shape == last.drawn.shape == (40, 2)
    assert last.lattice.shape[0] == (1 if latent == 1 else 2 * points.LINES)
    assert last.kl_each.shape == (latent,)
    assert last.kl == pytest.approx(float(last.kl_each.sum()), rel=1e-4)
    assert last.loss == pytest.approx(last.reconstruction + last.kl, rel=1e-4)
    assert last.modes.endswith("of 8")
    assert last.used.endswith(f"of {latent}")
    assert last.floor == first.floor
    assert set(pack(first)["lanes"]) == {points.SAMPLES, points.MANIFOLD, "codes"}
    if latent == 1:
        assert not last.codes[:, 1].any()


def test_what_is_drawn_belongs_together() -> None:
    """With two numbers a sample's code lies where the lattice says, and the decoder's noise is drawn only if asked."""
    model = points.PointVae(2, 16, 0.05, generator(0))
    lines = points.lattice(model, 0, 1, 2)
    middle = points.LINES // 2
    centre = model.decoder(torch.zeros(1, 2)).detach().numpy()[0]
    for line in (lines[middle], lines[points.LINES + middle]):
        assert line[points.ALONG // 2] == pytest.approx(centre, abs=1e-6)
    mean, noisy = (frames(draw=draw, noise=0.2)[-1] for draw in ("mean", "with noise"))
    assert np.array_equal(mean.drawn, noisy.drawn)
    assert np.array_equal(mean.lattice, noisy.lattice), "the training is the same"
    assert np.std(noisy.made - mean.made) == pytest.approx(0.2, rel=0.25)


def test_same_seed_same_frames_and_the_global_stream_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    one, again = frames(7), frames(7)
    for a, b in zip(one, again, strict=True):
        for field in dataclasses.fields(a):
            assert np.array_equal(getattr(a, field.name), getattr(b, field.name)), field.name
    assert not np.array_equal(one[-1].made, frames(8)[-1].made)
    assert torch.equal(before, torch.random.get_rng_state())


def test_training_brings_samples_to_the_data() -> None:
    found = list(points.points(PointsOptions(train_steps=500, width=64, samples=200), seed=0))
    assert len(found) <= points.FRAMES
    assert np.mean([frame.loss for frame in found[-5:]]) < 0.3 * found[0].loss
    assert found[-1].distance < 0.5 * found[0].distance
    assert found[-1].precision > 60
    assert found[-1].coverage > 90
    assert found[-1].used == "2 of 2"


def test_a_heavy_kl_makes_the_code_collapse() -> None:
    last = frames(beta=50, noise=0.5, train_steps=200)[-1]
    assert last.used == "0 of 2"
    assert last.kl < 0.05
    assert np.ptp(last.made, axis=0).max() < 0.3, "every code decodes to the same place"


def test_the_noise_stays_or_is_learnt() -> None:
    assert frames(noise=0.3)[-1].noise == pytest.approx(0.3)
    assert frames(noise=0.5, learn_noise=True, train_steps=200)[-1].noise < 0.4


def test_drawn_points_are_learnt() -> None:
    text = encode_points(np.array([[-0.8, 0.0], [0.8, 0.0]]))
    last = frames(data="drawn", points=text, train_steps=300, width=32, samples=100)[-1]
    assert (np.abs(last.made[:, 1]) < 0.25).mean() > 0.9
    assert last.coverage > 80
    assert last.modes is None


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"data": "drawn"}, "point"),
        ({"data": "drawn", "points": "###"}, "base64"),
        ({"latent": 9}, "1 to 8"),
        ({"noise": 0}, "0.01 to 0.5"),
        ({"beta": 51}, "0 to 50"),
        ({"data": "star"}, "checkerboard"),
        ({"learning_rate": math.nan}, "learning_rate"),
        ({"draw": "median"}, "with noise"),
    ],
)
def test_what_can_not_be_had_is_refused_in_a_sentence(bad: dict[str, Any], says: str) -> None:
    with pytest.raises(DemoError, match=says):
        frames(**bad)


def test_it_stops_where_it_is_closed() -> None:
    training = run(Recipe("vae/points", SHORT))
    assert next(training).index == 0
    training.close()  # type: ignore[attr-defined]
    assert list(training) == []


def test_a_training_that_runs_away_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A weight that is no number, as an exploded step leaves it: the loss of that step's frame says so."""
    broken = points.PointVae(2, 16, 0.07, generator(0))
    with torch.no_grad():
        broken.decoder[0].weight[0, 0] = math.nan
    monkeypatch.setattr(points, "PointVae", lambda *given, **more: broken)
    with pytest.raises(DemoError, match=r"step 1; lower learning_rate from 0\.01"):
        frames()
