"""Pictures as numbers of a codebook, and written one by one: nothing depends on what it should not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.text_to_image import codebook, denoiser, options, quantized, write, writer
from genai_demo.text_to_image.quantized import CODES, GRID
from tests.text_to_image.stand_in import tiny_codes

PLACES = GRID * GRID


def steps(**asked: Any) -> list[Any]:
    given = {"samples": 2, "prompt": "a red cat", **asked}
    return list(write.write(tiny_codes(), options.WriteOptions(**given), seed=3))


def test_every_code_of_the_lattice_is_the_one_that_its_vector_gives() -> None:
    fsq, codes = quantized.FSQ(), torch.arange(CODES)
    vectors = fsq.get_codebook_entry(codes, (1, 25, 40, len(quantized.LEVELS)))
    assert len(vectors.flatten(2).mT.flatten(0, 1).unique(dim=0)) == CODES
    assert float(vectors.abs().max()) <= 1
    z = torch.randn(2, len(quantized.LEVELS), GRID, GRID) * 3
    rounded, _, (_, _, found) = fsq(z)
    assert torch.allclose(fsq.get_codebook_entry(found, (2, GRID, GRID, len(quantized.LEVELS))), rounded, atol=1e-6)
    assert found.unique().numel() > 20
    line = torch.linspace(-9, 9, 4000).view(1, 1, 40, 100).expand(1, len(quantized.LEVELS), -1, -1)
    reached = tuple(int(one.unique().numel()) for one in fsq(line)[0].detach()[0])
    assert reached == quantized.LEVELS, "no level is out of reach"


def test_rounding_lets_what_is_learnt_through() -> None:
    z = torch.randn(1, len(quantized.LEVELS), GRID, GRID, requires_grad=True)
    quantized.FSQ()(z)[0].sum().backward()
    assert z.grad is not None
    assert bool((z.grad > 0).all()), "as if it had not been rounded"


@torch.inference_mode()
def test_asked_code_by_code_the_writer_says_what_it_says_of_the_whole() -> None:
    words, codes = torch.randn(2, denoiser.WORDS, denoiser.WIDTH), torch.randint(CODES, (2, PLACES - 1))
    net = tiny_codes().writer
    whole, (said, cache) = net(words, codes), net.begun(words)
    assert torch.allclose(said, whole[:, 0], atol=1e-4)
    for at in range(PLACES - 1):
        assert torch.allclose(net.after(codes[:, at], at, cache), whole[:, at + 1], atol=1e-4)


def test_the_picture_grows_code_by_code() -> None:
    frames = steps()
    assert [frame.code for frame in frames] == list(range(PLACES + 1))
    assert (frames[0].picture == write.GREY).all()
    fifth = frames[5].picture[0]
    assert (fifth[:8, 40:] == write.GREY).all()
    assert not (fifth[:8, :40] == write.GREY).all()
    assert (frames[5].picture[1] == write.GREY).all(), "the others come row by row"
    assert len(frames[-1].captions) == 2
    assert frames[-1].exchanged is None
    assert sum(token.share for token in frames[7].choices) <= 1 + 1e-6


def test_a_code_exchanged_changes_nothing_before_it() -> None:
    plain, other = steps(), steps(exchange=20, rank=2)
    assert [frame.apart for frame in other[:21]] == [0] * 21
    assert other[21].apart == 1
    assert other[-1].apart >= 1
    assert (plain[-1].picture == other[-1].picture).all(), "what was not exchanged stays as it was"
    assert len(other[-1].exchanged_captions) == 1


def test_what_comes_instead_is_another_code() -> None:
    chances = torch.tensor([0.1, 0.5, 0.4])
    assert write._instead(chances, taken=1, rank=1) == 2, "the likeliest was taken already"
    assert write._instead(chances, taken=2, rank=1) == 1
    assert write._instead(chances, taken=1, rank=2) == 2


def test_a_picture_does_not_depend_on_how_many_are_asked_for() -> None:
    one, two = steps(samples=1)[-1], steps(samples=2)[-1]
    assert abs(one.picture[0].astype(int) - two.picture[0]).max() <= 1


def test_codes_are_drawn_as_often_as_their_chances_say() -> None:
    chances, random = torch.tensor([[0.5, 0.3, 0.2]]).repeat(4000, 1), torch.Generator().manual_seed(0)
    taken = writer.choose(chances, torch.rand(chances.shape, generator=random), 1.0)
    assert (taken.bincount() / 4000).tolist() == pytest.approx([0.5, 0.3, 0.2], abs=0.03)
    assert writer.choose(chances[:3], torch.rand(3, 3), 0.0).tolist() == [0, 0, 0]


def test_guidance_of_one_and_none_ask_once() -> None:
    assert [steps(guidance_scale=scale)[-1].passes for scale in (0, 1, 2)] == [PLACES, PLACES, 2 * PLACES]


def test_use_of_a_codebook_is_counted() -> None:
    frames = list(codebook.codebook(tiny_codes(), options.CodebookOptions(scenes=20), seed=1))
    assert frames[-1].scenes == 20
    assert [frame.fsq_used for frame in frames] == sorted(frame.fsq_used for frame in frames)
    for way in quantized.WAYS:
        used, even = (getattr(frames[-1], f"{way}_{name}") for name in ("used", "even"))
        assert 1 <= even <= used <= CODES
        blue = (getattr(frames[-1], f"{way}_meter")[0, ::2, ::2] != codebook.UNUSED).any(-1)
        assert int(blue.sum()) == used
    again = list(codebook.codebook(tiny_codes(), options.CodebookOptions(scenes=20), seed=2))
    assert np.array_equal(again[0].fsq_back, frames[0].fsq_back), "the seed draws other scenes, not this picture"


@pytest.mark.parametrize("asked", [{"exchange": 64}, {"rank": 21}, {"temperature": 6}, {"samples": 0}])
def test_what_is_out_of_bounds_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(DemoError):
        options.WriteOptions.parse(asked)


def test_a_prompt_of_unknown_words_alone_is_refused() -> None:
    with pytest.raises(DemoError, match="never saw"):
        steps(prompt="zebra")
