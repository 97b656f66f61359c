"""The plane of two latent numbers: which they are, there and back, and what a page draws on it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import find_spec
from genai_demo.inputs.pictures import sample_picture
from genai_demo.vae import codes, latent_plane
from genai_demo.vae.drawing import grid_points, signed
from genai_demo.vae.encode import ellipses
from genai_demo.vae.model import Autoencoder

Shipped = Callable[[str], Autoencoder]
Tiny = Callable[..., Autoencoder]


def test_the_plane_is_that_of_the_two_most_used_numbers(shipped: Shipped) -> None:
    model = shipped("vae-16")
    flat = codes.plane(model)
    assert {flat.first, flat.second} == set(np.argsort(-codes.used(model))[:2])
    assert codes.used(model)[[flat.first, flat.second]].min() > codes.ACTIVE


def test_a_chosen_number_goes_where_it_was_asked_for(shipped: Shipped) -> None:
    flat = codes.plane(shipped("vae-16"), 5, 2)
    assert (flat.first, flat.second) == (4, 1)
    best = int(codes.used(shipped("vae-16")).argmax())
    assert codes.plane(shipped("vae-16"), best + 1).first == best
    assert codes.plane(shipped("vae-16"), best + 1).second != best


@pytest.mark.parametrize(
    ("first", "second", "says"), [(3, 0, "choose 0 to 2"), (0, 9, "second is 9"), (2, 2, "both 2")]
)
def test_a_plane_that_is_not_there_is_refused(first: int, second: int, says: str, tiny: Tiny) -> None:
    with pytest.raises(DemoError, match=says):
        codes.plane(tiny(), first, second)


@pytest.mark.parametrize("kind", ["vae", "ae"])
def test_there_and_back(kind: str, tiny: Tiny) -> None:
    model = tiny(kind, 3)
    flat = codes.plane(model, 3, 1)
    points = np.array([[0, 0], [1.5, -2]], np.float32)
    np.testing.assert_allclose(flat.flat(flat.latent(points)), points, atol=1e-5)
    base = np.array([9.0, 8, 7], np.float32)
    assert (flat.latent(points, base)[:, 1] == 8).all()


def test_codes_of_a_plain_kind_are_measured_in_their_own_spread(tiny: Tiny) -> None:
    model = tiny("ae")
    at = codes.plane(model).flat(codes.known(model).mean)
    np.testing.assert_allclose(at.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(at.std(0), 1, rtol=1e-3)


def test_a_pages_point_is_the_runs_picture() -> None:
    model = load(find_spec("vae/vae-2"))
    frame = next(run(Recipe("vae/decode", {"x": -1.2, "y": 0.7}, model="vae/vae-2")))
    picture = latent_plane.decode_point(model, -1.2, 0.7)
    assert (picture.shape, picture.dtype) == ((28, 28), np.uint8)
    np.testing.assert_array_equal(picture, frame.decoded[0])


@pytest.mark.parametrize("bad", [{"x": 9.0}, {"y": float("nan")}, {"first": 17}, {"first": 3}])
def test_a_point_beyond_the_plane_is_refused(bad: dict[str, float], tiny: Tiny) -> None:
    with pytest.raises(DemoError, match=next(iter(bad))):
        latent_plane.decode_point(tiny(), **{"x": 0.0, "y": 0.0, **bad})  # type: ignore[arg-type]


def test_the_background_is_the_test_codes(shipped: Shipped) -> None:
    model = shipped("vae-2")
    found = latent_plane.background(model)
    np.testing.assert_array_equal(found.points, codes.known(model).mean)
    np.testing.assert_array_equal(found.labels, codes.known(model).label)
    assert (found.across, found.upwards, found.limit) == (1, 2, codes.PLANE)
    assert (np.abs(found.points) < found.limit).all(1).mean() > 0.98


def test_a_pictures_ellipse_is_its_gaussian(shipped: Shipped) -> None:
    model = shipped("vae-2")
    frame = next(run(Recipe("vae/encode", {"picture": "sample:27", "samples": 1}, model="vae/vae-2")))
    mean, logvar = codes.encode(model, sample_picture(27)[None])
    np.testing.assert_allclose(frame.ellipse[0].mean(0), mean[0], atol=0.05)
    np.testing.assert_allclose(np.ptp(frame.ellipse[0], axis=0) / 2, np.exp(logvar[0] / 2), rtol=0.05)


def test_a_plain_kind_has_a_point_for_an_ellipse(tiny: Tiny) -> None:
    model = tiny("ae")
    lines = ellipses(codes.plane(model), codes.encode(model, np.zeros((1, 28, 28), np.uint8))[0][0], np.zeros(2))
    assert np.ptp(lines, axis=1).max() == 0


def test_grid_points_run_down_and_across() -> None:
    at = grid_points(3, 2.0).reshape(3, 3, 2)
    np.testing.assert_array_equal(at[0, 0], [-2, 2])
    np.testing.assert_array_equal(at[-1, -1], [2, -2])


@pytest.mark.parametrize("sign", [1, -1])
def test_signed_colours_keep_their_meaning_where_all_have_one_sign(sign: int) -> None:
    shown = signed(sign * np.linspace(0.1, 1, 12).reshape(3, 4)).astype(int)
    assert shown.shape == (3, 4, 3)
    strongest = shown[-1, -1]
    assert (strongest[2] > strongest[0]) == (sign > 0), "blue above 0, red below"
    assert signed(np.zeros((2, 2))).min() > 240
    assert signed(np.full((2, 2), 0.01 * sign), 1.0).min() > 240, "on a fixed scale little stays pale"
