"""Each run from recipe to frames, on the shipped weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import pack
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import find_spec
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.inputs.pictures import encode_picture, sample_picture
from genai_demo.results.files import stacked, steady
from genai_demo.vae import codes, latent_plane, live, study
from genai_demo.vae.train import VaeStep

SMALL: dict[str, dict[str, Any]] = {
    "vae/encode": {"samples": 3},
    "vae/decode": {"x": 0.5},
    "vae/manifold": {"size": 3},
    "vae/interpolate": {"steps": 5},
    "vae/sample": {"count": 4, "steps": 3},
    "vae/dimensions": {"across": 3},
    "vae/compare": {"steps": 2},
    "vae/checkpoints": {"size": 2},
    "vae/train": {"steps": 20, "batch_size": 8},
}
RANDOM = ("vae/encode", "vae/sample", "vae/compare", "vae/train")


def frames(name: str, seed: int = 0, model: str | None = None, **options: Any) -> list[Any]:
    return list(run(Recipe(name, {**SMALL[name], **options}, seed, model)))


def same(one: list[Any], other: list[Any]) -> bool:
    a, b = stacked(one), stacked(other)
    equal = a.keys() == b.keys() and all(np.array_equal(a[key], b[key]) for key in a)
    return equal and [steady(frame) for frame in one] == [steady(frame) for frame in other]


def cell(grid: np.ndarray, row: int, column: int) -> np.ndarray:
    return grid[0, 28 * row : 28 * row + 28, 28 * column : 28 * column + 28]


@pytest.mark.parametrize("name", SMALL)
def test_a_run_depends_on_its_recipe_alone(name: str) -> None:
    one = frames(name)
    assert same(one, frames(name))
    assert same(one, frames(name, seed=1)) == (name not in RANDOM)
    assert [frame.index for frame in one] == list(range(one[0].total))
    assert all(pack(frame)["lanes"] for frame in one)


@pytest.mark.parametrize("model", ["vae/vae-2", "vae/vae-16", "vae/ae-16"])
def test_encode(model: str) -> None:
    found = frames("vae/encode", model=model, picture="sample:84", samples=8)
    last, k = found[-1], int(model.split("-")[1])
    assert last.kl.shape == last.mean.shape == last.sigma.shape == (k,)
    assert last.from_draws.shape == (8, 28, 28)
    assert last.draws.shape == last.near_draws.shape == (8, 2)
    assert found[0].known.shape == (1000, 2)
    assert last.known is None, "grey points are sent once"
    moved = last.ellipse - last.near_ellipse
    np.testing.assert_allclose(moved[0, 0], last.draws[0] - last.near_draws[0], atol=1e-4)
    assert 1 <= last.across <= k
    assert last.across != last.upwards
    if model == "vae/ae-16":
        assert last.elbo is None
        assert not last.sigma.any()
        assert (last.from_draws == last.from_mean).all()
    else:
        assert (last.sigma > 0).all()
        nats = np.mean([frame.reconstruction_nats for frame in found])
        assert last.elbo == pytest.approx(-nats - last.kl_nats, abs=0.01)
        assert last.kl.sum() == pytest.approx(last.kl_nats, abs=1e-3)


def test_encode_takes_a_drawing() -> None:
    drawing = np.zeros((28, 28), np.uint8)
    drawing[5:20, 8:20] = 255
    frame = frames("vae/encode", picture=encode_picture(drawing))[-1]
    np.testing.assert_array_equal(frame.given[0], drawing)
    blank = frames("vae/encode", picture=encode_picture(np.zeros((28, 28), np.uint8)))[-1]
    assert np.isfinite(blank.reconstruction_nats)


def test_decode_names_what_lies_there() -> None:
    model = load(find_spec("vae/vae-2"))
    known = codes.known(model)
    x, y = (float(value) for value in known.mean[7])
    frame = frames("vae/decode", x=x, y=y)[0]
    assert frame.label == CLASSES[known.label[7]]
    assert frame.distance == pytest.approx(0, abs=1e-3)
    assert frame.log_prior == pytest.approx(-(x**2 + y**2) / 2 - np.log(2 * np.pi), abs=1e-3)
    assert frames("vae/decode", model="vae/ae-2")[0].log_prior is None


def test_every_cell_of_the_manifold_is_its_own_place() -> None:
    model = load(find_spec("vae/vae-2"))
    found = frames("vae/manifold", size=6, extent=2.0)
    assert len(found) == 6
    assert not found[0].grid[0, 28:].any(), "rows not decoded yet are black"
    for row, column in ((0, 0), (0, 5), (2, 3), (5, 0)):
        point = latent_plane.decode_point(model, -2 + 0.8 * column, 2 - 0.8 * row)
        assert np.abs(cell(found[-1].grid, row, column) - point.astype(float)).max() <= 3


def test_samples_start_alike_and_grow_apart() -> None:
    found = frames("vae/sample", count=6, steps=4)
    spread = [frame.spread for frame in found]
    assert spread == sorted(spread)
    cold = frames("vae/sample", count=6, temperature=0)[-1]
    assert cold.spread == 0
    assert (cold.drawn == cold.drawn[0]).all()


def test_interpolate_goes_from_one_picture_to_the_other() -> None:
    model = load(find_spec("vae/vae-16"))
    found = frames("vae/interpolate", start="sample:93", end="sample:15", steps=21)
    ends = np.stack([sample_picture(93), sample_picture(15)])
    back = codes.draw(model, codes.encode(model, ends)[0])
    for frame, end in ((found[0], back[0]), (found[-1], back[1])):
        for picture in (frame.straight, frame.spherical, frame.through_data):
            assert np.abs(picture[0] - end.astype(float)).max() <= 3
    assert found[10].straight_length < found[10].spherical_length
    assert np.mean([f.data_distance for f in found]) < np.mean([f.straight_distance for f in found])
    assert found[0].walked[0, :, 28:].max() == 0
    np.testing.assert_array_equal(cell(found[-1].walked, 2, 8), found[-1].through_data[0])
    np.testing.assert_array_equal(cell(found[-1].walked, 1, 4), found[10].spherical[0])


@pytest.mark.parametrize("latent", [2, 16])
def test_compare_shows_where_denoising_helps(latent: int) -> None:
    clean, noisy = frames("vae/compare", picture="sample:84", strength=0.5, latent=latent)
    np.testing.assert_array_equal(clean.given[0], sample_picture(84))
    assert noisy.dae_error < noisy.ae_error
    assert noisy.vae_strange > clean.vae_strange
    assert noisy.vae_strange > 95
    error = float(np.sqrt(np.square(noisy.vae[0] - sample_picture(84).astype(float)).mean()))
    assert noisy.vae_error == pytest.approx(error, abs=0.5)


def test_dimensions_tell_used_from_collapsed() -> None:
    found = frames("vae/dimensions", model="vae/vae-16", across=5)
    assert len(found) == 16
    assert found[0].active + found[0].collapsed == 16
    assert found[0].active == (found[0].variance > codes.ACTIVE).sum()
    used = found[0].variance > codes.ACTIVE
    moves = np.array([np.abs(cell(f.moved, 0, 0) - cell(f.moved, 0, 4).astype(float)).mean() for f in found])
    assert moves[used].min() > 3 * moves[~used].max(), "a collapsed number changes next to nothing"
    assert min(f.changed.min() for f, one in zip(found, used) if not one) > 200, "and its change is drawn pale"
    assert found[0].kl[used].min() > found[0].kl[~used].max()
    assert found[0].lost[used].min() > found[0].lost[~used].max()
    assert [frame.kl_here for frame in found] == pytest.approx(found[0].kl.tolist())


def test_the_kl_bars_of_a_plain_kind_are_empty() -> None:
    assert not frames("vae/dimensions", model="vae/ae-16")[0].kl.any()


def test_checkpoints_end_with_the_shipped_model() -> None:
    found = frames("vae/checkpoints")
    steps = [frame.step for frame in found]
    assert steps == sorted(set(steps))
    assert steps[0] == 0
    assert found[-1].reconstruction < 0.7 * found[0].reconstruction
    shown = np.stack([sample_picture(i) for i in study.SHOWN])
    np.testing.assert_array_equal(found[-1].shown, shown)
    model = load(find_spec("vae/vae-2"))
    again = codes.draw(model, codes.encode(model, shown)[0])
    assert np.abs(found[-1].back - again.astype(float)).mean() < 1
    assert found[-1].kl_each.sum() == pytest.approx(found[-1].kl, abs=1e-3)


def test_live_training_reduces_the_loss() -> None:
    found = frames("vae/train", steps=150, batch_size=16)
    assert len(found) <= live.FRAMES
    assert found[-1].step == 150
    assert np.mean([f.loss for f in found[-10:]]) < 0.5 * found[0].loss
    assert found[-1].loss == pytest.approx(found[-1].reconstruction + found[-1].beta * found[-1].kl, rel=1e-4)
    assert found[0].beta < found[-1].beta == 1
    assert found[-1].kl > found[0].kl


@pytest.mark.parametrize(("kind", "latent"), [("ae", 1), ("dae", 3), ("vae", 16)])
def test_live_training_of_every_kind(kind: str, latent: int) -> None:
    frame = frames("vae/train", kind=kind, latent=latent)[-1]
    assert frame.at.shape == (live.HELD, 2)
    assert frame.drawn.shape == (1, 28 * live.GRID, 28 * live.GRID)
    assert frame.kl_each.shape == (latent,)
    assert (frame.kl > 0) == (kind == "vae")


def test_live_training_is_cut_to_whole_strides_and_may_be_left() -> None:
    assert live.stride(20) == 1
    assert live.stride(3000) == 20
    training = run(Recipe("vae/train", {"steps": 301, "batch_size": 8}))
    first = next(training)
    assert first.total * live.stride(301) <= 301
    training.close()  # type: ignore[attr-defined]


def test_live_training_on_the_other_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    given = np.full((5000, 28, 28), 90, np.uint8)
    monkeypatch.setattr(live.fashion_mnist, "load", lambda split: (given, np.zeros(5000, int)))
    assert (frames("vae/train", data="fashion-mnist")[0].shown == 90).all()


def test_training_that_loses_its_footing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "train", lambda *a, **k: iter([VaeStep(1, 20, float("nan"), 0.1, 0.0, (0.0, 0.0))]))
    with pytest.raises(DemoError, match="lower learning_rate"):
        frames("vae/train")


@pytest.mark.parametrize(
    ("name", "bad", "says"),
    [
        ("vae/encode", {"picture": "sample:100"}, "sample:99"),
        ("vae/encode", {"picture": "not base64!"}, "base64"),
        ("vae/encode", {"picture": ""}, "empty"),
        ("vae/encode", {"samples": 0}, "samples is 0"),
        ("vae/decode", {"x": 9}, "x is 9"),
        ("vae/decode", {"first": 3}, "2 latent dimensions"),
        ("vae/manifold", {"first": 1, "second": 1}, "both 1"),
        ("vae/interpolate", {"end": "sample:x"}, "sample:0"),
        ("vae/compare", {"corruption": "rain"}, "stripes"),
        ("vae/compare", {"latent": 3}, "latent is 3"),
        ("vae/dimensions", {"depth": 3}, "depth"),
        ("vae/train", {"beta": 51}, "0 to 50"),
        ("vae/train", {"learning_rate": float("inf")}, "learning_rate"),
    ],
)
def test_what_can_not_be_had_is_refused_in_a_sentence(name: str, bad: dict[str, Any], says: str) -> None:
    with pytest.raises(DemoError, match=says):
        frames(name, **bad)
