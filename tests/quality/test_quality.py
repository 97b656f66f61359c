"""The measures against cases whose answer is known; tables, sheets and the command against the cards."""

from __future__ import annotations

import importlib.machinery
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from genai_demo import cli
from genai_demo.core import registry
from genai_demo.core.errors import DemoError
from genai_demo.data import shapes
from genai_demo.inputs.pictures import sample_picture
from genai_demo.quality import measures, reports, sheets, tables


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
    pictures = np.stack([sample_picture(i) for i in range(100)])
    real, other = measures.features(pictures[::2]), measures.features(pictures[1::2])
    noise = measures.features(np.random.default_rng(0).integers(256, size=(50, 28, 28)).astype(np.uint8))
    assert measures.frechet(real, other) < measures.frechet(real, noise) / 3
    assert measures.density_coverage(real, other)[1] > 0.5 > measures.density_coverage(real, noise)[1]


@pytest.mark.parametrize("name", tables.names())
def test_the_table_in_the_readme_is_that_of_the_cards(name) -> None:
    assert tables.shown(name) == tables.render(name).strip()


@pytest.fixture
def toy(monkeypatch, tmp_path):
    """A package "toy" that has measured quality; its module and folder."""
    package, quality = ModuleType("toy"), ModuleType("toy.quality")
    package.__path__, package.SPECS = [str(tmp_path)], ()
    package.__file__ = str(tmp_path / "__init__.py")
    (tmp_path / "quality.py").touch()
    quality.measure = lambda samples, watch: {"asked": samples, "items": list(watch([1, 2], "measure"))}
    quality.table = lambda: tables.table(["what", "found"], [["a", tables.percent(0.5)]])
    monkeypatch.setitem(sys.modules, "toy", package)
    monkeypatch.setitem(sys.modules, "toy.quality", quality)
    monkeypatch.setattr(registry, "packages", lambda: {"toy": package})
    quality.__spec__ = importlib.machinery.ModuleSpec("toy.quality", None)
    return quality, tmp_path


def test_an_architecture_is_measured_by_its_quality_module_alone(toy) -> None:
    quality, folder = toy
    readme = folder / "README.md"
    with pytest.raises(DemoError, match=r"README.md needs one line <!-- quality -->"):
        reports.measure("toy")
    readme.write_text("above\n\n<!-- quality -->\nold\n<!-- /quality -->\n\nbelow\n")
    assert reports.measure("toy", 300) == {"asked": 300, "items": [1, 2]}
    written = "| what | found |\n| --- | ---: |\n| a | 50.0 % |"
    assert readme.read_text() == f"above\n\n<!-- quality -->\n{written}\n<!-- /quality -->\n\nbelow\n"
    tables.fill("toy")
    assert readme.read_text().count("| a |") == 1
    assert tables.shown("toy") == tables.render("toy") == written
    quality.table = lambda: {}["frechet"]
    with pytest.raises(DemoError, match=r"'frechet' of toy is not measured; `python -m genai_demo quality toy`"):
        tables.render("toy")
    with pytest.raises(DemoError, match=r"architecture is other; choose one of toy, lab"):
        tables.render("other")


def test_a_sheet_has_whole_rows(toy) -> None:
    rows = [np.full((sheets.SHOWN + 3, 4, 4), 200, np.uint8), np.full((2, 4, 4), 100, np.uint8)]
    drawn = np.array(Image.open(sheets.write("toy", rows)))
    assert drawn.shape[:2] == (2 * 4 * sheets.TIMES, sheets.SHOWN * 4 * sheets.TIMES)
    assert (drawn[:8] == 200).all()
    assert (drawn[8:, :16] == 100).all()
    assert (drawn[8:, 16:] == 0).all()


def test_tables_are_made_without_model_libraries() -> None:
    """Pages make them while the app is built."""
    code = "from genai_demo.quality import tables; [tables.render(name) for name in tables.names()]; import sys"
    tell = "print({'torch', 'transformers', 'diffusers', 'plotly', 'faiss'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", f"{code}; {tell}"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_what_can_not_be_measured_is_refused_before_any_work(capsys) -> None:
    assert cli.main(["quality", "nothing"]) == 2
    assert f"choose one of {', '.join(tables.names())}" in capsys.readouterr().err
    assert cli.main(["quality", tables.names()[0], "--samples", "3"]) == 2
    assert "samples is 3; choose 100 to 20000" in capsys.readouterr().err


@pytest.mark.parametrize(
    "items", [["a", "b"], [("a", 1), ("b", 2)], [registry.Laboratory(f"{i}", "", "") for i in (0, 1)]]
)
def test_the_progress_bar_passes_everything_on(items) -> None:
    assert list(cli.bar(items, "measure")) == items
