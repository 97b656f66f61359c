"""Three ways between two codes: exact ends, the lengths they promise, real codes on the way."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genai_demo.vae import codes, paths

vectors = st.lists(st.floats(-4, 4, width=32), min_size=3, max_size=3).map(lambda v: np.array(v, np.float32))
Through = Callable[[np.ndarray, np.ndarray, int], np.ndarray]
CLOUD = np.random.default_rng(5).standard_normal((60, 3)).astype(np.float32)


def through(a: np.ndarray, b: np.ndarray, n: int) -> np.ndarray:
    return paths.through_data(a, b, CLOUD, n, 5)


@pytest.mark.parametrize("way", [paths.straight, paths.spherical, through])
@given(a=vectors, b=vectors, n=st.integers(2, 40))
def test_every_path_has_its_ends_and_is_finite(way: Through, a: np.ndarray, b: np.ndarray, n: int) -> None:
    path = way(a, b, n)
    assert path.shape == (n, 3)
    assert np.isfinite(path).all()
    np.testing.assert_array_equal(path[[0, -1]], [a, b])


def test_straight_is_even() -> None:
    path = paths.straight(np.zeros(2), np.array([3.0, 4.0]), 6)
    np.testing.assert_allclose(np.linalg.norm(np.diff(path, axis=0), axis=1), 1, rtol=1e-5)


def test_spherical_keeps_the_length_and_turns_evenly() -> None:
    random = np.random.default_rng(0)
    a, b = random.standard_normal((2, 16))
    a, b = 4 * a / np.linalg.norm(a), 4 * b / np.linalg.norm(b)
    path = paths.spherical(a, b, 21)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 4, rtol=1e-5)
    turns = np.arccos(np.clip((path[:-1] * path[1:]).sum(1) / 16, -1, 1))
    np.testing.assert_allclose(turns, turns[0], rtol=1e-2)
    assert np.linalg.norm(paths.straight(a, b, 21), axis=1).min() < 3.5, "the straight one cuts through the shell"


def test_spherical_between_different_lengths_never_leaves_their_range() -> None:
    lengths = np.linalg.norm(paths.spherical(np.array([1.0, 0, 0]), np.array([0, 3.0, 0]), 9), axis=1)
    np.testing.assert_allclose(lengths, np.linspace(1, 3, 9), rtol=1e-5)


def test_spherical_between_opposite_codes_goes_round() -> None:
    path = paths.spherical(np.array([2.0, 0, 0]), np.array([-2.0, 0, 0]), 11)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 2, rtol=1e-5)


@pytest.mark.parametrize("other", [np.zeros(3), np.array([2.0, 0, 0])])
def test_spherical_without_an_angle_is_straight(other: np.ndarray) -> None:
    a = np.array([1.0, 0, 0])
    np.testing.assert_allclose(paths.spherical(a, other, 5), paths.straight(a, other, 5), atol=1e-6)


def horseshoe(count: int) -> np.ndarray:
    angle = np.linspace(0, 1.5 * np.pi, count)
    return np.stack([np.cos(angle), np.sin(angle)], 1)


def test_through_the_data_follows_a_horseshoe_in_small_steps() -> None:
    known = horseshoe(60)
    a, b = known[0] * 1.02, known[-1] * 1.02
    path = paths.through_data(a, b, known[1:-1], 101, 4)
    radius = np.linalg.norm(path, axis=1)
    assert radius.min() > 0.95, "a straight way would come within 0.71 of the middle"
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert steps.max() < 1.01 * steps.mean() + 0.01, "connected, and evenly walked"
    visited = np.linalg.norm(path[:, None] - known, axis=2).min(0) < steps.max() / 2
    assert visited.sum() > 30, "it goes over the codes themselves"


def test_through_the_data_crosses_between_islands() -> None:
    island = np.random.default_rng(1).normal(0, 0.1, (30, 2))
    path = paths.through_data(np.zeros(2), np.array([10.0, 0]), np.vstack([island, island + np.array([10, 0])]), 50, 3)
    assert (np.diff(path[:, 0]) > -0.5).all()
    assert np.abs(path[:, 1]).max() < 0.6


def test_through_the_data_bears_codes_that_coincide() -> None:
    same = np.ones((20, 2))
    path = paths.through_data(np.ones(2), np.ones(2), same, 7, 3)
    np.testing.assert_array_equal(path, np.ones((7, 2)))


@given(seed=st.integers(0, 200))
def test_the_route_is_the_cheapest_there_is(seed: int) -> None:
    nodes = np.random.default_rng(seed).standard_normal((12, 2))
    links = paths._links(nodes, 2)
    cost = np.full((12, 12), np.inf)
    np.fill_diagonal(cost, 0)
    for i, row in enumerate(links):
        for value, j in row:
            cost[i, j] = value
    route = paths._shortest(links, 0, 1)
    spent = sum(cost[i, j] for i, j in itertools.pairwise(route))
    for middle in range(12):  # Floyd and Warshall
        cost = np.minimum(cost, cost[:, middle, None] + cost[None, middle])
    assert (route[0], route[-1]) == (0, 1)
    assert spent == pytest.approx(cost[0, 1])
    assert np.isfinite(cost).all(), "every code can be reached"


def test_on_real_codes_the_way_through_the_data_stays_nearest(shipped, samples) -> None:  # type: ignore[no-untyped-def]
    model = shipped("vae-16")
    known = codes.known(model).mean
    a, b = codes.encode(model, samples[[93, 15]])[0]
    ways = {"straight": paths.straight(a, b, 33), "data": paths.through_data(a, b, known, 33, 8)}
    away = {name: np.linalg.norm(way[:, None] - known, axis=2).min(1).mean() for name, way in ways.items()}
    assert away["data"] < 0.5 * away["straight"]
