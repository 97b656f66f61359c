"""Both terms of the loss: the KL by two other ways, the reparameterised draw, the bound, beta, what training does."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genai_demo.core.device import generator
from genai_demo.data import shapes
from genai_demo.vae import codes, export
from genai_demo.vae.model import VaeConfig, fresh, losses
from genai_demo.vae.train import TrainConfig, Training, beta_at, config_of, names, train

MEAN, LOGVAR = np.array([[0.0, 1.5, -0.7]]), np.array([[0.0, -3.0, 0.4]])


class Kept(nn.Module):
    """A decoder that keeps its codes and answers with even grey, through a weight of the code."""

    def forward(self, z: Tensor) -> Tensor:
        self.z = z
        return z.sum(1)[:, None, None, None].expand(-1, 1, 28, 28)


def test_kl_is_torchs_and_is_zero_at_the_prior() -> None:
    ours = codes.kl(MEAN, LOGVAR)
    one = torch.distributions.Normal(torch.from_numpy(MEAN), torch.from_numpy(np.exp(LOGVAR / 2)))
    theirs = torch.distributions.kl_divergence(one, torch.distributions.Normal(0.0, 1.0))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert ours[0, 0] == 0
    assert (ours[0, 1:] > 0).all()


def test_kl_is_what_a_million_draws_say() -> None:
    sigma = np.exp(LOGVAR / 2)
    z = MEAN + sigma * np.random.default_rng(0).standard_normal((1_000_000, 3))
    log_q = -((z - MEAN) ** 2) / (2 * sigma**2) - np.log(sigma)
    np.testing.assert_allclose((log_q + z**2 / 2).mean(0), codes.kl(MEAN, LOGVAR)[0], atol=0.01)


def test_a_plain_code_costs_nothing() -> None:
    assert not codes.kl(MEAN, np.full_like(LOGVAR, -np.inf)).any()


def test_the_loss_uses_the_same_kl_and_cross_entropy() -> None:
    model = fresh(VaeConfig(width=4), generator(0))
    pictures = shapes.load(5, 0)[0]
    x = torch.from_numpy(pictures / 255.0).float()[:, None]
    kept: list[Tensor] = []
    model.decoder.register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
    terms = losses(model, x, random=generator(1))
    np.testing.assert_allclose(terms.kl.detach(), codes.kl(*codes.encode(model, pictures)), rtol=1e-4, atol=1e-6)
    ours = codes.cross_entropy(pictures, codes.decode(model, kept[0].detach().numpy())).sum((1, 2))
    np.testing.assert_allclose(terms.reconstruction.detach(), ours, rtol=1e-4)


def test_draws_have_the_mean_and_sigma_of_the_encoder_and_carry_its_gradient() -> None:
    model = fresh(VaeConfig(latent=3, width=4), generator(0))
    model.decoder = Kept()
    mean = torch.tensor(MEAN, dtype=torch.float32, requires_grad=True)
    logvar = torch.tensor(LOGVAR, dtype=torch.float32, requires_grad=True)
    model.encode = lambda x: (mean.expand(len(x), -1), logvar.expand(len(x), -1))  # type: ignore[method-assign]
    terms = losses(model, torch.full((8000, 1, 28, 28), 0.25), random=generator(2))
    z = model.decoder.z.detach()
    np.testing.assert_allclose(z.mean(0), MEAN[0], atol=0.05)
    np.testing.assert_allclose(z.std(0), np.exp(LOGVAR[0] / 2), rtol=0.03)
    terms.reconstruction.mean().backward()
    assert mean.grad is not None
    assert logvar.grad is not None
    assert mean.grad.abs().min() > 0
    assert logvar.grad.abs().min() > 0


def test_plain_kinds_decode_the_mean_and_only_denoising_sees_noise() -> None:
    x = torch.from_numpy(shapes.load(4, 0)[0] / 255.0).float()[:, None]
    seen = {}
    for kind in ("ae", "dae"):
        model = fresh(VaeConfig(kind, width=4), generator(0))  # type: ignore[arg-type]
        model.encoder.register_forward_pre_hook(lambda _, inputs, kind=kind: seen.update({kind: (inputs[0] + 1) / 2}))
        terms = losses(model, x, random=generator(0))
        assert not terms.kl.any()
    torch.testing.assert_close(seen["ae"], x)
    assert (seen["dae"] - x).abs().mean() > 0.05
    assert seen["dae"].min() >= 0
    assert seen["dae"].max() <= 1


def test_the_elbo_is_below_the_evidence_by_the_kl_to_the_true_posterior() -> None:
    """log p(x) = ELBO + KL(q || p(z | x)), all three by summing over a fine grid of the one latent number."""
    model = fresh(VaeConfig(latent=1, width=4), generator(3))
    with torch.no_grad():
        model.decoder[0].weight *= 30  # so that the code matters
    x = shapes.load(1, 0)[0]
    z = np.linspace(-9, 9, 3001, dtype=np.float32)[:, None]
    step = 18 / 3000
    log_likelihood = -codes.cross_entropy(np.repeat(x, len(z), 0), codes.decode(model, z)).sum((1, 2))
    log_prior = -(z[:, 0].astype(np.float64) ** 2 + np.log(2 * np.pi)) / 2
    joint = log_likelihood + log_prior
    log_evidence = joint.max() + np.log(np.exp(joint - joint.max()).sum() * step)
    mean, logvar = (float(part[0, 0]) for part in codes.encode(model, x))
    log_q = -((z[:, 0] - mean) ** 2 / np.exp(logvar) + logvar + np.log(2 * np.pi)) / 2
    q = np.exp(log_q) * step
    elbo = (q * log_likelihood).sum() - float(codes.kl(np.array([[mean]]), np.array([[logvar]])).sum())
    gap = (q * (log_q - (joint - log_evidence))).sum()
    assert gap > 0.1
    assert elbo < log_evidence
    assert elbo + gap == pytest.approx(log_evidence, abs=1e-3)


def test_a_perfect_picture_costs_its_floor_and_another_more() -> None:
    x, other = shapes.load(2, 0)[0][:, None]
    assert codes.cross_entropy(x, x / 255.0).sum() == pytest.approx(codes.floor(x)[0])
    assert codes.cross_entropy(x, other / 255.0).sum() > codes.floor(x)[0]


def test_beta_rises_over_the_first_tenth_and_is_nothing_to_plain_kinds() -> None:
    cfg = TrainConfig(VaeConfig(beta=4.0), steps=100)
    assert [beta_at(cfg, step) for step in (1, 5, 10, 11, 100)] == pytest.approx([0.4, 2.0, 4.0, 4.0, 4.0])
    assert beta_at(TrainConfig(VaeConfig("dae", beta=4.0), steps=100), 50) == 0


def _trained(beta: float, kind: str = "vae") -> list[tuple[float, float]]:
    images = torch.from_numpy(shapes.load(600, 0)[0])
    cfg = TrainConfig(VaeConfig(kind, 2, beta, width=4), steps=120, batch_size=32, learning_rate=5e-3)  # type: ignore[arg-type]
    reports = list(train(Training(cfg), images, every=20))
    return [(report.reconstruction, sum(report.kl)) for report in reports]


def test_training_lowers_the_loss_and_beta_weighs_the_kl() -> None:
    light, heavy = _trained(0.0), _trained(50.0)
    assert light[-1][0] < 0.6 * light[0][0]
    assert heavy[-1][0] < heavy[0][0]
    assert heavy[-1][1] < 0.2 * light[-1][1]
    assert heavy[-1][0] > light[-1][0], "what the KL takes, the reconstruction loses"


def test_training_is_the_same_for_the_same_seed_whatever_others_draw() -> None:
    images = torch.from_numpy(shapes.load(200, 0)[0])

    def reports(seed: int) -> list[float]:
        cfg = TrainConfig(VaeConfig(width=4), steps=6, batch_size=16, seed=seed)
        start = fresh(cfg.model, generator(seed))
        return [report.reconstruction for report in train(Training(cfg, start), images, every=2)]

    torch.manual_seed(1)
    first = reports(0)
    torch.manual_seed(2)
    assert reports(0) == first
    assert reports(1) != first


def test_the_card_of_a_model_adds_up(tiny) -> None:  # type: ignore[no-untyped-def]
    pictures = shapes.load(600, 0)[0]
    found = export.measure(tiny("vae", 3), pictures)
    assert found["elbo_nats"] == pytest.approx(-found["reconstruction_nats"] - found["kl_nats"], abs=0.02)
    assert sum(found["kl_per_dimension"]) == pytest.approx(found["kl_nats"], abs=1e-3)
    assert found["active_units"] == sum(value > codes.ACTIVE for value in found["variance_of_mean"])
    assert found["reconstruction_nats"] > found["floor_nats"]
    assert export.measure(tiny("ae", 3), pictures)["elbo_nats"] is None


def test_a_history_is_thinned_to_its_ends_and_some_between() -> None:
    history = [(step, 2.0, 1.0, 0.5) for step in range(50, 3650, 50)]
    kept = [entry["step"] for entry in export.thin(history)]
    assert (kept[0], kept[-1], len(kept)) == (50, 3600, export.HISTORY)
    assert len(export.thin(history[:3])) == 3


def test_ten_models_are_trained_and_each_has_its_own_configuration() -> None:
    configs = [config_of(name).model for name in names()]
    assert len(set(configs)) == 10
    assert {config.beta for config in configs if config.kind == "vae"} == {1.0, 4.0, 12.0}
