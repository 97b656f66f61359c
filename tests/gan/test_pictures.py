"""What the shipped GANs show: sampling, walking, arithmetic, opinion, the recorded training, lines and cycles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import Bundled, find_spec
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.gan import bundle
from genai_demo.gan.drawing import draw, logits_of, truncated
from genai_demo.gan.edges import edges
from genai_demo.gan.walk import between
from genai_demo.inputs.pictures import encode_picture, sample_picture

LINES = np.zeros((28, 28), np.uint8)
LINES[4:24, 8] = LINES[4:24, 20] = LINES[4, 8:21] = LINES[23, 8:21] = 255


def frames(name: str, seed: int = 0, **options: Any) -> list[Any]:
    return list(run(Recipe(f"gan/{name}", options, seed)))


def path(key: str) -> Any:
    return next(source.path for source in find_spec(key).sources if isinstance(source, Bundled))


@pytest.mark.parametrize("limit", [0.1, 1.0, 4.0])
def test_truncated_numbers_stay_within_and_are_normal_there(limit: float) -> None:
    uniform = torch.rand(20_000, generator=generator(0), dtype=torch.float64)
    z = truncated(uniform, limit)
    assert float(z.abs().max()) <= limit + 1e-5
    known = torch.randn(60_000, generator=generator(1))
    known = known[known.abs() <= limit]
    assert float(z.std()) == pytest.approx(float(known.std()), rel=0.05)


def test_less_truncation_more_variety() -> None:
    found = frames("sample", label="dress", samples=10, steps=6, truncation=3)
    assert [frame.truncation for frame in found][-1] == pytest.approx(3)
    variety = [frame.variety for frame in found]
    assert variety[-1] > 2 * variety[0]
    assert found[0].drawn.shape == (10, 28, 28)


def test_a_seed_draws_the_same_and_another_something_else() -> None:
    one, two, other = (frames("sample", seed, samples=4, steps=1)[-1].drawn for seed in (3, 3, 4))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_a_walk_leads_from_one_seed_to_the_other() -> None:
    there = frames("walk", 5, other_seed=6, walks=3, steps=5, start_label="bag", end_label="bag")
    back = frames("walk", 6, other_seed=5, walks=3, steps=5, start_label="bag", end_label="bag")
    assert np.abs(there[0].drawn.astype(int) - back[-1].drawn).max() <= 2
    assert np.abs(there[-1].drawn.astype(int) - back[0].drawn).max() <= 2
    assert there[0].speed is None
    assert there[2].share == 50


def test_paths_have_exact_ends_and_the_sphere_keeps_its_radius() -> None:
    a, b = (torch.randn(4, 16, generator=generator(s)) for s in (0, 1))
    for name in ("straight", "spherical"):
        torch.testing.assert_close(between(a, b, 0.0, name), a)
        torch.testing.assert_close(between(a, b, 1.0, name), b)
    half = between(a, b, 0.5, "spherical").norm(dim=1)
    torch.testing.assert_close(half, (a.norm(dim=1) + b.norm(dim=1)) / 2)
    assert bool((between(a, b, 0.5, "straight").norm(dim=1) < half).all())


def test_arithmetic_begins_at_c_and_a_class_less_itself_changes_nothing() -> None:
    found = frames("arithmetic", samples=2, steps=3)
    assert found[0].change == 0
    assert np.array_equal(found[0].result, found[0].third)
    assert found[-1].change > 1
    assert frames("arithmetic", samples=2, steps=3, first="bag", second="bag")[-1].change == 0


def test_what_c_becomes_when_a_replaces_it() -> None:
    found = frames("arithmetic", samples=2, steps=2, first="ankle boot", second="bag", third="bag")[-1]
    assert np.abs(found.result.astype(int) - found.first).max() <= 2, "bag + (boot - bag) is a boot"


def test_d_likes_what_it_has_changed() -> None:
    found = frames("opinion", picture="sample:15", label="trouser", steps=8)
    assert found[0].label in CLASSES
    assert found[0].moved == 0
    assert np.array_equal(found[0].picture[0], sample_picture(15))
    assert found[-1].logit > found[0].logit + 0.5
    assert found[0].each.shape == (len(CLASSES),)
    assert found[0].each[CLASSES.index(found[0].label)] == pytest.approx(found[0].logit)


def test_d_prefers_garments_to_what_a_young_generator_drew() -> None:
    model = bundle.build(path("gan/fashion")).eval()
    y = torch.arange(100) // 10
    garments = np.stack([sample_picture(i) for i in range(100)])
    young = draw(bundle.checkpoint(model.path, 400), torch.randn(100, 64, generator=generator(0)), y)
    assert float(logits_of(model, garments, y).mean()) > float(logits_of(model, young, y).mean()) + 1


def test_the_recorded_training_ends_with_the_model_of_the_page() -> None:
    found = frames("checkpoints", 2, samples=3, steps=9)
    kept = bundle.steps(path("gan/fashion"))
    assert found[-1].step == found[-1].shown == kept[-1]
    assert all(frame.shown in kept and frame.shown <= frame.step for frame in found)
    assert [frame.step for frame in found] == sorted({frame.step for frame in found})
    assert not np.array_equal(found[0].drawn, found[-1].drawn)


def test_garments_follow_the_lines_and_differ_by_dropout() -> None:
    found = frames("edges", picture=encode_picture(LINES), samples=3, steps=4)
    assert np.array_equal(found[-1].lines[0], LINES)
    assert found[0].lines[0].sum() < LINES.sum()
    inside, outside = found[-1].made[:, 8:20, 10:19].mean(), found[-1].made[:, :, :4].mean()
    assert inside > outside + 40
    assert found[-1].variety > 0
    assert frames("edges", samples=1, steps=1)[-1].variety is None
    again = frames("edges", picture=encode_picture(LINES), samples=3, steps=1)
    assert np.array_equal(again[-1].made, found[-1].made)


def test_lines_are_found_in_a_picture_and_an_example_stands_in_for_none() -> None:
    found = frames("edges", picture="sample:27", lines="found", steps=1)[-1]
    drawn = frames("edges", picture="sample:27", lines="as drawn", steps=1)[-1]
    assert np.array_equal(found.lines, drawn.lines), "a test picture is no drawing of lines"
    assert set(np.unique(found.lines)) == {0, 255}
    opening = frames("edges", steps=1)[-1].lines[0]
    assert np.array_equal(opening, edges(torch.from_numpy(sample_picture(99)[None].copy()))[0].numpy())
    black = encode_picture(np.zeros((28, 28), np.uint8))
    assert np.array_equal(frames("edges", picture=black, steps=1)[-1].lines, frames("edges", steps=1)[-1].lines)


def test_there_and_back_starts_again_from_where_it_came_to() -> None:
    found = frames("cycle", samples=2, cycles=3)
    assert np.array_equal(found[1].given, found[0].back)
    assert found[0].changed > found[0].error, "the translation changes more than the way back leaves"
    assert not np.array_equal(found[0].given, frames("cycle", samples=2, cycles=1, way="boot to sneaker")[0].given)
    own = frames("cycle", picture="sample:75", cycles=1)[0]
    assert np.array_equal(own.given[0], sample_picture(75))


def test_growth_shows_what_there_is() -> None:
    found = frames("grow", samples=2)
    assert found[0].middle is None
    assert found[-1].large is not None
    assert found[-1].faded == 100
    blocks = found[-1].small[0].reshape(7, 4, 7, 4)
    assert (blocks == blocks[:, :1, :, :1]).all(), "a pixel of 7x7 is drawn as a square"


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("sample", {"truncation": 0}, "truncation is 0; choose a number from 0.1 to 4"),
        ("sample", {"label": "boot"}, "label is boot"),
        ("walk", {"steps": 1}, "steps is 1; choose a whole number from 2"),
        ("opinion", {"picture": "nonsense"}, "picture"),
        ("edges", {"picture": "x" * 7000}, "limit is 6000"),
        ("cycle", {"picture": "sample:100"}, "sample"),
        ("train", {"objective": "minimax"}, "objective is minimax"),
    ],
)
def test_what_can_not_be_is_said(name: str, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DemoError, match=sentence):
        frames(name, **options)
