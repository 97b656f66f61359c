"""A cascade: small picture first, then enlarged; what it costs is counted, and nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.text_to_image import cascade, denoiser, options
from genai_demo.text_to_image.sizes import both
from tests.text_to_image.stand_in import tiny_cascade


def steps(**asked: Any) -> list[Any]:
    given = {"steps": 3, "enlarging": 2, "samples": 2, "prompt": "a red cat", **asked}
    return list(both(tiny_cascade(), options.CascadeOptions(**given), seed=3))


def test_blocks_of_pixels_are_put_back_as_they_were() -> None:
    x = torch.randn(2, 3, 64, 64)
    assert cascade.blocks(x).shape == (2, *cascade.LARGE)
    assert torch.equal(cascade.joined(cascade.blocks(x)), x)
    flat = torch.full((1, 3, 64, 64), 0.25)
    assert torch.equal(cascade.enlarged(cascade.shrunk(flat)), flat)


def test_first_the_small_picture_comes_then_the_large_one() -> None:
    frames = steps()
    assert [frame.network for frame in frames] == ["small picture"] * 3 + ["enlarging"] * 3
    assert [frame.total for frame in frames] == [6] * 6
    assert all(frame.large is None for frame in frames[:3])
    assert frames[-1].large.shape == frames[-1].latent.shape == (2, 64, 64, 3)
    assert (frames[-1].small == frames[3].small).all(), "it stays as it is while it is enlarged"
    assert len(frames[-1].captions) == len(frames[-1].latent_captions) == 2
    assert "Cascade" in frames[-1].said


def test_costs_are_those_of_the_calls_that_were_made() -> None:
    frames, costs = steps(), tiny_cascade().costs
    assert frames[-1].cascade_cost == pytest.approx((3 * 2 * costs["base"] + 2 * costs["enlarger"]) / 1e9)
    assert frames[-1].latent_cost == pytest.approx((3 * 2 * costs["latent"] + costs["decoder"]) / 1e9)
    once = steps(guidance_scale=1)
    assert once[-1].cascade_cost < frames[-1].cascade_cost, "without guidance the network is asked once a step"


def test_a_picture_does_not_depend_on_how_many_are_asked_for() -> None:
    one, two = steps(samples=1)[-1], steps(samples=2)[-1]
    for few, more in ((one.small, two.small), (one.large, two.large), (one.latent, two.latent)):
        assert abs(few[0].astype(int) - more[0]).max() <= 1


def test_many_prompts_are_drawn_as_the_run_draws_one() -> None:
    model, ids = tiny_cascade(), denoiser.ids_of(["a red cat", "a blue cup"])
    noise, more = torch.randn(2, *model.base.shape), torch.randn(2, cascade.LARGE[0] + 3, *cascade.LARGE[1:])
    small, large = cascade.drawn(model, ids, noise, more, steps=2, enlarging=2, guidance=3.0)
    assert small.shape == (2, 3, 16, 16)
    assert large.shape == (2, 3, 64, 64)
    assert float(large.abs().max()) <= 1


@pytest.mark.parametrize("asked", [{"enlarging": 0}, {"rough": 0.4}, {"steps": 1000}, {"samples": 0}])
def test_what_is_out_of_bounds_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(DemoError):
        options.CascadeOptions.parse(asked)


def test_a_prompt_of_unknown_words_alone_is_refused() -> None:
    with pytest.raises(DemoError, match="never saw"):
        steps(prompt="zebra")
