"""The measures against cases whose answer is known, the tables in the READMEs against the cards, shipping."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from genai_demo import cli
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.data import fashion_mnist, shapes
from genai_demo.diffusion import model as denoiser
from genai_demo.diffusion import train as diffusion
from genai_demo.inputs import pictures as inputs
from genai_demo.quality import measures, reports, tables
from genai_demo.vae import bundle
from genai_demo.vae import train as vae


def normal(seed: int, n: int = 4000, d: int = 6) -> np.ndarray:
    """Standard normal rows whose sample mean is exactly 0 and covariance exactly 1."""
    x = np.random.default_rng(seed).normal(size=(n, d))
    x -= x.mean(0)
    return np.asarray(x @ np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False))).T)


def test_frechet_of_a_set_with_itself_is_zero() -> None:
    x = np.random.default_rng(0).normal(size=(300, 8)) * 5 + 2
    assert measures.frechet(x, x) == pytest.approx(0, abs=1e-8)
    assert measures.frechet(x[:5], x[:5]) == pytest.approx(0, abs=1e-8)  # a singular covariance


def test_frechet_of_gaussians_is_the_formula() -> None:
    a, b = normal(0), normal(1)
    shift = np.arange(6.0)
    assert measures.frechet(a, b + shift) == pytest.approx(np.square(shift).sum(), rel=1e-6)
    scale = np.array([0.5, 1, 2, 3, 1, 1])
    assert measures.frechet(a, b * scale) == pytest.approx(np.square(scale - 1).sum(), rel=1e-6)
    assert measures.frechet(b * scale + shift, a) == pytest.approx(measures.frechet(a, b * scale + shift))


def test_frechet_of_covariances_that_do_not_commute() -> None:
    """In two dimensions tr((AB)^(1/2))^2 = tr(AB) + 2 det(AB)^(1/2)."""
    a = normal(0, d=2) @ np.array([[2, 0.5], [0, 1]])
    b = normal(1, d=2) @ np.array([[1, 0], [-1.5, 0.7]])
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.sqrt(np.trace(cov_a @ cov_b) + 2 * np.sqrt(np.linalg.det(cov_a @ cov_b)))
    assert measures.frechet(a, b) == pytest.approx(np.trace(cov_a + cov_b) - 2 * root, rel=1e-6)


def test_density_and_coverage_where_they_are_known() -> None:
    x = np.random.default_rng(0).normal(size=(700, 4))
    _, coverage = measures.density_coverage(x, x)
    assert coverage == 1
    assert measures.density_coverage(x, x + 1000) == (0, 0)
    density, coverage = measures.density_coverage(x, np.random.default_rng(1).normal(size=(700, 4)))
    assert density == pytest.approx(1, abs=0.15)
    assert coverage == pytest.approx(1 - 2**-5, abs=0.03)


def test_a_dropped_mode_halves_coverage_but_not_density() -> None:
    random = np.random.default_rng(0)
    real = random.normal(size=(600, 3)) + np.repeat([[0.0], [50.0]], 300, 0)
    fake = random.normal(size=(600, 3))  # the first mode alone
    density, coverage = measures.density_coverage(real, fake)
    assert coverage == pytest.approx(0.5, abs=0.02)
    assert density > 0.7
    with pytest.raises(ValueError, match="neighbour"):
        measures.density_coverage(real[:5], fake)


def test_density_coverage_agrees_with_the_definition_point_by_point() -> None:
    random = np.random.default_rng(3)
    real, fake, k = random.normal(size=(40, 2)), random.normal(size=(30, 2)) * 0.6, 3
    inside = np.zeros((40, 30), bool)
    for i, centre in enumerate(real):
        radius = sorted(np.linalg.norm(np.delete(real, i, 0) - centre, axis=1))[k - 1]
        inside[i] = np.linalg.norm(fake - centre, axis=1) < radius
    found = measures.density_coverage(real, fake, k)
    assert found == pytest.approx((inside.sum() / (k * 30), inside.any(1).mean()))


def test_nearest_finds_planted_copies(monkeypatch) -> None:
    monkeypatch.setattr(measures, "BLOCK", 37)  # several blocks and batches
    monkeypatch.setattr(measures, "BATCH", 4)
    training, _ = shapes.load(100, seed=0)
    fake, _ = shapes.load(10, seed=1)
    planted = {2: 5, 7: 99, 9: 40}
    for place, copied in planted.items():
        fake[place] = training[copied]
    fake[4] = np.clip(training[60].astype(int) + 3, 0, 255)
    distance, index = measures.nearest(fake, training)
    assert {i: int(index[i]) for i in planted} == planted
    assert set(np.flatnonzero(distance == 0)) == set(planted)
    assert index[4] == 60
    every = np.sqrt(np.square(fake[:, None] / 255.0 - training[None] / 255.0).sum((2, 3)))
    assert np.allclose(distance, every.min(1))


def test_memorised_samples_are_told_from_new_ones() -> None:
    train, test, new = (shapes.load(count, seed)[0] for seed, count in enumerate((400, 200, 200)))
    real = measures.Reference(test, train, np.empty(0), np.empty(0), {})
    fresh, copied = measures.memorised(real, new), measures.memorised(real, train[:200])
    assert fresh["below_median"] == pytest.approx(0.5, abs=0.15)
    assert copied["below_median"] == copied["below_percentile"] == 1
    assert copied["nearest_median"] == 0 < copied["nearest_median_test"]


def test_even_takes_as_many_of_each_class_and_none_twice() -> None:
    labels = np.random.default_rng(0).integers(10, size=500)
    pick = measures.even(labels, 105)
    assert len(set(pick)) == len(pick) == 100
    assert np.array_equal(labels[pick], np.repeat(np.arange(10), 10))


def test_the_features_put_pictures_of_a_class_together() -> None:
    """Real pictures score better against real ones of other classes' mix than noise does, in every measure."""
    pictures = np.stack([inputs.sample_picture(i) for i in range(100)])
    real, other = measures.features(pictures[::2]), measures.features(pictures[1::2])
    noise = measures.features(np.random.default_rng(0).integers(256, size=(50, 28, 28)).astype(np.uint8))
    assert measures.frechet(real, other) < measures.frechet(real, noise) / 3
    assert measures.density_coverage(real, other)[1] > 0.5 > measures.density_coverage(real, noise)[1]


def test_the_recipes_draw_evenly_and_no_seed_twice() -> None:
    made = list(reports.recipes(605, {"steps": 7}))
    counts = np.zeros(10, int)
    for label, recipe in made:
        counts[label] += recipe.options["samples"]
        assert recipe.options["label"] == fashion_mnist.CLASSES[label]
        assert recipe.options["samples"] <= 25
    assert counts.tolist() == [60] * 10
    assert len({recipe.seed for _, recipe in made}) == len(made) == 30


def test_what_is_measured_is_what_the_recipe_gives() -> None:
    parts = list(reports.draw(20, {"steps": 2}))
    assert [part.label for part in parts] == list(range(10))
    assert [(part.index, part.total) for part in parts] == [(i, 10) for i in range(10)]
    *_, last = run(Recipe("diffusion/denoise", {"steps": 2, "samples": 2, "label": "dress"}, seed=3))
    assert np.array_equal(parts[3].pictures, last.x)


@pytest.mark.parametrize("name", reports.MEASURES)
def test_the_table_in_the_readme_is_that_of_the_cards(name) -> None:
    assert tables.shown(name) == tables.render(name).strip()


def test_a_table_is_filled_in_and_the_rest_left_alone(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    monkeypatch.setattr(tables, "render", lambda name: "| a |\n| --- |")
    readme = tmp_path / "vae" / "README.md"
    readme.parent.mkdir()
    with pytest.raises(DemoError, match="README"):
        tables.fill("vae")
    readme.write_text("above\n\n<!-- quality -->\nold\n<!-- /quality -->\n\nbelow\n")
    tables.fill("vae")
    assert readme.read_text() == "above\n\n<!-- quality -->\n| a |\n| --- |\n<!-- /quality -->\n\nbelow\n"
    tables.fill("vae")
    assert readme.read_text().count("| a |") == 1


def test_what_can_not_be_measured_is_refused_before_any_work(capsys) -> None:
    assert cli.main(["quality", "nothing"]) == 2
    assert "choose one of diffusion, vae, gan, classifier, lab" in capsys.readouterr().err
    assert cli.main(["quality", "classifier", "--samples", "3"]) == 2
    assert "samples is 3; choose 100 to 20000" in capsys.readouterr().err


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
    saved = torch.load(few / "home" / "train" / "diffusion" / "last.pt", weights_only=True)
    assert all(torch.equal(value, saved["average"][name].half().float()) for name, value in model.state_dict().items())
    assert list(diffusion.train_all(cfg, out=few)) == []
    with pytest.raises(DemoError, match="other settings"):
        next(diffusion.train_all(diffusion.TrainConfig(steps=4, batch_size=4), out=few))


def test_the_autoencoders_are_trained_one_by_one_and_go_on_where_they_were(few, monkeypatch) -> None:
    monkeypatch.setattr(vae, "VARIANTS", {name: vae.VARIANTS[name] for name in ("ae", "vae")})
    monkeypatch.setattr(vae, "REPORT", 2)
    first = vae.train_all(steps=2, out=few)
    seen = [next(first), next(first)]
    first.close()  # in the middle of the second
    seen += vae.train_all(steps=2, out=few)
    assert [report.model for report in seen] == ["ae-2", "vae-2", "vae-2", "ae-16", "vae-16"]
    assert (seen[-1].index, seen[-1].total) == (6, 6)
    assert all(np.isfinite(report.loss) for report in seen)
    assert bundle.build(few / "vae-16.safetensors").config.latent == 16
    before = (few / "ae-2.json").read_text()
    (few / "ae-2.json").write_text(before.replace('"quality"', '"kept": 1,\n "quality"'))
    (few / "vae-2.json").unlink()
    assert list(vae.train_all(steps=2, out=few)) == []
    assert '"kept"' in (few / "ae-2.json").read_text()
    assert (few / "vae-2.json").exists()


@pytest.mark.parametrize(
    "items", [["a", "b"], [("a", 1), ("b", 2)], [reports.Drawn(i, 2, 0, np.empty(0)) for i in (0, 1)]]
)
def test_the_progress_bar_passes_everything_on(items) -> None:
    assert list(cli.bar(items, "measure")) == items
